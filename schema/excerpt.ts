/** Characters of a line that are shown. */
const WIDTH = 200;

/** Characters of a line that is longer which are shown before the place. */
const BEFORE = 60;

/** Some lines around a place in a source, with a mark below it. Line and column count from 1. */
export function excerpt(source: string, line: number, column: number): string {
  const from = Math.max(1, line - 2);
  const margin = String(line + 2).length;
  const lines = source.split(/\r\n|[\n\r\u2028\u2029]/).slice(from - 1, line + 2);
  // Of one long line, as a bundler writes it, what lies around the place.
  const cut = column > WIDTH ? column - 1 - BEFORE : 0;
  return lines
    .flatMap((text, index) => {
      const number = from + index;
      const part = text.slice(cut, cut + WIDTH);
      const shown = `${String(number).padStart(margin)} | ${part.trimEnd()}`;
      if (number !== line) return [shown];
      // Tabs stay tabs, so that the mark stands where the place does, however wide they are.
      const before = part.slice(0, column - 1 - cut).replace(/[^\t]/g, ' ');
      return [shown, `${' '.repeat(margin)} | ${before.padEnd(column - 1 - cut)}^`];
    })
    .join('\n');
}
