import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Path } from '../schema/index.js';

/** Typing mistakes between two texts: letters added, left out, replaced, or two of them swapped. */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, beforeLast[j - 2]! + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

/** Mistakes that a text of this length may have, to be taken for another one. */
const mistakesIn = (text: string): number => Math.max(1, Math.min(4, Math.floor(text.length / 4)));

/** The name with the fewest mistakes; undefined when every name has more than `most`. */
export function closestName(given: string, names: Iterable<string>, most: number): string | undefined {
  let best: string | undefined;
  let least = most;
  for (const name of names) {
    if (Math.abs(name.length - given.length) > least) continue;
    const mistakes = distance(given, name);
    if (mistakes < least || (mistakes === least && best === undefined)) [best, least] = [name, mistakes];
  }
  return best;
}

/** Typing mistakes up to which a name is suggested. */
const TYPOS = 3;

/** The name most like `found`, and a "did you mean" hint if it is similar enough. */
export function nearest(found: string, names: readonly string[]): { name: string; hint: string } {
  const name = closestName(found, names, Infinity)!;
  return { name, hint: distance(found, name) <= TYPOS ? `; did you mean "${name}"?` : '' };
}

/** A name in the same directory that a file was probably meant to have. */
export async function closestEntry(file: string): Promise<string | undefined> {
  const { dir, base } = path.parse(path.resolve(file));
  const near = closestName(base, await readdir(dir).catch(() => []), mistakesIn(base));
  return near === undefined ? undefined : path.join(dir, near);
}

/** `; did you mean lib/?`, or nothing. */
export const didYouMean = (near: string | undefined): string =>
  near === undefined ? '' : `; did you mean ${near}?`;

/** Every directory of some paths, with "/" at its end. */
function directoriesOf(paths: readonly Path[]): Set<string> {
  const directories = new Set<string>();
  for (const name of paths) {
    for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
      directories.add(name.slice(0, at + 1));
    }
  }
  return directories;
}

const baseName = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

/** The module or directory that was probably meant: mistyped, without its folder, or without its ending. */
export function closestPath(given: string, paths: readonly Path[]): string | undefined {
  const text = given.replaceAll('\\', '/').replace(/^(?:\.{0,2}\/)+/, '');
  const plain = text.replace(/\/+$/, '');
  if (plain === '') return undefined;
  const names = [...paths, ...directoriesOf(paths)];
  const low = plain.toLowerCase();
  return (
    names.find((name) => name.replace(/\/$/, '').toLowerCase() === low) ??
    paths.find((name) => name.toLowerCase().replace(/\.[^./]*$/, '') === low) ??
    names.find((name) => `/${name.replace(/\/$/, '')}`.toLowerCase().endsWith(`/${low}`)) ??
    paths.find(
      (name) =>
        baseName(name)
          .toLowerCase()
          .replace(/\.[^.]*$/, '') === low,
    ) ??
    closestName(plain, paths, mistakesIn(plain)) ??
    closestName(`${plain}/`, directoriesOf(paths), mistakesIn(plain)) ??
    paths.find((name) => baseName(name).toLowerCase() === baseName(low)) ??
    paths.find(
      (name) => distance(baseName(name), baseName(plain)) <= Math.min(2, mistakesIn(baseName(plain))),
    )
  );
}
