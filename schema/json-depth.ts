import { LIMITS } from './limits.js';

/** What is wrong with a text of JSON, before it is parsed. */
export type JsonExcess = 'deep' | 'many';

/**
 * Whether JSON is nested deeper than `LIMITS.jsonDepth`. `JSON.parse` accepts any depth, but code that walks
 * through the result overflows the stack.
 */
export const isDeepJson = (json: string): boolean => jsonExcess(json) === 'deep';

/**
 * Stops at the first place that is too much, and never throws.
 * @param most arrays and objects
 */
export function jsonExcess(json: string, most = Infinity): JsonExcess | undefined {
  let depth = 0;
  let count = 0;
  for (let i = 0; i < json.length; i++) {
    switch (json.charCodeAt(i)) {
      case 0x22: // A string: skip it.
        i = endOfString(json, i);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > LIMITS.jsonDepth) return 'deep';
        if (++count > most) return 'many';
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
    }
  }
  return undefined;
}

/** The index of the quote that ends the string at `start`. The length of the text if none does. */
function endOfString(json: string, start: number): number {
  for (let end = start; ;) {
    end = json.indexOf('"', end + 1);
    if (end === -1) return json.length;
    let escapes = 0;
    while (json[end - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return end;
  }
}
