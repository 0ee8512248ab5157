/** An import map as JSON. */
export interface ImportMapJson {
  imports?: Record<string, string | null>;
  scopes?: Record<string, Record<string, string | null>>;
  integrity?: Record<string, string>;
}

/**
 * Normalised specifier key → serialised absolute URL, or null if resolution is blocked. Keys are in
 * descending code-unit order, so the first key that matches is the most specific one.
 */
export type SpecifierMap = ReadonlyMap<string, string | null>;

/** A parsed import map with absolute URLs. Maps, not objects, because `__proto__` is a valid specifier. */
export interface ImportMap {
  readonly imports: SpecifierMap;
  /** Serialised scope prefix → its rules, in descending code-unit order. */
  readonly scopes: ReadonlyMap<string, SpecifierMap>;
  /** Serialised module URL → integrity metadata, as in the `integrity` attribute of a script. */
  readonly integrity: ReadonlyMap<string, string>;
}

export const EMPTY_IMPORT_MAP: ImportMap = Object.freeze({
  imports: new Map(),
  scopes: new Map(),
  integrity: new Map(),
});

/** Whether two import maps resolve every specifier alike. */
export function sameImportMap(a: ImportMap, b: ImportMap): boolean {
  const asText = ({ imports, scopes, integrity }: ImportMap) =>
    JSON.stringify([
      [...imports],
      [...scopes].map(([scope, rules]) => [scope, [...rules]]),
      [...sortDescending(integrity)],
    ]);
  return asText(a) === asText(b);
}

/** The same entries in descending code-unit order of their keys. */
export function sortDescending<V>(map: ReadonlyMap<string, V>): Map<string, V> {
  return new Map([...map].sort(([a], [b]) => (a < b ? 1 : -1)));
}
