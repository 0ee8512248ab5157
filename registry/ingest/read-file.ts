import { closeSync, fstatSync, openSync, readFileSync, statSync, type BigIntStats } from 'node:fs';
import { LIMITS, ModcastError, type Hash } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import type { FileStat } from '../store/store.js';

/** How often to read a file that keeps changing. */
const TRIES = 8;

/**
 * Milliseconds after which an empty file is meant to be empty. Editors truncate a file before they write it.
 */
export const EMPTY_MS = 3000;

/** Nanoseconds within which two writes may get the same time stamp. */
const RACY_NS = 20_000_000n;

export interface ReadFile {
  readonly bytes: Buffer;
  readonly hash: Hash;
  /** Null if the file was written so recently that a further write may not change its time stamp. */
  readonly stat: FileStat | null;
}

/** The same for a file system whose time stamps are whole seconds. */
const COARSE_RACY_NS = 2_000_000_000n;

const same = (a: BigIntStats, b: BigIntStats): boolean =>
  a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;

/** The stats of a file now; undefined when it does not exist or is not a regular file. */
export function statFile(file: string): BigIntStats | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found?.isFile() === true ? found : undefined;
}

/** Whether a file's stats are the same as when it was last read. */
export const isUnchanged = (known: FileStat, now: BigIntStats): boolean =>
  BigInt(known.size) === now.size &&
  known.mtime === String(now.mtimeNs) &&
  known.ctime === String(now.ctimeNs) &&
  known.inode === String(now.ino);

/**
 * Whether a file is empty and has been for a while. A file that is empty for a shorter time may have been
 * truncated by an editor that is about to write it.
 */
export function isMeantEmpty(file: string): boolean {
  const found = statFile(file);
  return found?.size === 0n && Date.now() - Number(found.mtimeNs / 1_000_000n) >= EMPTY_MS;
}

/**
 * Reads a file as it was at one moment. It reads again when the size or time changes meanwhile. Synchronous,
 * because promises take several times as long for many small files.
 *
 * @param read replaced by tests that change the file while it is read
 * @throws ModcastError `file-unstable`, `blob-too-large`; the file system's own errors
 */
export function readStable(file: string, read: (descriptor: number) => Buffer = readFileSync): ReadFile {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const descriptor = openSync(file, 'r');
    try {
      const before = fstatSync(descriptor, { bigint: true });
      if (before.size > BigInt(LIMITS.blobBytes)) {
        throw new ModcastError('blob-too-large', `${file} is larger than ${LIMITS.blobBytes} bytes`, {
          expected: LIMITS.blobBytes,
          found: Number(before.size),
        });
      }
      const bytes = read(descriptor);
      const after = fstatSync(descriptor, { bigint: true });
      if (!same(before, after) || BigInt(bytes.length) !== after.size) continue;
      const hash = blake3(bytes);
      const age = BigInt(Date.now()) * 1_000_000n - after.mtimeNs;
      const stat = {
        size: bytes.length,
        mtime: String(after.mtimeNs),
        ctime: String(after.ctimeNs),
        inode: String(after.ino),
        hash,
      };
      const racy = after.mtimeNs % 1_000_000_000n === 0n ? COARSE_RACY_NS : RACY_NS;
      return { bytes, hash, stat: age > racy ? stat : null };
    } finally {
      closeSync(descriptor);
    }
  }
  throw new ModcastError('file-unstable', `${file} kept changing while it was read; try again`, {
    found: file,
  });
}
