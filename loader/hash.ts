import { blake3 } from '@noble/hashes/blake3.js';
import { hashFromBytes, type Hasher } from '../schema/hash.js';

/**
 * BLAKE3 in plain JavaScript. WebAssembly is ten times as fast, but it adds 11 KB to what every page loads first, and
 * a page whose policy lacks `wasm-unsafe-eval` forbids it. Beside what an engine takes for a module, the 16 µs a
 * kilobyte do not show.
 */
export const hash: Hasher = (bytes) => hashFromBytes(blake3(bytes));
