/** The first words of the fractional parts of the square roots of the first eight primes, as in SHA-256. */
const INITIAL = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);

const BLOCK = 64;
const CHUNK = 1024;

const CHUNK_START = 1;
const CHUNK_END = 2;
const PARENT = 4;
const ROOT = 8;

/** The order in which each of the seven rounds takes the words of a block. */
const SCHEDULE = schedule();

function schedule(): Uint8Array {
  const permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
  const rounds = [[...permutation.keys()]];
  while (rounds.length < 7) rounds.push(permutation.map((from) => rounds.at(-1)![from]!));
  return Uint8Array.from(rounds.flat());
}

/** The state while a block is compressed. */
const state = new Int32Array(16);

/** The quarter round. Words in local variables make it twice as fast. */
function mix(ia: number, ib: number, ic: number, id: number, x: number, y: number): void {
  let a = state[ia]!;
  let b = state[ib]!;
  let c = state[ic]!;
  let d = state[id]!;
  a = (a + b + x) | 0;
  d ^= a;
  d = (d >>> 16) | (d << 16);
  c = (c + d) | 0;
  b ^= c;
  b = (b >>> 12) | (b << 20);
  a = (a + b + y) | 0;
  d ^= a;
  d = (d >>> 8) | (d << 24);
  c = (c + d) | 0;
  b ^= c;
  b = (b >>> 7) | (b << 25);
  state[ia] = a;
  state[ib] = b;
  state[ic] = c;
  state[id] = d;
}

/**
 * Changes the chaining value `value`, 8 words, by the block at `words[at]`, 16 words.
 *
 * @param counter number of the chunk, 0 for a parent
 * @param length bytes of the block
 */
function compress(
  value: Int32Array,
  words: Int32Array,
  at: number,
  counter: number,
  length: number,
  flags: number,
): void {
  state.set(value);
  state.set(INITIAL.subarray(0, 4), 8);
  // The counter has 64 bits, but no blob has 2^32 chunks.
  state.set([counter, 0, length, flags], 12);
  for (let next = 0; next < SCHEDULE.length;) {
    const word = () => words[at + SCHEDULE[next++]!]!;
    for (let i = 0; i < 4; i++) mix(i, i + 4, i + 8, i + 12, word(), word());
    for (let i = 0; i < 4; i++)
      mix(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4), word(), word());
  }
  for (let i = 0; i < 8; i++) value[i] = state[i]! ^ state[i + 8]!;
}

/**
 * BLAKE3-256 of `bytes`, 32 bytes. https://github.com/BLAKE3-team/BLAKE3-specs
 *
 * It is written for small code and short inputs: a library with keys, key derivation and output of any length
 * is three times as large, and slower.
 */
export function blake3(bytes: Uint8Array): Uint8Array {
  const words = new Int32Array(CHUNK / 4);
  const buffer = new Uint8Array(words.buffer);
  /** Chaining values of whole subtrees, the largest first. */
  const subtrees: Int32Array[] = [];
  const parent = (left: Int32Array, right: Int32Array, root: number) => {
    const value = INITIAL.slice();
    compress(value, Int32Array.of(...left, ...right), 0, 0, BLOCK, PARENT | root);
    return value;
  };
  const isOne = bytes.length <= CHUNK;
  for (let chunk = 0; ; chunk++) {
    const part = bytes.subarray(chunk * CHUNK, (chunk + 1) * CHUNK);
    buffer.fill(0).set(part);
    let value = INITIAL.slice();
    for (let at = 0, flags = CHUNK_START; at === 0 || at < part.length; at += BLOCK, flags = 0) {
      const isLast = at + BLOCK >= part.length;
      if (isLast) flags |= CHUNK_END | (isOne ? ROOT : 0);
      compress(value, words, at / 4, chunk, Math.min(BLOCK, part.length - at), flags);
    }
    if ((chunk + 1) * CHUNK >= bytes.length) {
      while (subtrees.length > 0) value = parent(subtrees.pop()!, value, subtrees.length === 0 ? ROOT : 0);
      return new Uint8Array(value.buffer);
    }
    // Two subtrees of one size are one of twice the size.
    for (let size = chunk + 1; size % 2 === 0; size /= 2) value = parent(subtrees.pop()!, value, 0);
    subtrees.push(value);
  }
}
