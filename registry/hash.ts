import { hash } from 'blake3-wasm';
import type { Hash } from '../schema/index.js';

/** BLAKE3-256, the hash that names blobs and manifests. */
export const blake3 = (bytes: Uint8Array): Hash => hash(bytes as Buffer).toString('hex');
