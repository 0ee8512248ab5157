import { printable, textWidth, truncate } from './text.js';

export interface Column {
  readonly title: string;
  /** Default: left. */
  readonly align?: 'left' | 'right';
  /** The one column that shrinks when the table is wider than the terminal: its texts end in `…`. */
  readonly shrinks?: boolean;
  /** Left out if the shrinking column would be too narrow to read. The last optional column goes first. */
  readonly optional?: boolean;
  /** Colours a text that has its final width. */
  readonly paint?: (text: string, row: readonly string[]) => string;
}

const GAP = '  ';
/** Width of the shrinking column below which optional columns are left out. */
const READABLE = 24;

/** A table whose rows fit in `width` terminal columns. Columns without any text are left out. */
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
