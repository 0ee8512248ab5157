import { setImmediate } from 'node:timers/promises';
import { createHash, hash } from 'blake3-wasm';
import type { Hash } from '../schema/index.js';

/** BLAKE3-256, the hash that names blobs and manifests. */
export const blake3 = (bytes: Uint8Array): Hash => hash(bytes as Buffer).toString('hex');

/** Bytes that are hashed in a few milliseconds. */
const SLICE = 1024 * 1024;

/** The same for large bytes: lets other work run in between. */
export async function blake3InSlices(bytes: Uint8Array): Promise<Hash> {
  if (bytes.length <= SLICE) return blake3(bytes);
  const hasher = createHash();
  for (let at = 0; at < bytes.length; at += SLICE) {
    hasher.update(bytes.subarray(at, at + SLICE) as Buffer);
    await setImmediate();
  }
  return hasher.digest('hex');
}
