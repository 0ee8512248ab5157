/** The Levenshtein distance. */
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

/** The largest distance for a suggestion. */
const TYPOS = 3;

/** The name most like `found`, and a "did you mean" hint if it is similar enough. */
export function nearest(found: string, names: readonly string[]): { name: string; hint: string } {
  const name = names.toSorted((a, b) => distance(found, a) - distance(found, b))[0]!;
  return { name, hint: distance(found, name) <= TYPOS ? `; did you mean "${name}"?` : '' };
}
