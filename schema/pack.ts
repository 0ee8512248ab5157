import { ModcastError } from './errors.js';
import { HASH_BYTES, hashFromBytes, hashToBytes, type Hash } from './hash.js';
import { LIMITS } from './limits.js';
import { decodeLinks, encodeLinks, type Links } from './links.js';
import { ByteReader, ByteWriter } from './varint.js';

/**
 * A pack has blobs with their links in one binary stream, in the order in which a page needs them.
 *
 *     pack    = magic "MCPK" · version u8 · blobs u32 · segment*
 *     segment = encoding u8 (0 none, 1 zlib deflate) · blobs u32 · raw length u32 · encoded length u32 · body
 *     body    = record* · check u32                            (after decoding)
 *     record  = hash 32 · form u8 · [base hash 32] · links length · bytes length · links · bytes
 *
 * Form 0 has the blob's bytes, form 1 a delta (fossil format) against the blob `base`. u32 are big-endian,
 * the lengths in a record are LEB128. `check` is the FNV-1a of all links of the body: the hashes of the blobs
 * do not cover them. A segment compresses about a hundred KiB of blobs together, because
 * small modules have much in common. A reader can use a segment before the next one arrives.
 */
export interface PackRecord {
  readonly hash: Hash;
  /** Null for a blob that was never a JavaScript module. */
  readonly links: Links | null;
  readonly bytes: Uint8Array;
  /** If given, `bytes` is a delta against this blob. */
  readonly base?: Hash;
}

export type SegmentEncoding = 'identity' | 'deflate';

export interface Segment {
  readonly encoding: SegmentEncoding;
  readonly count: number;
  readonly rawLength: number;
  readonly body: Uint8Array;
}

const MAGIC = [0x4d, 0x43, 0x50, 0x4b];
export const PACK_VERSION = 1;
export const PACK_HEADER_BYTES = 9;
export const SEGMENT_HEADER_BYTES = 13;
const ENCODINGS: readonly SegmentEncoding[] = ['identity', 'deflate'];
const FORM_WHOLE = 0;
const FORM_DELTA = 1;

export function encodePackHeader(count: number): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(PACK_HEADER_BYTES);
  for (const byte of MAGIC) out.byte(byte);
  out.byte(PACK_VERSION);
  out.uint32(count);
  return out.done();
}

/** FNV-1a of 32 bits. Any change within one byte changes it. */
function fnv1a(bytes: Uint8Array, seed: number): number {
  let sum = seed;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}

const FNV_START = 0x811c9dc5;

/** A segment's body before compression. */
export function encodeRecords(records: readonly PackRecord[]): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(records.reduce((sum, record) => sum + record.bytes.length + 256, 0));
  let check = FNV_START;
  for (const record of records) {
    const links = record.links === null ? new Uint8Array(0) : encodeLinks(record.links);
    out.bytes(hashToBytes(record.hash));
    out.byte(record.base === undefined ? FORM_WHOLE : FORM_DELTA);
    if (record.base !== undefined) out.bytes(hashToBytes(record.base));
    out.varint(links.length);
    out.varint(record.bytes.length);
    out.bytes(links);
    out.bytes(record.bytes);
    check = fnv1a(links, check);
  }
  out.uint32(check);
  return out.done();
}

/**
 * @param rawBody the body after decoding; the records' bytes are views of it, not copies
 * @throws ModcastError `pack-invalid`, `links-invalid`
 */
export function decodeRecords(rawBody: Uint8Array, count: number): PackRecord[] {
  const input = new ByteReader(rawBody, 'pack-invalid');
  const records: PackRecord[] = [];
  let check = FNV_START;
  for (let i = 0; i < count; i++) {
    const hash = hashFromBytes(input.bytes(HASH_BYTES));
    const form = input.byte();
    if (form !== FORM_WHOLE && form !== FORM_DELTA) invalid('a record form of 0 or 1', form);
    const base = form === FORM_DELTA ? hashFromBytes(input.bytes(HASH_BYTES)) : undefined;
    const linksLength = input.varint();
    const bytesLength = input.varint();
    const linksBytes = input.bytes(linksLength);
    const bytes = input.bytes(bytesLength);
    check = fnv1a(linksBytes, check);
    // The links of a delta point into its result, whose length is not known without the base.
    const size = base === undefined ? bytesLength : LIMITS.blobBytes;
    const links = linksLength === 0 ? null : decodeLinks(linksBytes, size);
    records.push(base === undefined ? { hash, links, bytes } : { hash, links, bytes, base });
  }
  const found = input.uint32();
  if (found !== check) invalid(`links with the check ${check}`, found);
  input.end();
  return records;
}

