import { ModcastError } from './errors.js';

/** BLAKE3-256 of a blob's bytes: 64 lower-case hex digits. In binary it is 32 bytes. */
export type Hash = string;

/** An argument wherever it is needed: Node and the browser load the same WebAssembly in different ways. */
export type Hasher = (bytes: Uint8Array) => Hash;

export const HASH_BYTES = 32;

const HEX = /^[0-9a-f]{64}$/;

export function isHash(text: unknown): text is Hash {
  return typeof text === 'string' && HEX.test(text);
}

/** @throws ModcastError `hash-invalid` */
export function parseHash(text: string): Hash {
  if (!HEX.test(text)) {
    throw new ModcastError('hash-invalid', `not a hash: ${JSON.stringify(text.slice(0, 80))}`, {
      expected: '64 lower-case hex digits',
      found: text,
    });
  }
  return text;
}

/** @throws ModcastError `hash-invalid` */
export function hashToBytes(hash: Hash): Uint8Array<ArrayBuffer> {
  parseHash(hash);
  const bytes = new Uint8Array(HASH_BYTES);
  for (let i = 0; i < HASH_BYTES; i++) bytes[i] = parseInt(hash.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const BYTE_HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** @throws ModcastError `hash-invalid` */
export function hashFromBytes(bytes: Uint8Array): Hash {
  if (bytes.length !== HASH_BYTES) {
    throw new ModcastError('hash-invalid', `a hash has ${HASH_BYTES} bytes, not ${bytes.length}`, {
      expected: HASH_BYTES,
      found: bytes.length,
    });
  }
  let text = '';
  for (const byte of bytes) text += BYTE_HEX[byte];
  return text;
}
