import { decodeFusion, type Fusion } from '../../schema/fusion.js';
import type { Hash } from '../../schema/hash.js';
import type { BlobPool, PooledBlob } from '../cache/blob-pool.js';

/** A boot reads the same fusion several times. */
const decoded = new WeakMap<PooledBlob, Fusion>();

/** A fusion from the pool; undefined if it is not here. */
export function readFusion(blobPool: Pick<BlobPool, 'get'>, hash: Hash | null): Fusion | undefined {
  const blob = hash === null ? undefined : blobPool.get(hash);
  if (blob === undefined) return undefined;
  try {
    const fusion = decoded.get(blob) ?? decodeFusion(blob.bytes);
    decoded.set(blob, fusion);
    return fusion;
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
