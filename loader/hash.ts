import { hashFromBytes, type Hash, type Hasher } from '../schema/hash.js';
import { blake3 } from './blake3.js';

/**
 * BLAKE3 in plain JavaScript. WebAssembly is faster, but it adds 11 KB to the loader, and a policy without
 * `wasm-unsafe-eval` forbids it. An engine needs far longer for a module than the 13 µs per kilobyte of this.
 */
export const hash: Hasher = (bytes) => hashFromBytes(blake3(bytes));

/** Bytes from which another thread is asked for a digest. */
const DIGEST_BYTES = 16 * 1024;

/** SHA-256, computed in another thread. Undefined for few bytes, and where the context is not secure. */
export async function digestOf(bytes: Uint8Array): Promise<Hash | undefined> {
  // Pages on plain HTTP have no `crypto.subtle`.
  if (bytes.length < DIGEST_BYTES || globalThis.crypto?.subtle === undefined) return undefined;
  try {
    const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
    return hashFromBytes(new Uint8Array(digest));
  } catch {
    return undefined;
  }
}
