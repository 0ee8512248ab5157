/** Characters of a line that are shown. */
const WIDTH = 200;

/** Some lines around a place in a source, with a mark below it. Line and column count from 1. */
export function excerpt(source: string, line: number, column: number): string {
  const from = Math.max(1, line - 2);
  const margin = String(line + 2).length;
  return source
    .split('\n')
    .slice(from - 1, line + 2)
    .flatMap((text, index) => {
      const number = from + index;
      const shown = `${String(number).padStart(margin)} | ${text.slice(0, WIDTH).trimEnd()}`;
      const mark = `${' '.repeat(margin)} | ${' '.repeat(Math.min(column - 1, WIDTH))}^`;
      return number === line ? [shown, mark] : [shown];
    })
    .join('\n');
}
