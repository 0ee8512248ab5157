/** How many characters of a line are shown. */
const WIDTH = 200;

/** How many characters of a longer line are shown before the place. */
const BEFORE = 60;

/** The lines around a place in a source, with a mark below the place. Line and column count from 1. */
export function excerpt(source: string, line: number, column: number): string {
  const from = Math.max(1, line - 2);
  const margin = String(line + 2).length;
  const lines = source.split(/\r\n|[\n\r\u2028\u2029]/).slice(from - 1, line + 2);
  // A bundler writes very long lines: show the part around the place.
  const cut = column > WIDTH ? column - 1 - BEFORE : 0;
  return lines
    .flatMap((text, index) => {
      const number = from + index;
      const part = text.slice(cut, cut + WIDTH);
      const shown = `${String(number).padStart(margin)} | ${part.trimEnd()}`;
      if (number !== line) return [shown];
      // Tabs stay tabs, so that the mark is below the place for any tab width.
      const before = part.slice(0, column - 1 - cut).replace(/[^\t]/g, ' ');
      return [shown, `${' '.repeat(margin)} | ${before.padEnd(column - 1 - cut)}^`];
    })
    .join('\n');
}
