import { ModcastError } from '../schema/errors.js';
import { importMapWarning } from './import-map-warnings.js';
import { sortDescending, type ImportMap, type ImportMapJson, type SpecifierMap } from './import-map.js';
import { urlLike } from './resolve.js';
import { parseUrl } from './url.js';

export interface ParsedImportMap {
  map: ImportMap;
  /** Messages, as in a browser's console, about entries that were ignored or that block resolution. */
  warnings: string[];
}

/** Own entries of a JSON object, in its order. */
type Entries = [key: string, value: unknown][];
type Warn = (message: string) => void;

/**
 * HTML "parse an import map string". Relative URLs are resolved against `baseUrl`, an absolute URL.
 * https://html.spec.whatwg.org/multipage/webappapis.html#parse-an-import-map-string
 *
 * Other problems are warnings.
 * @throws ModcastError `importmap-invalid` if the standard throws: for text that is not JSON, and for a
 *   top-level
 *   value, section or scope that is not an object
 */
export function parseImportMap(json: string | ImportMapJson, baseUrl: string): ParsedImportMap {
  if (parseUrl(baseUrl) === undefined) {
    throw new ModcastError('importmap-invalid', 'The base URL of an import map is not an absolute URL.', {
      expected: 'an absolute URL',
      found: baseUrl,
    });
  }
  const warnings: string[] = [];
  const warn: Warn = (message) => warnings.push(message);

  const sections = new Map(entriesOf(typeof json === 'string' ? parseJson(json) : json, 'An import map'));
  const section = (name: string): Entries => {
    const value = sections.get(name);
    return value === undefined ? [] : entriesOf(value, `The import map’s "${name}"`);
  };
  const map: ImportMap = {
    imports: normalizeSpecifierMap(section('imports'), baseUrl, warn),
    scopes: normalizeScopes(section('scopes'), baseUrl, warn),
    integrity: normalizeIntegrity(section('integrity'), baseUrl, warn),
  };
  for (const name of sections.keys()) {
    if (name !== 'imports' && name !== 'scopes' && name !== 'integrity') {
      warn(importMapWarning('section', name));
    }
  }
  return { map, warnings };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModcastError('importmap-invalid', 'An import map is not JSON.', {
      expected: 'JSON',
      found: text,
      cause,
    });
  }
}

function entriesOf(value: unknown, what: string): Entries {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw new ModcastError('importmap-invalid', `${what} is not a JSON object.`, {
    expected: 'a JSON object',
    found: value,
  });
}

/**
 * HTML "sort and normalize a module specifier map". Among keys with the same normalised form the last one
 * wins.
 */
function normalizeSpecifierMap(original: Entries, baseUrl: string, warn: Warn): SpecifierMap {
  const normalized = new Map<string, string | null>();
  for (const [key, value] of original) {
    if (key === '') {
      warn(importMapWarning('empty-key', key));
      continue;
    }
    normalized.set(urlLike(key, baseUrl) ?? key, normalizeAddress(key, value, baseUrl, warn));
  }
  return sortDescending(normalized);
}

function normalizeAddress(key: string, value: unknown, baseUrl: string, warn: Warn): string | null {
  if (typeof value !== 'string') {
    warn(importMapWarning('address-type', key));
    return null;
  }
  const address = urlLike(value, baseUrl);
  if (address === undefined) {
    warn(importMapWarning('address-url', key, value));
    return null;
  }
  // The standard checks the key as written: "https://host" may have an address without a slash.
  if (key.endsWith('/') && !address.endsWith('/')) {
    warn(importMapWarning('address-slash', key, value));
    return null;
  }
  return address;
}

/** HTML "sort and normalize scopes". */
function normalizeScopes(original: Entries, baseUrl: string, warn: Warn): ImportMap['scopes'] {
  const normalized = new Map<string, SpecifierMap>();
  for (const [prefix, value] of original) {
    const imports = entriesOf(value, `The import map’s scope ${JSON.stringify(prefix)}`);
    const url = parseUrl(prefix, baseUrl);
    if (url === undefined) {
      warn(importMapWarning('scope', prefix));
      continue;
    }
    normalized.set(url, normalizeSpecifierMap(imports, baseUrl, warn));
  }
  return sortDescending(normalized);
}

/** HTML "normalize a module integrity map". */
function normalizeIntegrity(original: Entries, baseUrl: string, warn: Warn): ImportMap['integrity'] {
  const normalized = new Map<string, string>();
  for (const [key, value] of original) {
    const url = urlLike(key, baseUrl);
    if (url === undefined) {
      warn(importMapWarning('integrity-key', key));
    } else if (typeof value !== 'string') {
      warn(importMapWarning('integrity-type', key));
    } else {
      normalized.set(url, value);
    }
  }
  return normalized;
}