export function encodeSegment(segment: Segment): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(SEGMENT_HEADER_BYTES + segment.body.length);
  out.byte(ENCODINGS.indexOf(segment.encoding));
  out.uint32(segment.count);
  out.uint32(segment.rawLength);
  out.uint32(segment.body.length);
  out.bytes(segment.body);
  return out.done();
}

function invalid(expected: string, found: unknown): never {
  throw new ModcastError('pack-invalid', `pack: expected ${expected}, found ${String(found)}`, {
    expected,
    found,
  });
}

/**
 * Splits the bytes of a pack, which arrive in chunks of any size, into segments. The caller inflates and
 * hashes them, because both differ between Node and browsers. After an error the decoder cannot be used
 * again.
 */
export class PackDecoder {
  #state: 'header' | 'segments' | 'complete' | 'broken' = 'header';
  #chunks: Uint8Array[] = [];
  #length = 0;
  #count = 0;
  #seen = 0;

  /** Number of blobs in the pack; 0 until the header has arrived. */
  get count(): number {
    return this.#count;
  }

  /** Whether all blobs have arrived. */
  get complete(): boolean {
    return this.#state === 'complete';
  }

  /**
   * @returns the segments that these bytes complete
   * @throws ModcastError `pack-invalid`
   */
  push(bytes: Uint8Array): Segment[] {
    if (this.#state === 'broken') invalid('no more bytes after an error', bytes.length);
    try {
      if (bytes.length > 0) this.#chunks.push(bytes);
      this.#length += bytes.length;
      return this.#read();
    } catch (error) {
      this.#state = 'broken';
      this.#chunks = [];
      throw error;
    }
  }

  /** @throws ModcastError `pack-truncated` unless the pack is complete */
  finish(): void {
    if (this.complete) return;
    throw new ModcastError('pack-truncated', `pack cut short: ${this.#seen} of ${this.#count} blobs`, {
      expected: this.#count,
      found: this.#seen,
    });
  }

  #read(): Segment[] {
    const segments: Segment[] = [];
    if (this.#state === 'header') {
      const header = this.#peek(PACK_HEADER_BYTES);
      if (header === undefined) return segments;
      this.#readHeader(header);
      this.#skip(PACK_HEADER_BYTES);
    }
    while (this.#state === 'segments') {
      const header = this.#peek(SEGMENT_HEADER_BYTES);
      if (header === undefined) return segments;
      const input = new ByteReader(header, 'pack-invalid');
      const encodingByte = input.byte();
      const encoding = ENCODINGS[encodingByte] ?? invalid('an encoding of 0 or 1', encodingByte);
      const count = input.uint32();
      const rawLength = input.uint32();
      const length = input.uint32();
      if (count === 0 || count > this.#count - this.#seen) invalid('a count that adds up', count);
      // A record is never shorter than its fixed part. This limits the memory that a false count can claim.
      if (rawLength < count * (HASH_BYTES + 3)) invalid('a raw length that fits the count', rawLength);
      if (rawLength > LIMITS.segmentMaxBytes || length > LIMITS.segmentMaxBytes) {
        invalid(`a segment of at most ${LIMITS.segmentMaxBytes} bytes`, Math.max(rawLength, length));
      }
      if (encoding === 'identity' && rawLength !== length) invalid(`a body of ${rawLength} bytes`, length);
      const whole = this.#peek(SEGMENT_HEADER_BYTES + length);
      if (whole === undefined) return segments;
      this.#skip(SEGMENT_HEADER_BYTES + length);
      this.#seen += count;
      segments.push({ encoding, count, rawLength, body: whole.subarray(SEGMENT_HEADER_BYTES) });
      if (this.#seen === this.#count) this.#state = 'complete';
    }
    if (this.#length > 0) invalid('the end of the pack', `${this.#length} more bytes`);
    return segments;
  }

  #readHeader(header: Uint8Array): void {
    const input = new ByteReader(header, 'pack-invalid');
    for (const byte of MAGIC) {
      const found = input.byte();
      if (found !== byte) invalid('the magic "MCPK"', found);
    }
    const version = input.byte();
    if (version !== PACK_VERSION) invalid(`pack version ${PACK_VERSION}`, version);
    this.#count = input.uint32();
    if (this.#count > LIMITS.manifestModules) invalid(`at most ${LIMITS.manifestModules} blobs`, this.#count);
    this.#state = this.#count === 0 ? 'complete' : 'segments';
  }

  /** The next `length` bytes in one array; undefined until they have all arrived. */
  #peek(length: number): Uint8Array | undefined {
    if (this.#length < length) return undefined;
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= length) return first.subarray(0, length);
    const joined = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [joined];
    return joined.subarray(0, length);
  }

  #skip(length: number): void {
    this.#length -= length;
    const first = this.#chunks[0]!;
    if (first.length === length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(length);
  }
}
