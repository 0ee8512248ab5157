import { diffArrays } from 'diff';
import { slideChanges } from './slide.js';

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

/**
 * Added and deleted lines after which the search for the shortest difference gives up: its time grows with
 * the square. Lines that only one side contains do not count.
 */
const MOST_EDITS = 4000;

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

/** Flags of the kept lines on both sides. The n-th kept lines belong together. */
interface Kept {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Keeps the lines that occur once on each side, in the longest run with the same order on both. */
function keepUnique(a: readonly number[], b: readonly number[], keep: (i: number, j: number) => void): void {
  const once = (list: readonly number[]) => {
    const at = new Map<number, number>();
    list.forEach((line, index) => at.set(line, at.has(line) ? -1 : index));
    return at;
  };
  const inA = once(a);
  const inB = once(b);
  const pairs = a.flatMap((line, i) => {
    const j = inB.get(line) ?? -1;
    return j === -1 || inA.get(line) === -1 ? [] : [[i, j] as const];
  });
  // Patience sorting: the last pair of each pile, and for each pair its predecessor in the longest run.
  const piles: number[] = [];
  const previous: number[] = [];
  pairs.forEach(([, j], index) => {
    let low = 0;
    for (let high = piles.length; low < high;) {
      const middle = (low + high) >> 1;
      if (pairs[piles[middle]!]![1] < j) low = middle + 1;
      else high = middle;
    }
    previous[index] = low === 0 ? -1 : piles[low - 1]!;
    piles[low] = index;
  });
  for (let index = piles.at(-1) ?? -1; index !== -1; index = previous[index]!) keep(...pairs[index]!);
}

function keptLines(a: Int32Array, b: Int32Array): Kept {
  const kept: Kept = { before: new Uint8Array(a.length), after: new Uint8Array(b.length) };
  let start = 0;
  let endA = a.length;
  let endB = b.length;
  while (start < endA && start < endB && a[start] === b[start]) start++;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  kept.before.fill(1, 0, start).fill(1, endA);
  kept.after.fill(1, 0, start).fill(1, endB);
  // A line that the other side does not contain is in no common subsequence, so leave it out of the search.
  const middle = (list: Int32Array, end: number, other: Int32Array, otherEnd: number) => {
    const there = new Set(other.subarray(start, otherEnd));
    const indices: number[] = [];
    for (let i = start; i < end; i++) if (there.has(list[i]!)) indices.push(i);
    return indices;
  };
  const indexA = middle(a, endA, b, endB);
  const indexB = middle(b, endB, a, endA);
  const restA = indexA.map((i) => a[i]!);
  const restB = indexB.map((i) => b[i]!);
  const keep = (i: number, j: number) => {
    kept.before[indexA[i]!] = 1;
    kept.after[indexB[j]!] = 1;
  };
  const changes = diffArrays(restA, restB, { maxEditLength: MOST_EDITS });
  if (changes === undefined) {
    keepUnique(restA, restB, keep);
    return kept;
  }
  let i = 0;
  let j = 0;
  for (const { count, added, removed } of changes) {
    if (added) j += count;
    else if (removed) i += count;
    else for (let n = 0; n < count; n++) keep(i++, j++);
  }
  return kept;
}

/**
 * The lines that two texts have in common: the longest common subsequence. A change that could be at several
 * places is put where a reader expects it. For texts that differ in thousands of lines: the lines that occur
 * once in each.
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
  const kept = keptLines(a, b);
  slideChanges(before, a, kept.before, kept.after);
  slideChanges(after, b, kept.after, kept.before);
  const matches: { before: number; after: number; length: number }[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    while (i < a.length && kept.before[i] === 0) i++;
    while (j < b.length && kept.after[j] === 0) j++;
    if (i >= a.length || j >= b.length) return matches;
    const match = { before: i, after: j, length: 0 };
    while (i < a.length && j < b.length && kept.before[i] === 1 && kept.after[j] === 1) {
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
