/** Levenshtein distance, for "did you mean". */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** So many letters away, a name may still have been meant. */
const TYPOS = 3;

/** The name that is likeliest to have been meant, and a hint at it where it is near enough. */
export function nearest(found: string, names: readonly string[]): { name: string; hint: string } {
  const name = names.toSorted((a, b) => distance(found, a) - distance(found, b))[0]!;
  return { name, hint: distance(found, name) <= TYPOS ? `; did you mean "${name}"?` : '' };
}
