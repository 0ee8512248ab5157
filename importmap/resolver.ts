import type { ImportMap } from './import-map.js';
import { mergeImportMaps } from './merge.js';
import { resolveSpecifier, urlLike, type Resolution } from './resolve.js';

/** Prefix of the names that linked blobs use if the site's own map would map the natural URL elsewhere. */
const ALIAS = 'modcast:';

export const isAlias = (name: string): boolean => name.startsWith(ALIAS);

/**
 * Resolves specifiers as the page would without modcast, and chooses how linked blobs write them. The
 * installed map applies to a blob's text again. So a URL for which the site's own map has a rule is written
 * as an alias: the site's rules must apply only once.
 */
export class Resolver {
  #map: ImportMap;
  readonly #aliases = new Map<string, string | null>();
  readonly #blocked = new Map<string, string>();
  /** Natural URLs of replaced instances, with the names of the new instances. */
  readonly #renamed = new Map<string, string>();
  /** Rules that could map a URL elsewhere. Most maps have none. */
  #urlRules: ImportMap;

  constructor(map: ImportMap) {
    this.#map = map;
    this.#urlRules = urlRulesOf(map);
  }

  /**
   * Adds the rules of an import map that a script has added to the page. As in the browser, they replace no
   * rule.
   *
   * @param isTaken whether a URL has a rule in the installed map
   */
  extend(added: ImportMap, isTaken: (url: string) => boolean): void {
    const imports = new Map([...added.imports].filter(([key]) => !isTaken(key)));
    this.#map = mergeImportMaps(this.#map, { ...added, imports }).map;
    this.#urlRules = urlRulesOf(this.#map);
  }

  get map(): ImportMap {
    return this.#map;
  }

  /** Aliases in use, with their natural URLs. Null is for a specifier that must not resolve. */
  get aliases(): ReadonlyMap<string, string | null> {
    return this.#aliases;
  }

  /** URLs that the site's map blocks, with the text of the specifier that was written as this URL last. */
  get blocked(): ReadonlyMap<string, string> {
    return this.#blocked;
  }

  resolve(specifier: string, referrer: string): Resolution {
    return resolveSpecifier(this.#map, specifier, referrer);
  }

  /** The text for `specifier` in a linked blob; undefined keeps the author's text, and the engine's error. */
  written(specifier: string, referrer: string): string | undefined {
    const resolution = this.resolve(specifier, referrer);
    if (resolution.state === 'unresolved') return undefined;
    if (resolution.state === 'blocked') {
      // Blocked for the whole page: the engine reports it. Blocked in a scope only: no blob is in that scope.
      const { state } = resolveSpecifier({ ...this.#map, scopes: new Map() }, specifier, referrer);
      if (state !== 'blocked') return this.#alias(`blocked:${specifier}`, null);
      const url = urlLike(specifier, referrer);
      if (url !== undefined && url !== specifier) this.#blocked.set(url, specifier);
      return url;
    }
    return this.name(resolution.url);
  }

  /**
   * Gives a natural URL another name in all blobs that are linked from now on. A rule of an import map can
   * never be replaced, so a new instance of a module needs a new name. Undefined removes the name.
   */
  rename(url: string, name: string | undefined): void {
    if (name === undefined) this.#renamed.delete(url);
    else this.#renamed.set(url, name);
  }

  /** The name of a natural URL in a linked blob. */
  name(url: string): string {
    return this.#renamed.get(url) ?? (this.isOwnName(url) ? url : this.#alias(url, url));
  }

  /**
   * Whether a natural URL can be its own name: the site's top-level rules resolve it to itself, and have no
   * rule with exactly this key. An installed rule cannot be replaced, not even one that maps a URL to itself.
   */
  isOwnName(url: string): boolean {
    if (this.#urlRules.imports.size === 0) return true;
    if (this.#urlRules.imports.has(url)) return false;
    const again = resolveSpecifier(this.#urlRules, url, url);
    return again.state === 'resolved' && again.url === url;
  }

  #alias(text: string, url: string | null): string {
    const alias = ALIAS + text;
    this.#aliases.set(alias, url);
    return alias;
  }
}

/** Keys that are URLs, or a prefix of URLs although they are not valid: `https://`. */
function urlRulesOf(map: ImportMap): ImportMap {
  const imports = new Map([...map.imports].filter(([key]) => key.includes(':')));
  // A blob as a referrer matches no scope of the site.
  return { ...map, imports, scopes: new Map() };
}
