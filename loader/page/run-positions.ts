/** The members of a source map that are read. */
export interface SourceMap {
  /** URLs of the run's members. They lead from the map up to the site's root. */
  readonly sources: readonly string[];
  readonly mappings: string;
}

/** A place in a run: the URL of its map without the extension, then the line and the column, from 1. */
const PLACE = /([^\s'"(@]+\/runs\/[\da-f]{64})\/[^\s'"():]+:(\d+):(\d+)/g;

/** Where Firefox and WebKit say where an error was made. */
const PROPERTIES = [
  ['fileName', 'lineNumber', 'columnNumber'],
  ['sourceURL', 'line', 'column'],
] as const;

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const maps = new Map<string, SourceMap | null>();

/** Errors are reported while the page waits, so this does, too: for the first error of a run. */
function readMap(url: string): SourceMap | null {
  let map = maps.get(url);
  if (map === undefined) {
    try {
      const request = new XMLHttpRequest();
      request.open('GET', url, false);
      request.send();
      map = JSON.parse(request.responseText) as SourceMap;
    } catch {
      map = null;
    }
    maps.set(url, map);
  }
  return map;
}

/**
 * Finds the place in a module. https://tc39.es/ecma426/
 *
 * @returns `path:line:column`, with the path as in a URL below the site's root
 */
export function originalPlace(
  { sources, mappings }: SourceMap,
  line: number,
  column: number,
): string | undefined {
  let found: string | undefined;
  /** The column in the run, then the source, the line and the column in it. */
  const state = [0, 0, 0, 0, 0];
  for (const row of mappings.split(';', line)) {
    state[0] = 0;
    found = undefined;
    for (const segment of row.split(',')) {
      let [field, value, shift] = [0, 0, 0];
      for (const character of segment) {
        const digit = DIGITS.indexOf(character);
        value |= (digit & 31) << shift;
        shift += 5;
        if (digit > 31) continue;
        state[field++]! += value & 1 ? -(value >> 1) : value >> 1;
        value = shift = 0;
      }
      const [at, source, row, start] = state as [number, number, number, number];
      if (field < 4 || at >= column) continue;
      found = `${sources[source]!.replace(/^(\.\.\/)+/, '')}:${row + 1}:${start + column - at}`;
    }
  }
  return found;
}

/** Names modules, with lines and columns in them, where a text names runs. */
export const withoutRuns = (root: string, text: string): string =>
  text.replace(PLACE, (place, map: string, line: string, column: string) => {
    const source = readMap(`${map}.map`);
    const found = source === null ? undefined : originalPlace(source, Number(line), Number(column));
    return found === undefined ? place : root + found;
  });

/** Where an error event says that it was made, in a module. */
export function naturalPlace(
  { filename, lineno, colno }: Pick<ErrorEvent, 'filename' | 'lineno' | 'colno'>,
  natural: (text: string) => string,
): { readonly file: string; readonly lineno: number; readonly colno: number } {
  const [, file, line, column] = /(.*):(\d+):(\d+)$/s.exec(natural(`${filename}:${lineno}:${colno}`))!;
  return { file: file!, lineno: Number(line), colno: Number(column) };
}

/** Makes an error that says where it was made, in a run, name the place in a module. */
export function correctRunPlace(error: Record<string, unknown>, natural: (text: string) => string): void {
  for (const [file, line, column] of PROPERTIES) {
    // Firefox names what holds the run, or the run.
    if (!natural(String(error[file])).includes('/runs/')) continue;
    const place = natural([file, line, column].map((name) => error[name]).join(':'));
    const [, url, ...numbers] = /(.*):(\d+):(\d+)$/s.exec(place) ?? [];
    if (url === undefined) continue;
    // The page may have frozen it.
    Reflect.set(error, file, url);
    Reflect.set(error, line, Number(numbers[0]));
    Reflect.set(error, column, Number(numbers[1]));
  }
}
