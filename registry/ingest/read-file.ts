import { closeSync, fstatSync, openSync, readFileSync, statSync, type BigIntStats } from 'node:fs';
import { LIMITS, ModcastError, type Hash } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import type { FileStat } from '../store/store.js';

/** How often a file that keeps changing while it is read is tried again. */
const TRIES = 8;

/** Milliseconds for which a file may be empty because its author's disk is busy: editors truncate first. */
export const EMPTY_MS = 3000;

/** Nanoseconds within which a file system may give two writes the same time stamp. */
const RACY_NS = 20_000_000n;

export interface ReadFile {
  readonly bytes: Buffer;
  readonly hash: Hash;
  /** Null while the file is so young that another write may not show in its time stamp: it is read again. */
  readonly stat: FileStat | null;
}

const same = (a: BigIntStats, b: BigIntStats): boolean => a.size === b.size && a.mtimeNs === b.mtimeNs;

/** What the file system says of a file now; undefined when it is no file. */
export function statFile(file: string): BigIntStats | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found?.isFile() === true ? found : undefined;
}

/** Whether a file is what it was when it was last read. */
export const isUnchanged = (known: FileStat, now: BigIntStats): boolean =>
  BigInt(known.size) === now.size && known.mtime === String(now.mtimeNs) && known.inode === String(now.ino);

/**
 * Whether a file that was found empty is to be: it still is, and has been for a while. Otherwise somebody has
 * truncated it and is about to write it, or has by now.
 */
export function isMeantEmpty(file: string): boolean {
  const found = statFile(file);
  return found?.size === 0n && Date.now() - Number(found.mtimeNs / 1_000_000n) >= EMPTY_MS;
}

/**
 * Reads a file as it was at one moment: if its size or time changed meanwhile, once more. Synchronous, for
 * ten thousand small files cost a promise each several times what they cost themselves.
 *
 * @param read an argument so that a test can change the file between the first look at it and the last
 * @throws ModcastError `file-unstable` when it never held still, `file-too-large`; the file system's own
 *   errors
 */
export function readStable(file: string, read: (descriptor: number) => Buffer = readFileSync): ReadFile {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const descriptor = openSync(file, 'r');
    try {
      const before = fstatSync(descriptor, { bigint: true });
      if (before.size > BigInt(LIMITS.blobBytes)) {
        throw new ModcastError('file-too-large', `${file} is larger than ${LIMITS.blobBytes} bytes`, {
          expected: LIMITS.blobBytes,
          found: Number(before.size),
        });
      }
      const bytes = read(descriptor);
      const after = fstatSync(descriptor, { bigint: true });
      if (!same(before, after) || BigInt(bytes.length) !== after.size) continue;
      const hash = blake3(bytes);
      const age = BigInt(Date.now()) * 1_000_000n - after.mtimeNs;
      const stat = { size: bytes.length, mtime: String(after.mtimeNs), inode: String(after.ino), hash };
      return { bytes, hash, stat: age > RACY_NS ? stat : null };
    } finally {
      closeSync(descriptor);
    }
  }
  throw new ModcastError('file-unstable', `${file} kept changing while it was read`, { found: file });
}
