import type { NaturalText } from './error-events.js';

/** The members of a source map that are read. */
interface SourceMap {
  /** Paths of the run's members. */
  readonly sources: readonly string[];
  readonly mappings: string;
}

/** A place in a run: the URL of its map without the extension, then the line and the column, from 1. */
const PLACE = /([^\s'"(@]+\/runs\/[\da-f]{64})\/[^\s'"():]+:(\d+):(\d+)/g;

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
 * @returns `path:line:column`
 */
function originalPlace({ sources, mappings }: SourceMap, line: number, column: number): string | undefined {
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
      if (field > 3 && at < column) found = `${sources[source]}:${row + 1}:${start + column - at}`;
    }
  }
  return found;
}

/** Names modules, with lines and columns in them, where a text names runs. */
export const withoutRuns = (root: string, text: string): ReturnType<NaturalText> =>
  text.replace(PLACE, (place, map: string, line: string, column: string) => {
    const source = readMap(`${map}.map`);
    const found = source === null ? undefined : originalPlace(source, Number(line), Number(column));
    return found === undefined ? place : root + found;
  });
