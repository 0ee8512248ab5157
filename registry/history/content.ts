import { ModcastError, type Hash } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import type { BlobStore } from '../store/store.js';

/** BlobReader of any store, by hash. */
export type BlobReader = Pick<BlobStore, 'blobs'>;

/**
 * A blob's bytes, hashed.
 * @throws ModcastError `blob-unknown`, `blob-damaged`
 */
export async function readBlob(store: BlobReader, hash: Hash): Promise<Uint8Array> {
  const [blob] = await store.blobs([hash]);
  if (blob === undefined) throw new ModcastError('blob-unknown', `no blob ${hash}`, { found: hash });
  const found = blake3(blob.bytes);
  if (found === hash) return blob.bytes;
  throw new ModcastError('blob-damaged', `blob ${hash} is damaged; modcast verify says what else is`, {
    expected: hash,
    found,
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes in which a NUL makes a file binary, as git looks at them. */
const LOOKED_AT = 8000;

/** A blob's text, every byte of it; undefined for what is no UTF-8 text. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.subarray(0, LOOKED_AT).includes(0)) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
