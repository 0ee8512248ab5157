import { open } from 'node:fs/promises';
import { ModcastError, LIMITS, type Hash } from '../schema/index.js';
import type { FileStat } from './store/store.js';
import { blake3 } from './hash.js';

/** How often a file that keeps changing while it is read is tried again. */
const TRIES = 8;

/** Nanoseconds within which a file system may give two writes the same time stamp. */
const RACY_NS = 20_000_000n;

export interface ReadFile {
  readonly bytes: Buffer;
  readonly hash: Hash;
  /** Null while the file is so young that another write may not show in its time stamp: it is read again. */
  readonly stat: FileStat | null;
}

/**
 * Reads a file as it was at one moment: if its size or time changed meanwhile, once more.
 *
 * @throws ModcastError `file-unstable` when it never held still; the file system's own errors
 */
export async function readStable(file: string): Promise<ReadFile> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const handle = await open(file, 'r');
    try {
      const before = await handle.stat({ bigint: true });
      if (before.size > BigInt(LIMITS.blobBytes)) {
        throw new ModcastError('file-too-large', `${file} is larger than ${LIMITS.blobBytes} bytes`, {
          expected: LIMITS.blobBytes,
          found: Number(before.size),
        });
      }
      const bytes = await handle.readFile();
      const after = await handle.stat({ bigint: true });
      if (before.size !== after.size || before.mtimeNs !== after.mtimeNs) continue;
      if (BigInt(bytes.length) !== after.size) continue;
      const hash = blake3(bytes);
      const age = BigInt(Date.now()) * 1_000_000n - after.mtimeNs;
      const stat = { size: bytes.length, mtime: String(after.mtimeNs), inode: String(after.ino), hash };
      return { bytes, hash, stat: age > RACY_NS ? stat : null };
    } finally {
      await handle.close();
    }
  }
  throw new ModcastError('file-unstable', `${file} kept changing while it was read`, { found: file });
}
