import { decodeFusion, type Fusion } from '../../schema/fusion.js';
import type { Hash } from '../../schema/hash.js';
import type { BlobPool } from '../cache/blob-pool.js';

/** A fusion from the pool; undefined if it is not here. */
export function readFusion(blobPool: Pick<BlobPool, 'get'>, hash: Hash | null): Fusion | undefined {
  const blob = hash === null ? undefined : blobPool.get(hash);
  try {
    return blob && decodeFusion(blob.bytes);
  } catch {
    // Of a version that this loader does not know.
    return undefined;
  }
}

/** Hashes of all that belongs to a fusion, itself included; none when it is not here. */
export function derivedHashes(blobPool: Pick<BlobPool, 'get'>, hash: Hash): Hash[] {
  const fusion = readFusion(blobPool, hash);
  return fusion === undefined ? [] : [hash, ...fusion.runs.flatMap((run) => run.hash ?? [])];
}
