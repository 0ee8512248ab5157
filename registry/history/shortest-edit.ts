import { isBetter, splitScore, type SplitScore } from './split-score.js';

/**
 * Edits after which a search ends at the furthest point that it has reached: its time grows with the square.
 */
const MOST_EDITS = 1000;

/** Flags of the items that only one list has. 1: changed. */
export interface Changed {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

interface Point {
  readonly i: number;
  readonly j: number;
}

/** A part of both lists: from `i0` up to `i1`, and from `j0` up to `j1`. */
interface Box {
  readonly i0: number;
  readonly i1: number;
  readonly j0: number;
  readonly j1: number;
}

/**
 * A point on a shortest path through a box, where the searches from both of its corners meet. Its first and
 * last items differ. Diagonals go from the highest to the lowest and ties are broken as in git, because there
 * are often several shortest paths.
 *
 * @param ahead the furthest `i` on each diagonal from the start; index 0 is the diagonal -after.length - 1
 * @param back the same from the end
 */
function middle(
  a: Int32Array,
  b: Int32Array,
  { i0, i1, j0, j1 }: Box,
  ahead: Int32Array,
  back: Int32Array,
): Point {
  const zero = b.length + 1;
  const [lowest, highest] = [i0 - j1, i1 - j0];
  const [first, last] = [i0 - j0, i1 - j1];
  const isOdd = ((first - last) & 1) !== 0;
  let [low, high, backLow, backHigh] = [first, first, last, last];
  ahead[zero + first] = i0;
  back[zero + last] = i1;
  for (let edits = 1; ; edits++) {
    if (low > lowest) ahead[zero + --low - 1] = -1;
    else low++;
    if (high < highest) ahead[zero + ++high + 1] = -1;
    else high--;
    let best: Point = { i: i0, j: j0 };
    for (let k = high; k >= low; k -= 2) {
      const [left, right] = [ahead[zero + k - 1]!, ahead[zero + k + 1]!];
      let i = left >= right ? left + 1 : right;
      while (i < i1 && i - k < j1 && a[i] === b[i - k]) i++;
      ahead[zero + k] = i;
      if (isOdd && backLow <= k && k <= backHigh && back[zero + k]! <= i) return { i, j: i - k };
      const j = Math.min(i - k, j1);
      if (Math.min(i, i1) + j > best.i + best.j) best = { i: Math.min(i, i1), j };
    }
    if (backLow > lowest) back[zero + --backLow - 1] = 0x7fffffff;
    else backLow++;
    if (backHigh < highest) back[zero + ++backHigh + 1] = 0x7fffffff;
    else backHigh--;
    for (let k = backHigh; k >= backLow; k -= 2) {
      const [left, right] = [back[zero + k - 1]!, back[zero + k + 1]!];
      let i = left < right ? left : right - 1;
      while (i > i0 && i - k > j0 && a[i - 1] === b[i - 1 - k]) i--;
      back[zero + k] = i;
      if (!isOdd && low <= k && k <= high && i <= ahead[zero + k]!) return { i, j: i - k };
    }
    if (edits >= MOST_EDITS) return best;
  }
}

/**
 * Marks what differs, by Myers' algorithm in linear space: An O(ND) Difference Algorithm, 1986, section 4b.
 */
function markChanged(a: Int32Array, b: Int32Array): Changed {
  const changed = { before: new Uint8Array(a.length), after: new Uint8Array(b.length) };
  const ahead = new Int32Array(a.length + b.length + 3);
  const back = new Int32Array(a.length + b.length + 3);
  const boxes: Box[] = [{ i0: 0, i1: a.length, j0: 0, j1: b.length }];
  for (let box = boxes.pop(); box !== undefined; box = boxes.pop()) {
    let { i0, i1, j0, j1 } = box;
    while (i0 < i1 && j0 < j1 && a[i0] === b[j0]) [i0, j0] = [i0 + 1, j0 + 1];
    while (i0 < i1 && j0 < j1 && a[i1 - 1] === b[j1 - 1]) [i1, j1] = [i1 - 1, j1 - 1];
    if (i0 === i1) changed.after.fill(1, j0, j1);
    else if (j0 === j1) changed.before.fill(1, i0, i1);
    else {
      const { i, j } = middle(a, b, { i0, i1, j0, j1 }, ahead, back);
      boxes.push({ i0, i1: i, j0, j1: j }, { i0: i, i1, j0: j, j1 });
    }
  }
  return changed;
}

/** Places that are compared for a group, at most. */
const MOST_PLACES = 100;

/** The end of a group where a reader expects it: one between the given ones. */
function bestEnd(lines: readonly string[], size: number, first: number, last: number): number {
  let best: readonly SplitScore[] | undefined;
  let found = last;
  for (let end = Math.max(first, last - size - 1, last - MOST_PLACES); end <= last; end++) {
    const scores = [splitScore(lines, end), splitScore(lines, end - size)];
    if (best === undefined || isBetter(scores, best)) [best, found] = [scores, end];
  }
  return found;
}

/**
 * Moves each group of changed items down over equal ones to the last place that is opposite to a change of
 * the other side; else to where a reader of these lines expects it, else as far as it goes. Groups that meet
 * become one.
 *
 * @param opposite whether the other side has a change after this number of unchanged items
 * @param lines texts of the items, if they are lines
 */
function settle(
  ids: Int32Array,
  changed: Uint8Array,
  opposite: readonly boolean[],
  lines: readonly string[] | undefined,
): void {
  let unchanged = 0;
  for (let at = 0; at < ids.length; at++, unchanged++) {
    let [start, end] = [at, at];
    while (changed[end] === 1) end++;
    if (start === end) continue;
    const up = (): boolean => {
      if (start === 0 || ids[start - 1] !== ids[end - 1]) return false;
      changed[--start] = 1;
      changed[--end] = 0;
      while (changed[start - 1] === 1) start--;
      unchanged--;
      return true;
    };
    const down = (): boolean => {
      if (end === ids.length || ids[start] !== ids[end]) return false;
      changed[start++] = 0;
      changed[end++] = 1;
      while (changed[end] === 1) end++;
      unchanged++;
      return true;
    };
    let size: number;
    let isOpposite: boolean;
    let earliest: number;
    do {
      size = end - start;
      while (up());
      earliest = end;
      isOpposite = opposite[unchanged]!;
      while (down()) isOpposite ||= opposite[unchanged]!;
    } while (size !== end - start);
    if (isOpposite) while (!opposite[unchanged]! && up());
    else if (lines !== undefined && end > earliest) {
      const best = bestEnd(lines, size, earliest, end);
      while (end > best && up());
    }
    at = end;
  }
}

function oppositeOf(changed: Uint8Array): boolean[] {
  const found = [false];
  for (const flag of changed) {
    if (flag === 1) found[found.length - 1] = true;
    else found.push(false);
  }
  return found;
}

/** Occurrences on the other side from which an item is frequent: about the root of the length, as in git. */
function frequentFrom(length: number): number {
  let root = 1;
  for (let rest = length; rest > 0; rest >>= 2) root *= 2;
  return Math.min(root, 1024);
}

/** How far `isNoise` looks. */
const NOISE_WINDOW = 100;

type Presence = 'none' | 'some' | 'frequent';

/** A frequent item within a run of items that only one side has: an anchor there would be a coincidence. */
function isNoise(presence: readonly Presence[], at: number): boolean {
  let frequent = 0;
  let none = 0;
  for (const step of [-1, 1]) {
    const before = none;
    frequent++;
    for (let n = 1; n <= NOISE_WINDOW; n++) {
      const near = presence[at + n * step];
      if (near === undefined || near === 'some') break;
      if (near === 'none') none++;
      else frequent++;
    }
    if (none === before) return false;
  }
  return frequent * 4 < frequent + none;
}

/**
 * The indices from `start` up to `end` of what takes part in the search. The rest has changed in any case.
 */
function candidates(list: Int32Array, start: number, end: number, other: Int32Array): number[] {
  const counts = new Map<number, number>();
  for (const id of other) counts.set(id, (counts.get(id) ?? 0) + 1);
  const least = frequentFrom(list.length);
  const presence = Array.from(list.subarray(start, end), (id): Presence => {
    const count = counts.get(id) ?? 0;
    if (count === 0) return 'none';
    return count >= least ? 'frequent' : 'some';
  });
  return presence.flatMap((one, n) =>
    one === 'none' || (one === 'frequent' && isNoise(presence, n)) ? [] : [start + n],
  );
}

/**
 * What differs between two lists: a shortest edit, or one of few more if they have a lot of frequent items or
 * differences. Of several it is the one that git shows. Each item is a number, the same for equal ones.
 *
 * @param lines texts of both lists, if they are lines
 */
export function shortestEdit(
  a: Int32Array,
  b: Int32Array,
  lines?: readonly [before: readonly string[], after: readonly string[]],
): Changed {
  let [start, endA, endB] = [0, a.length, b.length];
  while (start < endA && start < endB && a[start] === b[start]) start++;
  while (start < endA && start < endB && a[endA - 1] === b[endB - 1]) [endA, endB] = [endA - 1, endB - 1];
  const before = candidates(a, start, endA, b);
  const after = candidates(b, start, endB, a);
  const found = markChanged(
    Int32Array.from(before, (index) => a[index]!),
    Int32Array.from(after, (index) => b[index]!),
  );
  const changed = {
    before: new Uint8Array(a.length).fill(1, start, endA),
    after: new Uint8Array(b.length).fill(1, start, endB),
  };
  for (const [n, index] of before.entries()) changed.before[index] = found.before[n]!;
  for (const [n, index] of after.entries()) changed.after[index] = found.after[n]!;
  settle(a, changed.before, oppositeOf(changed.after), lines?.[0]);
  settle(b, changed.after, oppositeOf(changed.before), lines?.[1]);
  return changed;
}
