import { createDelta } from 'fossil-delta';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { encodeRecords, encodeSegment, LIMITS, type Hash, type PackRecord } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import type { VerifiedBlobs } from './verified-blobs.js';
import type { StoredBlob } from '../store/store.js';

const compress = promisify(deflate);

export interface PacksOptions {
  /** Compressed bytes kept in memory. */
  readonly cacheBytes: number;
  /** Raw bytes at which a segment is closed. */
  readonly segmentBytes: number;
}

/** How to cut a list of blobs into segments: known before any of them is read. */
export interface PackPlan {
  readonly segments: readonly (readonly Hash[])[];
  readonly count: number;
  /** Of the blobs, before any encoding. */
  readonly bytes: number;
}

/** For a blob one that the reader has, and from which it may be told as a delta. */
export type Bases = ReadonlyMap<Hash, Hash>;

const NO_BASES: Bases = new Map();

/** Larger ones go whole: a delta of theirs takes longer than it saves. */
const DELTA_BYTES = 8 * 1024 * 1024;

/** A delta hardly compresses any more, a module does so to a third. */
const DELTA_GAIN = 3;

/** What fits into a packet anyway: compressing it takes both sides longer than it saves. */
const PACKET_BYTES = 1024;

/** One encoded segment of a pack, compressed where that makes it smaller. */
export async function packSegment(records: readonly PackRecord[]): Promise<Uint8Array> {
  const raw = encodeRecords(records);
  const packed = raw.length <= PACKET_BYTES ? raw : await compress(raw, { level: 6 });
  const smaller = packed.length < raw.length;
  return encodeSegment({
    encoding: smaller ? 'deflate' : 'identity',
    count: records.length,
    rawLength: raw.length,
    body: smaller ? packed : raw,
  });
}

/**
 * Makes the segments of packs. Blobs never change, so a segment is compressed once and kept, however many
 * clients get it; the least recently sent are dropped first.
 */
export class Packs {
  readonly #blobs: VerifiedBlobs;
  readonly #options: PacksOptions;
  readonly #kept = new Map<Hash, Uint8Array>();
  readonly #making = new Map<Hash, Promise<Uint8Array>>();
  #keptBytes = 0;

  constructor(blobs: VerifiedBlobs, options: Partial<PacksOptions> = {}) {
    this.#blobs = blobs;
    this.#options = { cacheBytes: LIMITS.packCacheBytes, segmentBytes: LIMITS.segmentBytes, ...options };
  }

  /**
   * @param first a segment ends after this many blobs, so that what a boot waits for is not held up by the rest
   */
  plan(hashes: readonly Hash[], sizeOf: (hash: Hash) => number, first: number): PackPlan {
    const segments: Hash[][] = [];
    let open: Hash[] = [];
    let openBytes = 0;
    let bytes = 0;
    const close = () => {
      if (open.length > 0) segments.push(open);
      open = [];
      openBytes = 0;
    };
    hashes.forEach((hash, index) => {
      const size = sizeOf(hash);
      if (index === first || openBytes + size > this.#options.segmentBytes) close();
      open.push(hash);
      openBytes += size;
      bytes += size;
    });
    close();
    return { segments, count: hashes.length, bytes };
  }

  /**
   * One encoded segment; a blob with a base is a delta in it where that is smaller. A blob that is gone or damaged
   * stands in it without bytes: its hash gives it away, and the reader knows which one it will not get.
   */
  segment(hashes: readonly Hash[], bases: Bases = NO_BASES): Promise<Uint8Array> {
    const named = hashes.map((hash) => `${hash}${bases.get(hash) ?? ''}`);
    const key = blake3(new TextEncoder().encode(named.join()));
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return Promise.resolve(kept);
    }
    let making = this.#making.get(key);
    if (making === undefined) {
      making = this.#make(hashes, bases, key).finally(() => this.#making.delete(key));
      this.#making.set(key, making);
    }
    return making;
  }

  async #make(hashes: readonly Hash[], bases: Bases, key: Hash): Promise<Uint8Array> {
    const needed = new Set([...hashes, ...hashes.flatMap((hash) => bases.get(hash) ?? [])]);
    const blobs = await this.#blobs.read([...needed]);
    const records = hashes.map((hash): PackRecord => {
      const blob = blobs.get(hash);
      if (blob === undefined) return { hash, links: null, bytes: new Uint8Array(0) };
      const base = blobs.get(bases.get(hash) ?? '');
      return (base === undefined ? undefined : deltaOf(blob, base)) ?? blob;
    });
    const segment = await packSegment(records);
    if (hashes.every((hash) => blobs.has(hash))) this.#keep(key, segment);
    return segment;
  }

  #keep(key: Hash, segment: Uint8Array): void {
    this.#kept.set(key, segment);
    this.#keptBytes += segment.length;
    for (const [oldest, bytes] of this.#kept) {
      if (this.#keptBytes <= this.#options.cacheBytes) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= bytes.length;
    }
  }
}

/** Undefined where a delta is not worth it. */
function deltaOf({ hash, links, bytes }: StoredBlob, base: StoredBlob): PackRecord | undefined {
  if (Math.max(bytes.length, base.bytes.length) > DELTA_BYTES) return undefined;
  const delta = createDelta(base.bytes, bytes);
  return delta.length * DELTA_GAIN < bytes.length
    ? { hash, links, bytes: delta, base: base.hash }
    : undefined;
}
