/** Columns of white space before a line's text. -1 for a blank line. */
function indent(line: string | undefined): number {
  if (line === undefined) return -1;
  const text = /[^\s]/.exec(line);
  return text === null ? -1 : text.index;
}

/** Rates a place of a change: it should not begin or end inside of a deeper block. Lower is better. */
function cost(lines: readonly string[], start: number, end: number): number {
  const first = indent(lines[start]);
  const next = indent(lines[end]);
  // A group after or before a blank line is a paragraph.
  const apart = indent(lines[start - 1]) === -1 ? 0 : 1;
  const blankFirst = first === -1 ? 1 : 0;
  return 4 * (Math.max(first, 0) + Math.max(next, 0)) + apart + blankFirst;
}

/**
 * Moves each group of changed lines to the best of the equivalent places: a group may slide down over a line
 * that equals its first, and up over a line that equals its last.
 *
 * @param kept 1 for kept lines, changed in place
 * @param other the flags of the other side; a group opposite to a change does not move
 */
export function slideChanges(
  lines: readonly string[],
  ids: Int32Array,
  kept: Uint8Array,
  other: Uint8Array,
): void {
  let j = 0;
  for (let i = 0; i < kept.length;) {
    if (kept[i] === 1) {
      while (other[j] === 0) j++;
      i++;
      j++;
      continue;
    }
    let start = i;
    let end = i;
    while (end < kept.length && kept[end] === 0) end++;
    // The position on the other side: `j` lines of it, including changed ones, come before the group.
    if (other[j] === 0) {
      i = end;
      continue;
    }
    let up = 0;
    while (
      start - up > 0 &&
      kept[start - up - 1] === 1 &&
      ids[start - up - 1] === ids[end - up - 1] &&
      other[j - up - 1] === 1
    )
      up++;
    let down = 0;
    while (end + down < kept.length && kept[end + down] === 1 && ids[start + down] === ids[end + down]) {
      down++;
      if (other[j + down] === 0) break;
    }
    // Do not join the next group: two changes would become one.
    let best = 0;
    let bestCost = Infinity;
    for (let by = -up; by <= down; by++) {
      const touches = kept[start + by - 1] === 0 && by < 0 ? true : by > 0 && kept[end + by] === 0;
      const value = cost(lines, start + by, end + by) + (touches ? 1000 : 0);
      if (value <= bestCost) {
        best = by;
        bestCost = value;
      }
    }
    const length = end - start;
    kept.fill(1, start, end);
    start += best;
    end = start + length;
    kept.fill(0, start, end);
    // Continue after the group and the lines it has moved over.
    i = end;
    j += best;
  }
}
