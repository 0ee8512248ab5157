import { stripVTControlCharacters } from 'node:util';

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly align?: 'left' | 'right';
  /** The one column that gives way when the table is wider than the terminal: its texts end in … */
  readonly shrinks?: boolean;
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
  const reversed = [...text].toReversed().join('');
  return [...truncate(reversed, width)].toReversed().join('');
}

/** What would move the cursor or start a colour: a message or a file name is not to do that. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
export const printable = (text: string): string => text.replace(CONTROL, '·');

const GAP = '  ';

/** A table whose rows fit in `width` columns, with a dim head. Columns that are empty all over are left out. */
export function formatTable(
  all: readonly Column[],
  allRows: readonly (readonly string[])[],
  width: number,
  head: (text: string) => string,
): string {
  const used = all.map((_, index) => index).filter((index) => allRows.some((row) => row[index] !== ''));
  const columns = used.map((index) => all[index]!);
  const rows = allRows.map((row) => used.map((index) => printable(row[index]!)));
  const widths = columns.map(({ title }, i) =>
    Math.max(textWidth(title), ...rows.map((row) => textWidth(row[i]!))),
  );
  const shrinking = columns.findIndex((column) => column.shrinks);
  const total = widths.reduce((sum, columnWidth) => sum + columnWidth, 0) + GAP.length * (columns.length - 1);
  if (shrinking !== -1 && total > width) {
    const least = Math.max(textWidth(columns[shrinking]!.title), 8);
    widths[shrinking] = Math.max(least, widths[shrinking]! - (total - width));
  }
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
