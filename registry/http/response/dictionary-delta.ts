import { createHash } from 'node:crypto';

// Dictionary-compressed Zstandard (RFC 9842, "dcz"), for the one case that matters here: a text that is its
// older version but for a few places. A frame is made of raw blocks, and of blocks with one match each: their
// tables need no entropy coding, so this needs no compressor. RFC 8878 describes the format.

/** A part of the text: bytes of its own, or bytes that the dictionary has at `from`. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly from: number | undefined;
}

/** Bytes that are compared at a time. */
const PROBE = 32;
/** A block of fewer bytes would be as long as those. Codes of shorter lengths are in another table. */
const LEAST_MATCH = 131;
/** Of a block, decoded. */
const MOST_BYTES = 128 * 1024;

const DCZ_MAGIC = Uint8Array.of(0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0);
const FRAME_MAGIC = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
/** One segment, so that all of the dictionary can be reached, and the size of the text in four bytes. */
const FRAME_DESCRIPTOR = 0xa0;
const RAW = 0;
const COMPRESSED = 2;
/** All three tables have one entry, for the one sequence. */
const ONE_ENTRY_TABLES = 0x54;

/** The SHA-256 by which a browser names a dictionary. */
export const dictionaryHash = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** @param dictionary its bytes, and their `dictionaryHash` */
export function dictionaryDelta(
  text: Uint8Array,
  dictionary: { readonly bytes: Uint8Array; readonly hash: Uint8Array },
): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, text.length, true);
  const pieces = [DCZ_MAGIC, dictionary.hash, FRAME_MAGIC, Uint8Array.of(FRAME_DESCRIPTOR), size];
  for (const { start, end, from } of findParts(text, dictionary.bytes)) {
    for (let at = start; at < end; at += MOST_BYTES) {
      const next = Math.min(at + MOST_BYTES, end);
      // The rest of a long match may be too short for one.
      const isMatch = from !== undefined && next - at >= LEAST_MATCH;
      const offset = dictionary.bytes.length - (from ?? 0) + start;
      const block = isMatch ? matchBlock(next - at, offset) : text.subarray(at, next);
      pieces.push(blockHeader(isMatch ? COMPRESSED : RAW, block.length, next === text.length), block);
    }
  }
  return new Uint8Array(Buffer.concat(pieces));
}

function blockHeader(type: number, size: number, isLast: boolean): Uint8Array {
  const bits = (size << 3) | (type << 1) | (isLast ? 1 : 0);
  return Uint8Array.of(bits & 0xff, (bits >> 8) & 0xff, bits >> 16);
}

/** A block without literals, and with one sequence. @param offset back from where its text begins */
function matchBlock(length: number, offset: number): Uint8Array {
  const [ofCode, mlCode] = [Math.floor(Math.log2(offset + 3)), Math.floor(Math.log2(length - 3))];
  // Read from its end: a bit that marks it, then the offset, then the length.
  let bits = (1n << BigInt(ofCode)) | BigInt(offset + 3 - 2 ** ofCode);
  bits = (bits << BigInt(mlCode)) | BigInt(length - 3 - 2 ** mlCode);
  const stream: number[] = [];
  for (; bits > 0n; bits >>= 8n) stream.push(Number(bits & 0xffn));
  return Uint8Array.of(0, 1, ONE_ENTRY_TABLES, 0, ofCode, mlCode + 36, ...stream);
}

/** What the text has of the dictionary, from its start to its end. */
function findParts(text: Uint8Array, dictionary: Uint8Array): Part[] {
  const [own, other] = [text, dictionary].map((bytes) => Buffer.from(bytes).toString('latin1')) as [
    string,
    string,
  ];
  const places = new Map<string, number>();
  for (let at = 0; at + PROBE <= other.length; at += PROBE) places.set(other.slice(at, at + PROBE), at);
  const parts: Part[] = [];
  let done = 0;
  for (let at = 0; at + PROBE <= own.length; at++) {
    const place = places.get(own.slice(at, at + PROBE));
    if (place === undefined) continue;
    let [start, from, end, to] = [at, place, at + PROBE, place + PROBE];
    while (start > done && from > 0 && own[start - 1] === other[from - 1])
      [start, from] = [start - 1, from - 1];
    while (end < own.length && to < other.length && own[end] === other[to]) [end, to] = [end + 1, to + 1];
    if (end - start < LEAST_MATCH) continue;
    if (start > done) parts.push({ start: done, end: start, from: undefined });
    parts.push({ start, end, from });
    done = end;
    at = end - 1;
  }
  if (done < own.length) parts.push({ start: done, end: own.length, from: undefined });
  return parts;
}
