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

const isBinary = (bytes: Uint8Array): boolean => bytes.subarray(0, LOOKED_AT).includes(0);

/** One character a byte: exact for any encoding. */
export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Texts in one encoding: latin1 if one of them is not UTF-8. Written in latin1, they have the same bytes. */
export interface Texts {
  readonly texts: readonly string[];
  readonly encoding: 'utf8' | 'latin1';
}

/** The texts of blobs, for comparing them. Undefined when one of them is binary: it has a NUL. */
export function textsOf(...blobs: readonly Uint8Array[]): Texts | undefined {
  if (blobs.some(isBinary)) return undefined;
  const texts = blobs.map(utf8);
  const isUtf8 = texts.every((text) => text !== undefined);
  return isUtf8 ? { texts, encoding: 'utf8' } : { texts: blobs.map(latin1), encoding: 'latin1' };
}

/** A blob's text. Bytes that are not UTF-8 are read as latin1. Undefined when it is binary. */
export const textOf = (bytes: Uint8Array): string | undefined => textsOf(bytes)?.texts[0];
