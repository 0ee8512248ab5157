import { blake3 } from '@noble/hashes/blake3.js';
import { hashFromBytes, type Hasher } from '../schema/hash.js';

/**
 * BLAKE3 in plain JavaScript. WebAssembly is ten times as fast, but it adds 11 KB to the loader, and a policy
 * without `wasm-unsafe-eval` forbids it. An engine needs far longer for a module than the 16 µs per kilobyte
 * of this.
 */
export const hash: Hasher = (bytes) => hashFromBytes(blake3(bytes));
