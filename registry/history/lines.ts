import { shortestEdit } from './shortest-edit.js';

/** A run of consecutive lines that two texts have in common. */
export interface Match {
  /** Index of the first line in each, from 0. */
  readonly before: number;
  readonly after: number;
  readonly length: number;
}

/** Numbers of added and deleted lines. */
export interface LineCounts {
  readonly added: number;
  readonly deleted: number;
}

/** White space of C, as git ignores it. */
const SPACE = /[ \t\n\v\f\r]+/g;

/** Each line with its line break. The last one may have none. */
export function splitLines(text: string): string[] {
  const lines: string[] = [];
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start) + 1 || text.length;
    lines.push(text.slice(start, end));
    start = end;
  }
  return lines;
}

/** Equal numbers for equal lines. */
function intern(numbers: Map<string, number>, lines: readonly string[]): Int32Array {
  return Int32Array.from(lines, (line) => {
    const known = numbers.get(line) ?? numbers.size;
    numbers.set(line, known);
    return known;
  });
}

/**
 * The lines that two texts have in common, as git finds them: nearly the longest common subsequence. A change
 * that could be at several places is put where a reader expects it.
 *
 * @param ignoreSpace lines that differ only in white space are equal, as with git's -w
 */
export function matchLines(
  before: readonly string[],
  after: readonly string[],
  ignoreSpace = false,
): Match[] {
  const numbers = new Map<string, number>();
  const compared = (lines: readonly string[]) =>
    intern(numbers, ignoreSpace ? lines.map((line) => line.replace(SPACE, '')) : lines);
  const a = compared(before);
  const b = compared(after);
  const changed = shortestEdit(a, b, [before, after]);
  const matches: { before: number; after: number; length: number }[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    while (i < a.length && changed.before[i] === 1) i++;
    while (j < b.length && changed.after[j] === 1) j++;
    if (i >= a.length || j >= b.length) return matches;
    const match = { before: i, after: j, length: 0 };
    while (i < a.length && j < b.length && changed.before[i] === 0 && changed.after[j] === 0) {
      i++;
      j++;
      match.length++;
    }
    matches.push(match);
  }
}

/** Numbers of added and deleted lines between two texts. */
export function countLines(before: readonly string[], after: readonly string[]): LineCounts {
  const common = matchLines(before, after).reduce((sum, match) => sum + match.length, 0);
  return { added: after.length - common, deleted: before.length - common };
}
