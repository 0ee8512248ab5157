import { pathToUrl } from '../schema/index.js';
import type { ImportMapJson, SpecifierMap } from './parse.js';
import { resolveSpecifier } from './resolve.js';
import type { Resolver } from './resolver.js';
import type { Site, SiteModule } from './site.js';

/** Where the map sends a natural URL; undefined leaves it to the site. The one function that chooses targets. */
export type TargetOf = (url: string) => string | undefined;

/** The immutable URL of a module linked for use through an import map. `prefix` starts and ends with "/". */
export const moduleUrl = (prefix: string, module: Pick<SiteModule, 'hash' | 'path'>): string =>
  `${prefix}modules/${module.hash}/${pathToUrl(module.path)}`;

/** Fills `rules` with the site's rules, their addresses sent on to the targets. */
function compose(
  rules: Record<string, string | null>,
  site: SpecifierMap,
  urls: readonly string[],
  targetOf: TargetOf,
  resolve: (specifier: string) => string | undefined,
): void {
  for (const [specifier, address] of site) {
    const target = address === null ? null : (targetOf(address) ?? address);
    // Written out, a key that the parser gave its slash would be a prefix, which needs a prefix for its address.
    if (specifier.endsWith('/') && target?.endsWith('/') === false) continue;
    rules[specifier] = target;
    if (address === null || !specifier.endsWith('/')) continue;
    // A prefix cannot lead to blobs, which have no hierarchy: every module below it gets a rule of its own.
    for (const url of urls) {
      if (!url.startsWith(address)) continue;
      const exact = specifier + url.slice(address.length);
      const target = targetOf(url);
      // A longer prefix of the site's may send this one elsewhere.
      if (target !== undefined && !site.has(exact) && resolve(exact) === url) rules[exact] = target;
    }
  }
}

/**
 * An import map that follows an installed one: natural URLs that have got their targets since, and aliases. The
 * site's own rules are in force already.
 */
export function laterImportMap(
  resolver: Resolver,
  urls: Iterable<string>,
  aliases: Iterable<string>,
  targetOf: TargetOf,
): ImportMapJson {
  const imports = Object.create(null) as Record<string, string | null>;
  for (const url of urls) {
    const target = targetOf(url);
    if (target !== undefined && resolver.name(url) === url) imports[url] = target;
  }
  for (const alias of aliases) {
    const url = resolver.aliases.get(alias) ?? null;
    imports[alias] = url === null ? null : (targetOf(url) ?? url);
  }
  return { imports };
}

/**
 * The import map to install: each natural URL to its target, the site's own rules composed with those, and the
 * aliases that linked blobs use.
 *
 * @param urls the natural URLs that may get a target
 */
export function generateImportMap(
  site: Site,
  resolver: Resolver,
  urls: Iterable<string>,
  targetOf: TargetOf,
): ImportMapJson {
  const all = [...urls];
  // No prototype: a bare name `__proto__` is a key like another.
  const imports = Object.create(null) as Record<string, string | null>;
  for (const url of all) {
    const target = targetOf(url);
    if (target !== undefined) imports[url] = target;
  }
  const { map } = resolver;
  const topLevel = { ...map, scopes: new Map() };
  const resolveAs = (referrer: string, from: typeof map) => (specifier: string) => {
    const resolution = resolveSpecifier(from, specifier, referrer);
    return resolution.state === 'resolved' ? resolution.url : undefined;
  };
  compose(imports, map.imports, all, targetOf, resolveAs(site.root, topLevel));
  for (const [alias, url] of resolver.aliases) imports[alias] = url === null ? null : (targetOf(url) ?? url);

  const scopes = Object.create(null) as Record<string, Record<string, string | null>>;
  for (const [scope, rules] of map.scopes) {
    const composed = (scopes[scope] = Object.create(null) as Record<string, string | null>);
    compose(composed, rules, all, targetOf, resolveAs(scope, map));
  }
  // A module that runs at its /-/modules/ URL has left the scopes it was written for: it takes them along.
  for (const url of map.scopes.size === 0 ? [] : all) {
    const target = targetOf(url);
    if (target === undefined || target.startsWith('blob:')) continue;
    const own = new URL(target, site.root).href;
    const matching = [...map.scopes.keys()].filter(
      (s) => s === url || (s.endsWith('/') && url.startsWith(s)),
    );
    if (own === url || matching.length === 0) continue;
    // Scopes are sorted most specific first: the first to say something of a specifier wins.
    scopes[own] = Object.assign(Object.create(null), ...matching.toReversed().map((s) => scopes[s]));
  }
  return {
    imports,
    ...(Object.keys(scopes).length === 0 ? {} : { scopes }),
    ...(map.integrity.size === 0 ? {} : { integrity: Object.fromEntries(map.integrity) }),
  };
}
