import type { Hash } from '../../schema/index.js';
import type { Change } from './comparison.js';
import { matchLines, splitLines } from './lines.js';
import { readBlob, textsOf, type BlobReader } from './read-blob.js';

/** What a change has to add or remove, as `git log -S` and `-G` select commits. */
export type Wanted =
  /** Text whose number of occurrences changes. Also in binary files. */
  | { readonly text: string }
  /** Matches an added or a deleted line. Not in binary files. Without the flags g and y. */
  | { readonly line: RegExp };

/** Blobs whose counts are remembered: a version is `after` in one change and `before` in the next. */
const REMEMBERED = 10_000;

const EMPTY = new Uint8Array();

/** Occurrences that do not overlap. */
function occurrences(bytes: Uint8Array, text: Buffer): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let count = 0;
  for (let at = buffer.indexOf(text); at !== -1; at = buffer.indexOf(text, at + text.length)) count++;
  return count;
}

function lineChanges(before: Uint8Array, after: Uint8Array, line: RegExp): boolean {
  const both = textsOf(before, after);
  if (both === undefined) return false;
  const isFound = (text: string) => line.test(text.replace(/\r?\n$/, ''));
  const [a, b] = both.texts.map(splitLines) as [string[], string[]];
  // Most files have no such line at all: they need no comparison.
  const [inA, inB] = [a.map(isFound), b.map(isFound)];
  if (!inA.includes(true) && !inB.includes(true)) return false;
  for (const { before: i, after: j, length } of matchLines(a, b)) {
    inA.fill(false, i, i + length);
    inB.fill(false, j, j + length);
  }
  return inA.includes(true) || inB.includes(true);
}

/** Says of changes whether they add or remove what is wanted. */
export function pickaxe(store: BlobReader, wanted: Wanted): (change: Change) => Promise<boolean> {
  const read = async (side: { readonly hash: Hash } | null) =>
    side === null ? EMPTY : readBlob(store, side.hash);
  if ('line' in wanted) {
    return async ({ before, after }) =>
      before?.hash !== after?.hash && lineChanges(await read(before), await read(after), wanted.line);
  }
  const text = Buffer.from(wanted.text);
  const counts = new Map<Hash, number>();
  const countIn = async (side: { readonly hash: Hash } | null): Promise<number> => {
    if (side === null || text.length === 0) return 0;
    const known = counts.get(side.hash);
    if (known !== undefined) return known;
    const count = occurrences(await read(side), text);
    if (counts.size >= REMEMBERED) counts.delete(counts.keys().next().value!);
    counts.set(side.hash, count);
    return count;
  };
  return async ({ before, after }) =>
    before?.hash !== after?.hash && (await countIn(before)) !== (await countIn(after));
}
