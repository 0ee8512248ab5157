import { byCodeUnit, parsePackagePath, type Hash } from '../../schema/index.js';
import type { Change } from './comparison.js';
import { latin1, textOf } from './read-blob.js';

export interface RenameOptions {
  /** Reads blobs of the deleted and of the added modules. */
  readonly readBefore: (hash: Hash) => Promise<Uint8Array>;
  readonly readAfter: (hash: Hash) => Promise<Uint8Array>;
  /** Percentage of the bytes that has to stay. Default 50. */
  readonly similarity?: number;
  /** Pairs of modules to compare. With more, only unchanged content is found. Default 40,000. */
  readonly pairs?: number;
  /** Larger modules are only found with unchanged content. In bytes, default 4 MB. */
  readonly bytes?: number;
}

interface Sketch {
  /** Bytes of each distinct piece. */
  readonly pieces: ReadonlyMap<string, number>;
  readonly size: number;
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function rename(from: Change, to: Change, similarity: number): Change {
  return { ...to, status: 'renamed', oldPath: from.path, before: from.before, similarity };
}

/** A line, or 64 bytes of a longer one, as git compares them. */
const PIECE = /[^\n]{0,63}\n|[^\n]{1,64}/g;

/** Percentage of the larger text's bytes that are in pieces of both. */
function similarityOf(a: Sketch, b: Sketch): number {
  let common = 0;
  const [few, many] = a.pieces.size < b.pieces.size ? [a, b] : [b, a];
  for (const [piece, bytes] of few.pieces) common += Math.min(bytes, many.pieces.get(piece) ?? 0);
  return Math.floor((100 * common) / Math.max(a.size, b.size));
}

/** Undefined for binary and for empty files: empty files are equal, but not renames of each other. */
async function sketch(read: () => Promise<Uint8Array>): Promise<Sketch | undefined> {
  const bytes = await read();
  if (textOf(bytes) === undefined || bytes.length === 0) return undefined;
  const pieces = new Map<string, number>();
  // As in git, new line breaks do not make another file.
  for (const [piece] of latin1(bytes).replaceAll('\r\n', '\n').matchAll(PIECE)) {
    pieces.set(piece, (pieces.get(piece) ?? 0) + piece.length);
  }
  return { pieces, size: bytes.length };
}

/** Pairs deleted and added modules with equal bytes. A file with the same name is preferred. */
function sameContent(deleted: Set<Change>, added: Set<Change>): Change[] {
  const sources = new Map<Hash, Change[]>();
  for (const change of deleted) {
    const { hash, size } = change.before!;
    if (size > 0) sources.set(hash, [...(sources.get(hash) ?? []), change]);
  }
  const found: Change[] = [];
  const pair = (to: Change, named: boolean): void => {
    const from = (sources.get(to.after!.hash) ?? []).find(
      (source) =>
        deleted.has(source) &&
        isOnePackage(source, to) &&
        (!named || baseName(source.path) === baseName(to.path)),
    );
    if (from === undefined) return;
    deleted.delete(from);
    added.delete(to);
    found.push(rename(from, to, 100));
  };
  for (const named of [true, false]) for (const to of [...added]) pair(to, named);
  return found;
}

/** Whether both are files of the site, or of the same package. */
const isOnePackage = (a: Change, b: Change): boolean =>
  parsePackagePath(a.path)?.name === parsePackagePath(b.path)?.name;

/**
 * Pairs deleted and added modules into renames, like git's -M: first those with unchanged content, then the
 * most similar. Copies stay added.
 */
export async function findRenames(changes: readonly Change[], options: RenameOptions): Promise<Change[]> {
  const { similarity = 50, pairs = 40_000, bytes = 4_000_000 } = options;
  const deleted = new Set(changes.filter(({ status }) => status === 'deleted'));
  const added = new Set(changes.filter(({ status }) => status === 'added'));
  const found = sameContent(deleted, added);
  if (deleted.size * added.size <= pairs) {
    const sketches = new Map<Change, Promise<Sketch | undefined>>();
    const sketchOf = (change: Change): Promise<Sketch | undefined> => {
      const { hash } = (change.before ?? change.after)!;
      const read = change.before === null ? options.readAfter : options.readBefore;
      const made = sketches.get(change) ?? sketch(() => read(hash));
      void sketches.set(change, made);
      return made;
    };
    const candidates: { from: Change; to: Change; score: number; named: boolean }[] = [];
    for (const from of deleted) {
      for (const to of added) {
        if (!isOnePackage(from, to)) continue;
        const sizes = [from.before!.size, to.after!.size] as const;
        // The common lines cannot be larger than the smaller text.
        if (Math.max(...sizes) > bytes || Math.min(...sizes) * 100 < Math.max(...sizes) * similarity)
          continue;
        const [a, b] = [await sketchOf(from), await sketchOf(to)];
        const score = a === undefined || b === undefined ? 0 : Math.min(similarityOf(a, b), 99);
        const named = baseName(from.path) === baseName(to.path);
        if (score >= similarity) candidates.push({ from, to, score, named });
      }
    }
    candidates.sort((a, b) => b.score - a.score || Number(b.named) - Number(a.named));
    for (const { from, to, score } of candidates) {
      if (!deleted.has(from) || !added.has(to)) continue;
      deleted.delete(from);
      added.delete(to);
      found.push(rename(from, to, score));
    }
  }
  const kept = changes.filter(
    (change) => change.status === 'modified' || deleted.has(change) || added.has(change),
  );
  return [...kept, ...found].toSorted((a, b) => byCodeUnit(a.path, b.path));
}
