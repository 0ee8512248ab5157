import { setImmediate } from 'node:timers/promises';
import { createHash, hash } from 'blake3-wasm';
import type { Hash } from '../schema/index.js';

/**
 * Bytes that are hashed in a few milliseconds. Larger inputs are hashed in slices: they are copied into the
 * memory of WebAssembly, which never shrinks.
 */
const SLICE = 1024 * 1024;

/** BLAKE3-256, the hash that names blobs and manifests. */
export function blake3(bytes: Uint8Array): Hash {
  if (bytes.length <= SLICE) return hash(bytes as Buffer).toString('hex');
  const hasher = createHash();
  for (const slice of slicesOf(bytes)) hasher.update(slice);
  return hasher.digest('hex');
}

/** The same for large bytes: lets other work run in between. */
export async function blake3InSlices(bytes: Uint8Array): Promise<Hash> {
  if (bytes.length <= SLICE) return blake3(bytes);
  const hasher = createHash();
  for (const slice of slicesOf(bytes)) {
    hasher.update(slice);
    await setImmediate();
  }
  return hasher.digest('hex');
}

function* slicesOf(bytes: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += SLICE) yield bytes.subarray(at, at + SLICE) as Buffer;
}
