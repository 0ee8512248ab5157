import { ModcastError, type Hash } from '../../schema/index.js';
import type { Store, StoredBlob } from '../store/store.js';

/**
 * Reads the bytes of blobs.
 * @param fresh blobs that may not be in the store yet
 * @returns a function that throws ModcastError `blob-unknown`
 */
export function blobReader(
  store: Pick<Store, 'blobs'>,
  fresh: readonly StoredBlob[],
): (hash: Hash) => Promise<Uint8Array> {
  const byHash = new Map(fresh.map((blob) => [blob.hash, blob]));
  return async (hash) => {
    const blob = byHash.get(hash) ?? (await store.blobs([hash]))[0];
    if (blob === undefined) throw new ModcastError('blob-unknown', `no blob ${hash}`, { found: hash });
    return blob.bytes;
  };
}
