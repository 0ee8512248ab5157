import { stripVTControlCharacters } from 'node:util';

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]/u;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

const columnsOf = (character: string): number => (ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1);

/** Terminal columns of a text: two for an East Asian wide character, none for a combining one. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += columnsOf(character);
  return width;
}

/** Cuts a text without colours to `width` columns; `…` replaces the rest. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    const columns = columnsOf(character);
    if (used + columns > width - 1) break;
    kept += character;
    used += columns;
  }
  return width < 1 ? '' : `${kept}…`;
}

/** Like `truncate`, but keeps the end: two paths usually differ there. */
export function truncateStart(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const reversed = Array.from(text).toReversed().join('');
  return Array.from(truncate(reversed, width)).toReversed().join('');
}

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** Replaces control characters: a file name or a message must not move the cursor or start a colour. */
export const printable = (text: string): string => text.replace(CONTROL, '·');
