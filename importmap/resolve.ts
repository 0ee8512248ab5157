import type { ImportMap, SpecifierMap } from './import-map.js';
import { parseUrl } from './url.js';

/** The resolution of a specifier. Only `resolved` has a URL; a browser throws a TypeError for the others. */
export type Resolution =
  | { state: 'resolved'; url: string }
  /** An entry matches and blocks it: a null address, or a target outside the address of its prefix. */
  | { state: 'blocked'; reason: string }
  /** No entry matches, and the specifier is not a URL. */
  | { state: 'unresolved'; reason: string };

/** The start of a serialised URL with a special scheme: https://url.spec.whatwg.org/#special-scheme */
const SPECIAL_SCHEME = /^(?:https?|wss?|ftp|file):/;

/**
 * HTML "resolve a module specifier": resolves `specifier` in the module at `referrer`, a serialised absolute
 * URL.
 * https://html.spec.whatwg.org/multipage/webappapis.html#resolve-a-module-specifier
 */
export function resolveSpecifier(map: ImportMap, specifier: string, referrer: string): Resolution {
  const asUrl = urlLike(specifier, referrer);
  for (const [scope, imports] of map.scopes) {
    if (!scopeApplies(scope, referrer)) continue;
    const match = resolveImportsMatch(imports, specifier, asUrl);
    if (match !== undefined) return match;
  }
  const match = resolveImportsMatch(map.imports, specifier, asUrl);
  if (match !== undefined) return match;
  if (asUrl !== undefined) return { state: 'resolved', url: asUrl };
  const reason = isRelative(specifier)
    ? `${JSON.stringify(specifier)} is not a URL relative to ${referrer}.`
    : `${JSON.stringify(specifier)} is a bare specifier, and the import map has no entry for it.`;
  return { state: 'unresolved', reason };
}

/**
 * Resolves a specifier in a worker or worklet. Natively these take no import map: the page's applies only to
 * bare specifiers, all of which would fail.
 */
export function resolveInWorker(map: ImportMap, specifier: string, referrer: string): Resolution {
  const url = urlLike(specifier, referrer);
  return url === undefined ? resolveSpecifier(map, specifier, referrer) : { state: 'resolved', url };
}

/**
 * HTML "resolve a URL-like module specifier": the serialised URL of a specifier that is an absolute URL or
 * starts with `/`, `./` or `../`. `undefined` for a bare specifier and for an invalid URL.
 */
export function urlLike(specifier: string, base: string): string | undefined {
  return parseUrl(specifier, isRelative(specifier) ? base : undefined);
}

/** Whether `scope` applies to the module at `referrer`: it is the same URL or a directory above it. */
export function scopeApplies(scope: string, referrer: string): boolean {
  return scope === referrer || (scope.endsWith('/') && referrer.startsWith(scope));
}

/**
 * Whether the entry of `key` matches a specifier: exactly, or as a prefix that ends in a slash. Prefixes
 * match only bare specifiers and URLs with special schemes.
 */
export function keyMatches(key: string, specifier: string, asUrl: string | undefined): boolean {
  const normalized = asUrl ?? specifier;
  if (key === normalized) return true;
  return (
    key.endsWith('/') &&
    normalized.startsWith(key) &&
    (asUrl === undefined || SPECIAL_SCHEME.test(normalized))
  );
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith('/') || specifier.startsWith('./') || specifier.startsWith('../');
}

/** HTML "resolve an imports match"; `undefined` when no key matches. */
function resolveImportsMatch(
  imports: SpecifierMap,
  specifier: string,
  asUrl: string | undefined,
): Resolution | undefined {
  const normalized = asUrl ?? specifier;
  // An exact key sorts before its prefixes, so look it up first.
  const exact = imports.get(normalized);
  if (exact === null) return blockedByNull(normalized);
  if (exact !== undefined) return { state: 'resolved', url: exact };

  for (const [key, address] of imports) {
    if (keyMatches(key, specifier, asUrl)) return resolveBelow(key, address, normalized);
  }
  return undefined;
}

function resolveBelow(key: string, address: string | null, normalized: string): Resolution {
  if (address === null) return blockedByNull(key);
  const rest = normalized.slice(key.length);
  const url = parseUrl(rest, address);
  if (url === undefined) {
    return { state: 'blocked', reason: `${JSON.stringify(rest)} is not a URL relative to ${address}.` };
  }
  if (!url.startsWith(address)) {
    const reason = `${JSON.stringify(normalized)} is outside ${address}, the address of ${JSON.stringify(key)}.`;
    return { state: 'blocked', reason };
  }
  return { state: 'resolved', url };
}

function blockedByNull(key: string): Resolution {
  return { state: 'blocked', reason: `The import map blocks ${JSON.stringify(key)} with a null entry.` };
}
