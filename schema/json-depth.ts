import { LIMITS } from './limits.js';

/**
 * Whether JSON is nested deeper than `LIMITS.jsonDepth`. `JSON.parse` accepts any depth, but code that walks
 * through the result overflows the stack. Stops at the first place that is too deep, and never throws.
 */
export function isDeepJson(json: string): boolean {
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    switch (json.charCodeAt(i)) {
      case 0x22: // A string: skip it.
        i = endOfString(json, i);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > LIMITS.jsonDepth) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
    }
  }
  return false;
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
