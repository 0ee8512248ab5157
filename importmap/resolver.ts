import type { ImportMap } from './parse.js';
import { resolveSpecifier, urlLike, type Resolution } from './resolve.js';

/** Names that a linked blob uses where the natural URL itself would be sent elsewhere by the site's own map. */
const ALIAS = 'modcast:';

/**
 * Resolves specifiers as the page would natively, and says how a blob is to write them. Since a blob's text goes
 * through the installed map once more, a URL for which the site's own map has a rule is written as an alias: an
 * import map is applied once, never twice over.
 */
export class Resolver {
  readonly #map: ImportMap;
  readonly #aliases = new Map<string, string | null>();
  /** Natural URLs whose instance has been replaced, and the names of the new ones. */
  readonly #renamed = new Map<string, string>();
  /** The rules that could send a URL elsewhere; most maps have none, and then no URL needs a second look. */
  readonly #urlRules: ImportMap;

  constructor(map: ImportMap) {
    this.#map = map;
    // Not only keys that are URLs: `https://` is none, and a prefix of most.
    const urlRules = [...map.imports].filter(([key]) => key.includes(':'));
    // The referrer of a blob matches no scope of the site.
    this.#urlRules = { ...map, imports: new Map(urlRules), scopes: new Map() };
  }

  get map(): ImportMap {
    return this.#map;
  }

  /** Aliases written so far and the natural URLs they stand for; null stands for a specifier that must not resolve. */
  get aliases(): ReadonlyMap<string, string | null> {
    return this.#aliases;
  }

  resolve(specifier: string, referrer: string): Resolution {
    return resolveSpecifier(this.#map, specifier, referrer);
  }

  /** The text by which a blob names `specifier`; undefined leaves what the author wrote, and the engine's error. */
  written(specifier: string, referrer: string): string | undefined {
    const resolution = this.resolve(specifier, referrer);
    if (resolution.state === 'unresolved') return undefined;
    if (resolution.state === 'blocked') {
      // Blocked for the whole page: the engine says so in its own words. In a scope only: no blob is in that scope.
      const { state } = resolveSpecifier({ ...this.#map, scopes: new Map() }, specifier, referrer);
      return state === 'blocked' ? urlLike(specifier, referrer) : this.#alias(`blocked:${specifier}`, null);
    }
    return this.name(resolution.url);
  }

  /**
   * Gives a natural URL another name in all that is written from now on: a rule of an import map can never be
   * replaced, so that a new instance of a module is found under a new name. Undefined takes it back.
   */
  rename(url: string, name: string | undefined): void {
    if (name === undefined) this.#renamed.delete(url);
    else this.#renamed.set(url, name);
  }

  /** The name of a natural URL in a blob. */
  name(url: string): string {
    return this.#renamed.get(url) ?? (this.isOwnName(url) ? url : this.#alias(url, url));
  }

  /**
   * Whether the site's rules, scopes aside, leave a URL to mean itself and have none of just this name: a rule that
   * is installed is never replaced, not even one that sends a URL to itself.
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
