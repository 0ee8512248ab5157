import { hash } from 'blake3-wasm';
import type { Hash } from '../schema/index.js';

/** BLAKE3-256, as every blob and manifest is named. */
export const blake3 = (bytes: Uint8Array): Hash => hash(bytes as Buffer).toString('hex');
