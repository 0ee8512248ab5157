import { printable, textWidth, truncate, truncateStart } from './text.js';

export interface Column {
  readonly title: string;
  /** Default: left. */
  readonly align?: 'left' | 'right';
  /** The column that shrinks first when the table is wider than the terminal. */
  readonly shrinks?: boolean;
  /** Cut only as a last resort: a part of a time or a hash says little. */
  readonly whole?: boolean;
  /** Where `…` replaces a part of a text. Default: at its end. Two paths usually differ at theirs. */
  readonly cut?: 'start';
  /** Left out if the shrinking column would be too narrow to read. The last optional column goes first. */
  readonly optional?: boolean;
  /** Left out if the table does not fit otherwise. The last such column goes first. */
  readonly expendable?: boolean;
  /** Colours a text that has its final width. */
  readonly paint?: (text: string, row: readonly string[]) => string;
}

const GAP = '  ';
/** Width of the shrinking column below which optional columns are left out. */
const READABLE = 24;
/** A column is never cut to fewer columns. */
const LEAST = 8;

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
  const leaveOut = (kind: 'optional' | 'expendable'): boolean => {
    const last = shown.findLastIndex((column) => column[kind]);
    return last !== -1 && shown.splice(last, 1).length > 0;
  };
  const shrinking = shown.find((column) => column.shrinks);
  if (shrinking !== undefined) {
    while (excess() > Math.max(0, shrinking.width - READABLE)) if (!leaveOut('optional')) break;
    const least = Math.min(shrinking.width, Math.max(textWidth(shrinking.title), LEAST));
    // Then names are cut, the widest column first, columns left out, and as a last resort times are cut.
    const cut = (whole: boolean): boolean => {
      const [widest] = shown
        .filter((column) => column !== shrinking && column.align !== 'right' && column.width > LEAST)
        .filter((column) => whole || column.whole !== true)
        .toSorted((a, b) => b.width - a.width);
      if (widest !== undefined) widest.width--;
      return widest !== undefined;
    };
    while (excess() > Math.max(0, shrinking.width - least)) {
      if (!cut(false) && !leaveOut('expendable') && !cut(true)) break;
    }
    if (excess() > 0) shrinking.width = Math.max(least, shrinking.width - excess());
  }
  const columns = shown;
  const widths = columns.map((column) => column.width);
  const rows = allRows.map((row) => columns.map(({ index }) => printable(row[index]!)));
  const line = (row: readonly string[], paint: (text: string, column: Column) => string): string =>
    columns
      .map((column, i) => {
        const cut = column.cut === 'start' ? truncateStart : truncate;
        const text = cut(row[i]!, widths[i]!);
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
