import type { Links } from '../../../schema/links.js';

/** A module whose imports may be what an error is about. */
export interface Source {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly links: Links | null;
}

/** A place in a file, line and column from 1, with the file's text. */
export interface ImportPlace {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** What the engines say when a module has no such export, and when no import map has a name. */
const NO_EXPORT = /requested module '(.+)' does(?: not|n't) provide an export named:? '([^']+)'/s;
const NO_NAME = /(?:module specifier ['"]|The specifier “)(.+?)(?:['"]\.? |”)/s;

/** The keyword and all that stands between it and the specifier, at the end of what stands before that. */
const CLAUSE = /(?:^|[^\w$.#])((?:import|export)(?![\w$])[^'"`;]*)$/;

/**
 * Where a module imports what an engine's error is about: such an error names no place.
 *
 * @param message with paths where the engine has URLs of blobs
 * @param sources what the failed module reaches, in any order
 * @param targetOf the path to which a specifier leads in a source; undefined when it leads nowhere
 */
export function importPlace(
  message: string,
  sources: Iterable<Source>,
  targetOf: (specifier: string, source: Source) => string | undefined,
): ImportPlace | undefined {
  const [, target, name] = NO_EXPORT.exec(message) ?? [];
  const [, bare] = NO_NAME.exec(message) ?? [];
  if (target === undefined && bare === undefined) return undefined;
  for (const source of sources) {
    for (const { kind, start, ...link } of source.links?.list ?? []) {
      if (kind !== 'static' || !('specifier' in link)) continue;
      const specifier = link.specifier!;
      if (bare !== undefined && specifier === bare) return placeAt(source, start);
      if (target === undefined || targetOf(specifier, source) !== target) continue;
      const back = backToName(source.bytes, start, name!);
      if (back !== undefined) return placeAt(source, start, back);
    }
  }
  return undefined;
}

/** Where a module names another one, statically or by `import()`. */
export function linkPlace(source: Source, leads: (specifier: string) => boolean): ImportPlace | undefined {
  for (const link of source.links?.list ?? []) {
    if ((link.kind !== 'static' && link.kind !== 'dynamic') || link.specifier === undefined) continue;
    if (leads(link.specifier)) return placeAt(source, link.start);
  }
  return undefined;
}

/** How many characters before a specifier its clause imports a name; undefined when it does not. */
function backToName(bytes: Uint8Array, start: number, name: string): number | undefined {
  const clause = CLAUSE.exec(decode(bytes.subarray(0, start)))?.[1];
  if (clause === undefined) return undefined;
  const at = new RegExp(`(?<![\\w$])${name.replace(/\W/g, '\\$&')}(?![\\w$])`).exec(clause)?.index;
  if (at !== undefined) return clause.length - at;
  const isDefault = name === 'default' && /^import\s+[^\s{*]/.test(clause);
  return isDefault ? clause.length - /^import\s+/.exec(clause)![0].length : undefined;
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function placeAt({ path, bytes }: Source, start: number, back = 0): ImportPlace {
  const before = decode(bytes.subarray(0, start));
  const lines = before.slice(0, before.length - back).split(/\r\n|[\n\r\u2028\u2029]/);
  return { path, line: lines.length, column: lines.at(-1)!.length + 1, text: decode(bytes) };
}
