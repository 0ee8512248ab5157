import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';

/** Bytes in one line of a binary patch. */
const LINE_BYTES = 52;

/** The name that git gives a blob. `git apply` checks it before and after a binary patch. */
export const gitObjectName = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

/** git's base 85: five digits for four bytes. The last bytes are filled up with zeros. */
function base85(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    let value = 0;
    for (let n = 0; n < 4; n++) value = value * 256 + (bytes[at + n] ?? 0);
    let digits = '';
    for (let n = 0; n < 5; n++) {
      digits = ALPHABET[value % 85]! + digits;
      value = Math.floor(value / 85);
    }
    text += digits;
  }
  return text;
}

/** The length of a line's bytes: A is 1, Z is 26, a is 27. */
const lengthLetter = (length: number): string =>
  String.fromCharCode(length <= 26 ? 64 + length : 96 + length - 26);

/** The lines of a `literal` of a binary patch, with the empty line that ends it. */
function literal(bytes: Uint8Array): string[] {
  const packed = deflateSync(bytes);
  const lines = [`literal ${bytes.length}`];
  for (let at = 0; at < packed.length; at += LINE_BYTES) {
    const piece = packed.subarray(at, at + LINE_BYTES);
    lines.push(lengthLetter(piece.length) + base85(piece));
  }
  return [...lines, ''];
}

/** The body of git's binary patch: the bytes after the change, then those before it, for reversing it. */
export const binaryPatch = (before: Uint8Array, after: Uint8Array): string[] => [
  'GIT binary patch',
  ...literal(after),
  ...literal(before),
];
