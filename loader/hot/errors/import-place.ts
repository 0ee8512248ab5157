import type { Links } from '../../../schema/links.js';

/** A module whose imports an error may be about. */
export interface Source {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly links: Links | null;
}

/** A place in a file, with the file's text. Line and column count from 1. */
export interface ImportPlace {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** The engines' messages for a missing export, and for a bare specifier that no import map has. */
const NO_EXPORT = /requested module '(.+)' does(?: not|n't) provide an export named:? '([^']+)'/s;
/** WebKit's, which does not say of which module. */
const NO_BINDING = /binding name '([^']+)' (?:is not found|cannot be resolved)/;
const NO_NAME = /(?:module specifier ['"]|The specifier “|Module name, ')(.+?)(?:['"]\.? |”)/s;

/** The engines' messages for an import() of which some file cannot be loaded. They do not say which one. */
export const NOT_LOADED =
  /Failed to fetch dynamically imported module|error loading dynamically imported module|Importing a module script failed/;

/** An import clause at the end of the text before a specifier: from the keyword on. */
const CLAUSE = /(?:^|[^\w$.#])((?:import|export)(?![\w$])[^'"`;]*)$/;

/**
 * The import that an engine's linking error is about. Such an error has no place of its own.
 *
 * @param message with paths instead of the URLs of instances
 * @param sources the failed module and what it imports, in any order
 * @param targetOf the path that a specifier resolves to in a source. Undefined when it does not resolve
 */
export function importPlace(
  message: string,
  sources: Iterable<Source>,
  targetOf: (specifier: string, source: Source) => string | undefined,
): ImportPlace | undefined {
  const [, target, name = NO_BINDING.exec(message)?.[1]] = NO_EXPORT.exec(message) ?? [];
  const [, bare] = NO_NAME.exec(message) ?? [];
  if (name === undefined && bare === undefined) return undefined;
  const all = [...sources];
  let possible: ImportPlace | undefined;
  for (const source of all) {
    for (const { kind, start, ...link } of source.links?.list ?? []) {
      if (kind !== 'static' || !('specifier' in link)) continue;
      const specifier = link.specifier!;
      if (bare !== undefined && specifier === bare) return placeAt(source, start);
      if (name === undefined) continue;
      const path = targetOf(specifier, source);
      if (target !== undefined && path !== target) continue;
      const back = backToName(source.bytes, start, name);
      if (back === undefined) continue;
      const imported = all.find((one) => one.path === path);
      const mayExport = imported !== undefined && wordIn(decode(imported.bytes), name) !== undefined;
      if (target !== undefined || !mayExport) return placeAt(source, start, back);
      possible ??= placeAt(source, start, back);
    }
  }
  return possible;
}

/** The static or dynamic import of a module whose specifier matches. */
export function linkPlace(source: Source, matches: (specifier: string) => boolean): ImportPlace | undefined {
  for (const link of source.links?.list ?? []) {
    if ((link.kind !== 'static' && link.kind !== 'dynamic') || link.specifier === undefined) continue;
    if (matches(link.specifier)) return placeAt(source, link.start);
  }
  return undefined;
}

/** How many characters before the specifier the clause imports a name. Undefined when it does not. */
function backToName(bytes: Uint8Array, start: number, name: string): number | undefined {
  const clause = CLAUSE.exec(decode(bytes.subarray(0, start)))?.[1];
  if (clause === undefined) return undefined;
  const at = wordIn(clause, name);
  if (at !== undefined) return clause.length - at;
  const isDefault = name === 'default' && /^import\s+[^\s{*]/.test(clause);
  return isDefault ? clause.length - /^import\s+/.exec(clause)![0].length : undefined;
}

const wordIn = (text: string, word: string): number | undefined =>
  new RegExp(`(?<![\\w$])${word.replace(/\W/g, '\\$&')}(?![\\w$])`).exec(text)?.index;

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function placeAt({ path, bytes }: Source, start: number, back = 0): ImportPlace {
  const before = decode(bytes.subarray(0, start));
  const lines = before.slice(0, before.length - back).split(/\r\n|[\n\r\u2028\u2029]/);
  return { path, line: lines.length, column: lines.at(-1)!.length + 1, text: decode(bytes) };
}
