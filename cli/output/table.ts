import { stripVTControlCharacters } from 'node:util';

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly align?: 'left' | 'right';
  /** The one column that gives way when the table is wider than the terminal: its texts end in … */
  readonly shrinks?: boolean;
  /** Left out, the last such column first, where the one that shrinks would be too narrow to read. */
  readonly optional?: boolean;
  /** Puts colour on a text that has its final width. */
  readonly paint?: (text: string, row: readonly string[]) => string;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]/u;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

const columnsOf = (character: string): number => (ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1);

/** Columns that a text takes in a terminal: East Asian wide characters take two, combining ones none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += columnsOf(character);
  return width;
}

/** At most `width` columns of a text without colours; what is cut off is shown by … */
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

/** Like `truncate`, but keeps the end, which tells two paths apart. */
export function truncateStart(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const reversed = Array.from(text).toReversed().join('');
  return Array.from(truncate(reversed, width)).toReversed().join('');
}

/** What would move the cursor or start a colour: a message or a file name is not to do that. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
export const printable = (text: string): string => text.replace(CONTROL, '·');

const GAP = '  ';
/** Columns of the one that shrinks below which optional ones go. */
const READABLE = 24;

/** A table whose rows fit in `width` columns, with a dim head. Columns that are empty all over are left out. */
export function formatTable(
  all: readonly Column[],
  allRows: readonly (readonly string[])[],
  width: number,
  head: (text: string) => string,
): string {
  const shown = all
    .map((column, index) => ({ ...column, index }))
    .filter(({ index }) => allRows.some((row) => row[index] !== ''))
    .map((column) => {
      const texts = [column.title, ...allRows.map((row) => printable(row[column.index]!))];
      return { ...column, width: texts.reduce((most, text) => Math.max(most, textWidth(text)), 0) };
    });
  const excess = () => shown.reduce((sum, column) => sum + column.width + GAP.length, -GAP.length) - width;
  const shrinking = shown.find((column) => column.shrinks);
  if (shrinking !== undefined) {
    while (excess() > Math.max(0, shrinking.width - READABLE)) {
      const last = shown.findLastIndex((column) => column.optional);
      if (last === -1) break;
      shown.splice(last, 1);
    }
    if (excess() > 0) shrinking.width = Math.max(textWidth(shrinking.title), 8, shrinking.width - excess());
  }
  const columns = shown;
  const widths = columns.map((column) => column.width);
  const rows = allRows.map((row) => columns.map(({ index }) => printable(row[index]!)));
  const line = (row: readonly string[], paint: (text: string, column: Column) => string): string =>
    columns
      .map((column, i) => {
        const text = truncate(row[i]!, widths[i]!);
        const space = ' '.repeat(widths[i]! - textWidth(text));
        const last = i === columns.length - 1;
        return column.align === 'right'
          ? space + paint(text, column)
          : paint(text, column) + (last ? '' : space);
      })
      .join(GAP)
      .trimEnd();
  return [
    line(
      columns.map((column) => column.title),
      head,
    ),
    ...rows.map((row) => line(row, (text, column) => column.paint?.(text, row) ?? text)),
  ]
    .map((text) => `${text}\n`)
    .join('');
}
