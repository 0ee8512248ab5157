import { ModcastError, type Hash } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import type { BlobStore } from '../store/store.js';

/** The part of a store that reads blobs by hash. */
export type BlobReader = Pick<BlobStore, 'blobs'>;

/**
 * A blob's verified bytes.
 * @throws ModcastError `blob-unknown`, `blob-damaged`
 */
export async function readBlob(store: BlobReader, hash: Hash): Promise<Uint8Array> {
  const [blob] = await store.blobs([hash]);
  if (blob === undefined) throw new ModcastError('blob-unknown', `no blob ${hash}`, { found: hash });
  const found = blake3(blob.bytes);
  if (found === hash) return blob.bytes;
  throw new ModcastError('blob-damaged', `blob ${hash} is damaged; run modcast verify`, {
    expected: hash,
    found,
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A NUL in this many first bytes makes a file binary, as in git. */
const LOOKED_AT = 8000;

/** A blob's text. Undefined when it is not UTF-8 text. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.subarray(0, LOOKED_AT).includes(0)) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
