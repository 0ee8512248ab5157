/** Columns and blank lines beyond these count as these. */
const MOST_INDENT = 200;
const MOST_BLANKS = 20;

const SPACE = /[\t-\r ]/;

/** Columns of white space before a line's text, with tabs of eight. -1 for a blank line. */
function indentOf(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (!SPACE.test(character)) return columns;
    if (character === ' ') columns++;
    else if (character === '\t') columns += 8 - (columns % 8);
    if (columns >= MOST_INDENT) return MOST_INDENT;
  }
  return -1;
}

/** The blank lines from `at` on, and the indent of the line after them; -1 if there is none. */
function beyond(lines: readonly string[], at: number, step: 1 | -1): { blanks: number; indent: number } {
  let blanks = 0;
  for (let n = at; n >= 0 && n < lines.length; n += step) {
    const indent = indentOf(lines[n]!);
    if (indent !== -1) return { blanks, indent };
    if (++blanks === MOST_BLANKS) return { blanks, indent: 0 };
  }
  return { blanks, indent: -1 };
}

export interface SplitScore {
  readonly indent: number;
  readonly penalty: number;
}

/**
 * How little a reader expects a change to begin or end before a line. Less is better. The weights are those
 * that git has found by rating diffs by hand, so that the same place is chosen.
 */
export function splitScore(lines: readonly string[], at: number): SplitScore {
  const own = at < lines.length ? indentOf(lines[at]!) : -1;
  const before = beyond(lines, at - 1, -1);
  const after = beyond(lines, at + 1, 1);
  const blanksAfter = own === -1 ? 1 + after.blanks : 0;
  const blanks = before.blanks + blanksAfter;
  const indent = own === -1 ? after.indent : own;
  let penalty = 6 * blanksAfter - 30 * blanks;
  if (before.indent === -1 && before.blanks === 0) penalty += 1;
  if (at >= lines.length) penalty += 21;
  if (indent === -1 || before.indent === -1 || indent === before.indent) return { indent, penalty };
  const isApart = blanks > 0;
  if (indent > before.indent) penalty += isApart ? 10 : -4;
  // A line that begins a block, else one that ends it.
  else if (after.indent > indent) penalty += isApart ? 17 : 24;
  else penalty += isApart ? 17 : 23;
  return { indent, penalty };
}

/** Whether the first of two pairs of places is at least as good. */
export function isBetter(a: readonly SplitScore[], b: readonly SplitScore[]): boolean {
  const sum = (list: readonly SplitScore[], key: keyof SplitScore) =>
    list.reduce((total, score) => total + score[key], 0);
  const indent = Math.sign(sum(a, 'indent') - sum(b, 'indent'));
  return 60 * indent + sum(a, 'penalty') - sum(b, 'penalty') <= 0;
}
