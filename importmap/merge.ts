import { EMPTY_IMPORT_MAP, type ImportMap, type SpecifierMap, sortDescending } from './import-map.js';
import { keyMatches, scopeApplies, urlLike } from './resolve.js';

/** HTML "specifier resolution record": a specifier that a page has resolved, so its meaning cannot change. */
export interface ResolvedModule {
  /** As its module names it, or normalised. */
  readonly specifier: string;
  /** Its URL-like form in that module, `undefined` for a bare specifier. */
  readonly asUrl: string | undefined;
  /** Serialised URL of the module that named it. */
  readonly referrer: string;
}

/** The record of a `specifier` that the module at `referrer` (a serialised absolute URL) resolved. */
export function resolvedModule(specifier: string, referrer: string): ResolvedModule {
  return { specifier, asUrl: urlLike(specifier, referrer), referrer };
}

/**
 * HTML "merge existing and new import maps": the rules of both. An existing rule is never replaced. A new
 * rule that matches a specifier in `resolved` is dropped, so that a resolved specifier keeps its meaning.
 * https://html.spec.whatwg.org/multipage/webappapis.html#merge-existing-and-new-import-maps
 *
 * `dropped` has a message for each dropped rule, except for rules that exist already with the same address.
 *
 * For top-level imports the standard's text checks whether the key starts with the resolved specifier, which
 * is the wrong way round (whatwg/html issue 11875). Here, as in Chromium, any rule is dropped that matches in
 * resolution.
 */
export function mergeImportMaps(
  existing: ImportMap,
  added: ImportMap,
  resolved: readonly ResolvedModule[] = [],
): { map: ImportMap; dropped: string[] } {
  const dropped: string[] = [];

  const scopes = new Map(existing.scopes);
  for (const [scope, rules] of added.scopes) {
    const inScope = resolved.filter((module) => scopeApplies(scope, module.referrer));
    const where = `In the scope ${JSON.stringify(scope)} the rule`;
    const before = existing.scopes.get(scope) ?? EMPTY_IMPORT_MAP.imports;
    scopes.set(scope, mergeSpecifierMaps(before, rules, inScope, where, dropped));
  }

  const integrity = new Map(existing.integrity);
  for (const [url, metadata] of added.integrity) {
    const before = integrity.get(url);
    if (before === undefined) integrity.set(url, metadata);
    else if (before !== metadata) dropped.push(`The integrity of ${JSON.stringify(url)} is set already.`);
  }

  const imports = mergeSpecifierMaps(existing.imports, added.imports, resolved, 'The rule', dropped);
  // The standard appends new scopes. They are sorted here: resolution takes the first scope that matches.
  return { map: { imports, scopes: sortDescending(scopes), integrity }, dropped };
}

/** HTML "merge module specifier maps", without new rules that match a resolved module. */
function mergeSpecifierMaps(
  existing: SpecifierMap,
  added: SpecifierMap,
  resolved: readonly ResolvedModule[],
  where: string,
  dropped: string[],
): SpecifierMap {
  const merged = new Map(existing);
  for (const [key, address] of added) {
    const before = existing.get(key);
    if (before !== undefined) {
      if (before !== address) dropped.push(`${where} for ${JSON.stringify(key)} exists already.`);
      continue;
    }
    const settled = resolved.find((module) => keyMatches(key, module.specifier, module.asUrl));
    if (settled === undefined) merged.set(key, address);
    else {
      const by = `${JSON.stringify(settled.specifier)} was already resolved in ${settled.referrer}.`;
      dropped.push(`${where} for ${JSON.stringify(key)} is too late: ${by}`);
    }
  }
  return sortDescending(merged);
}
