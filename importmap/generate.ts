import { pathToUrl } from '../schema/path.js';
import type { ImportMapJson, SpecifierMap } from './parse.js';
import { keyMatches, resolveSpecifier, scopeHolds } from './resolve.js';
import type { Resolver } from './resolver.js';
import type { Site, SiteModule } from './site.js';

/** Where the map sends a natural URL; undefined leaves it to the site. The one function that chooses targets. */
export type TargetOf = (url: string) => string | undefined;

/** The immutable URL of a module linked for use through an import map. `prefix` starts and ends with "/". */
export const moduleUrl = (prefix: string, module: Pick<SiteModule, 'hash' | 'path'>): string =>
  `${prefix}modules/${module.hash}/${pathToUrl(module.path)}`;

type Rules = Record<string, string | null>;

/** No prototype: a bare name `__proto__` is a key like another. */
const noRules = (): Rules => Object.create(null) as Rules;

/**
 * Adds a rule for exactly `key`. A key that ends in a slash promises a prefix and has to lead to one: a URL's is
 * written with a space, which the URL parser takes off again; for a bare name there is no such way.
 */
function setRule(rules: Rules, key: string, target: string | null): boolean {
  const plain = !key.endsWith('/') || target === null || target.endsWith('/');
  if (!plain && !URL.canParse(key)) return false;
  rules[plain ? key : `${key} `] = target;
  return true;
}

/** A name as an author may have written it whose URL has escapes. */
function unescaped(name: string): string {
  try {
    return decodeURI(name);
  } catch {
    return name;
  }
}

/** Fills `rules` with the site's rules, their addresses sent on to the targets. */
function compose(
  rules: Rules,
  site: SpecifierMap,
  urls: readonly string[],
  targetOf: TargetOf,
  resolve: (specifier: string) => string | undefined,
): void {
  for (const [specifier, address] of site) {
    const target = address === null ? null : (targetOf(address) ?? address);
    if (!setRule(rules, specifier, target)) rules[specifier] = address;
    if (address === null || !specifier.endsWith('/')) continue;
    // A prefix cannot lead to blobs, which have no hierarchy: every module below it gets a rule of its own.
    for (const url of urls) {
      const target = url.startsWith(address) ? targetOf(url) : undefined;
      if (target === undefined) continue;
      const rest = url.slice(address.length);
      for (const exact of new Set([specifier + rest, specifier + unescaped(rest)])) {
        // A longer prefix of the site's may send this one elsewhere.
        if (!site.has(exact) && resolve(exact) === url) setRule(rules, exact, target);
      }
    }
  }
}

/**
 * The rules of a module's scopes, most specific first, as one. There the first scope with a matching rule decides, in
 * one scope it is the longest rule that matches.
 */
function joinScopes(scopes: readonly Rules[]): Rules {
  const joined = noRules();
  for (const rules of scopes) {
    const decided = Object.keys(joined).map(keyOf);
    for (const [key, target] of Object.entries(rules)) {
      const name = keyOf(key);
      const asUrl = URL.canParse(name) ? name : undefined;
      if (!decided.some((other) => keyMatches(other, name, asUrl))) joined[key] = target;
    }
  }
  return joined;
}

/** A key as parsing an import map will normalise it; what it stands for is a URL or a bare name already. */
const keyOf = (key: string): string => (URL.canParse(key) ? new URL(key).href : key);

function setAlias(rules: Rules, alias: string, url: string | null, targetOf: TargetOf): void {
  setRule(rules, alias, url === null ? null : (targetOf(url) ?? url));
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
  const imports = noRules();
  for (const url of urls) {
    const target = targetOf(url);
    if (target !== undefined && resolver.isOwnName(url)) setRule(imports, url, target);
  }
  for (const alias of aliases) setAlias(imports, alias, resolver.aliases.get(alias) ?? null, targetOf);
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
  const imports = noRules();
  for (const url of all) {
    const target = targetOf(url);
    // Where the site's own rules send a URL elsewhere, its modules are found under aliases.
    if (target !== undefined && resolver.isOwnName(url)) setRule(imports, url, target);
  }
  const { map } = resolver;
  const topLevel = { ...map, scopes: new Map() };
  const resolveAs = (referrer: string, from: typeof map) => (specifier: string) => {
    const resolution = resolveSpecifier(from, specifier, referrer);
    return resolution.state === 'resolved' ? resolution.url : undefined;
  };
  compose(imports, map.imports, all, targetOf, resolveAs(site.root, topLevel));
  for (const [alias, url] of resolver.aliases) setAlias(imports, alias, url, targetOf);

  const scopes = Object.create(null) as Record<string, Rules>;
  for (const [scope, rules] of map.scopes) {
    const composed = (scopes[scope] = noRules());
    compose(composed, rules, all, targetOf, resolveAs(scope, map));
  }
  const joined = new Map<string, Rules>();
  // A module that runs at its /-/modules/ URL has left the scopes it was written for: it takes them along.
  for (const url of map.scopes.size === 0 ? [] : all) {
    const target = targetOf(url);
    if (target === undefined || /^(?:blob|data):/.test(target)) continue;
    const own = new URL(target, site.root).href;
    const matching = [...map.scopes.keys()].filter((scope) => scopeHolds(scope, url));
    if (own === url || matching.length === 0) continue;
    const key = matching.join(' ');
    const rules = joined.get(key) ?? joinScopes(matching.map((scope) => scopes[scope]!));
    joined.set(key, rules);
    scopes[own] = rules;
  }
  return {
    imports,
    ...(Object.keys(scopes).length === 0 ? {} : { scopes }),
    ...(map.integrity.size === 0 ? {} : { integrity: Object.fromEntries(map.integrity) }),
  };
}
