import type { ImportMap, ImportMapJson, SpecifierMap } from './import-map.js';
import { keyMatches, resolveSpecifier, scopeApplies } from './resolve.js';
import type { Resolver } from './resolver.js';
import type { Site, SiteModule } from './site.js';

/**
 * The target of a natural URL in the map; undefined if the site serves it. The only place that chooses
 * targets.
 */
export type TargetOf = (url: string) => string | undefined;

/**
 * The immutable URL of a module that is linked for HTTP. Another spelling of its natural URL is another
 * instance, and gets another one.
 *
 * @param prefix of the registry; ends with "/"
 * @param root of the site; ends with "/"
 */
export const moduleUrl = (
  prefix: string,
  { hash, url }: Pick<SiteModule, 'hash' | 'url'>,
  root: string,
): string => `${prefix}modules/${hash}/${url.slice(root.length)}`;

type Rules = Record<string, string | null>;

/** Without a prototype, so that the bare name `__proto__` is an ordinary key. */
const noRules = (): Rules => Object.create(null) as Rules;

/**
 * Adds a rule for exactly `key`. A key that ends in a slash is a prefix, and its target must end in a slash
 * too. To give such a URL another target, the key gets a space at its end, which the URL parser removes. That
 * does not work for a bare name.
 *
 * @returns whether the rule was added
 */
function setRule(rules: Rules, key: string, target: string | null): boolean {
  const isAllowed = !key.endsWith('/') || target === null || target.endsWith('/');
  if (!isAllowed && !URL.canParse(key)) return false;
  rules[isAllowed ? key : `${key} `] = target;
  return true;
}

/** A specifier as an author may have written it, without the escapes of its URL. */
function unescaped(name: string): string {
  try {
    return decodeURI(name);
  } catch {
    return name;
  }
}

/** Adds the site's rules to `rules`, with the targets in place of their addresses. */
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
    // Blob URLs have no hierarchy, so a prefix cannot point to them: each module below it gets its own rule.
    for (const url of urls) {
      const target = url.startsWith(address) ? targetOf(url) : undefined;
      if (target === undefined) continue;
      const rest = url.slice(address.length);
      for (const exact of new Set([specifier + rest, specifier + unescaped(rest)])) {
        // A longer prefix of the site may map this one elsewhere.
        if (!site.has(exact) && resolve(exact) === url) setRule(rules, exact, target);
      }
    }
  }
}

/**
 * Joins the rules of a module's scopes, most specific first, into one scope. Among scopes the first one with
 * a matching rule decides. In one scope the longest matching rule decides.
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

/** A key as an import map parser normalises it. Keys here are already URLs or bare names. */
const keyOf = (key: string): string => (URL.canParse(key) ? new URL(key).href : key);

function setAlias(rules: Rules, alias: string, url: string | null, targetOf: TargetOf): void {
  setRule(rules, alias, url === null ? null : (targetOf(url) ?? url));
}

const resolveAs = (referrer: string, map: ImportMap) => (specifier: string) => {
  const resolution = resolveSpecifier(map, specifier, referrer);
  return resolution.state === 'resolved' ? resolution.url : undefined;
};

type Scopes = Record<string, Rules>;

/** The site's scopes, with the targets in place of their addresses. */
function composeScopes(map: ImportMap, urls: readonly string[], targetOf: TargetOf): Scopes {
  const scopes = Object.create(null) as Scopes;
  for (const [scope, rules] of map.scopes)
    compose((scopes[scope] = noRules()), rules, urls, targetOf, resolveAs(scope, map));
  return scopes;
}

/**
 * Scopes for the modules that run at their /-/modules/ URLs, outside of the site's scopes: each with
 * the rules of those of its natural URL.
 *
 * @param scopes the site's, composed
 * @param last rules that apply after those of the scopes
 */
function scopesOfTargets(
  { root }: Site,
  urls: readonly string[],
  targetOf: TargetOf,
  scopes: Scopes,
  last = noRules(),
): Scopes {
  const found = Object.create(null) as Scopes;
  const joined = new Map<string, Rules>();
  const hasLast = Object.keys(last).length > 0;
  for (const url of urls) {
    const target = targetOf(url);
    if (target === undefined || /^(?:blob|data):/.test(target)) continue;
    const own = new URL(target, root).href;
    const matching = Object.keys(scopes).filter((scope) => scopeApplies(scope, url));
    if (own === url || (matching.length === 0 && !hasLast)) continue;
    const key = matching.join(' ');
    const rules = joined.get(key) ?? joinScopes([...matching.map((scope) => scopes[scope]!), last]);
    joined.set(key, rules);
    found[own] = rules;
  }
  return found;
}

/**
 * A further import map, after the first one is installed: natural URLs that got their targets since then, and
 * aliases. The site's own rules are installed already, and lead to natural URLs that had no target then: what
 * runs at its /-/modules/ URL gets them with the targets of now.
 *
 * @param all natural URLs that may have a target
 * @param urls those that are new
 */
export function laterImportMap(
  site: Site,
  resolver: Resolver,
  all: readonly string[],
  urls: readonly string[],
  aliases: Iterable<string>,
  targetOf: TargetOf,
): ImportMapJson {
  const imports = noRules();
  for (const url of urls) {
    const target = targetOf(url);
    if (target !== undefined && resolver.isOwnName(url)) setRule(imports, url, target);
  }
  for (const alias of aliases) setAlias(imports, alias, resolver.aliases.get(alias) ?? null, targetOf);
  const { map } = resolver;
  const topLevel = noRules();
  compose(topLevel, map.imports, all, targetOf, resolveAs(site.root, { ...map, scopes: new Map() }));
  const scopes = scopesOfTargets(site, urls, targetOf, composeScopes(map, all, targetOf), topLevel);
  return { imports, ...(Object.keys(scopes).length === 0 ? {} : { scopes }) };
}

/**
 * The first import map of a page: each natural URL with its target, the site's own rules with those targets,
 * and the aliases that linked blobs use.
 *
 * @param urls natural URLs that may have a target
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
    // If the site's own rules map a URL elsewhere, linked blobs use an alias for its module.
    if (target !== undefined && resolver.isOwnName(url)) setRule(imports, url, target);
  }
  const { map } = resolver;
  compose(imports, map.imports, all, targetOf, resolveAs(site.root, { ...map, scopes: new Map() }));
  for (const [alias, url] of resolver.aliases) setAlias(imports, alias, url, targetOf);

  const composed = composeScopes(map, all, targetOf);
  const scopes = { ...composed, ...scopesOfTargets(site, all, targetOf, composed) };
  return {
    imports,
    ...(Object.keys(scopes).length === 0 ? {} : { scopes }),
    ...(map.integrity.size === 0 ? {} : { integrity: Object.fromEntries(map.integrity) }),
  };
}
