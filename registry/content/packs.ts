import { createDelta } from 'fossil-delta';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import {
  batchesByBytes,
  encodeRecords,
  encodeSegment,
  LIMITS,
  type Hash,
  type PackRecord,
} from '../../schema/index.js';
import { blake3 } from '../hash.js';
import type { VerifiedBlobs } from './verified-blobs.js';
import type { StoredBlob } from '../store/store.js';

const compress = promisify(deflate);

export interface PacksOptions {
  /** Bytes of encoded segments that are kept in memory. */
  readonly cacheBytes: number;
  /** Raw bytes in a segment. A larger blob gets a segment of its own. */
  readonly segmentBytes: number;
}

/** How a list of blobs is cut into segments. Made without reading the blobs. */
export interface PackPlan {
  readonly segments: readonly (readonly Hash[])[];
  readonly count: number;
  /** Bytes of the blobs, before any encoding. */
  readonly bytes: number;
}

/** For a blob, another one that the client has and that a delta may start from. */
export type Bases = ReadonlyMap<Hash, Hash>;

const NO_BASES: Bases = new Map();

/** Bytes above which a blob is sent whole: its delta takes longer to make than it saves. */
const DELTA_BYTES = 8 * 1024 * 1024;

/**
 * A delta must be this many times smaller than the blob: a module compresses to a third, a delta hardly at
 * all.
 */
const DELTA_GAIN = 3;

/** Bytes that fit one network packet. Compressing less than this saves nothing. */
const PACKET_BYTES = 1024;

/** Bytes above which a part is compressed first, to see whether the rest is worth it. */
const LARGE_BYTES = 1024 * 1024;
const SAMPLE_BYTES = 64 * 1024;

/** Whether bytes are compressed already, as those of videos and images: their middle hardly shrinks. */
async function isCompressed(bytes: Uint8Array): Promise<boolean> {
  if (bytes.length < LARGE_BYTES) return false;
  const start = bytes.length >>> 1;
  const sample = await compress(bytes.subarray(start, start + SAMPLE_BYTES), { level: 1 });
  return sample.length > 0.95 * SAMPLE_BYTES;
}

/** Encodes a segment of a pack. It is compressed where that makes it smaller. */
export async function packSegment(records: readonly PackRecord[]): Promise<Uint8Array> {
  const raw = encodeRecords(records);
  const isPlain = raw.length <= PACKET_BYTES || (await isCompressed(raw));
  const packed = isPlain ? raw : await compress(raw, { level: 6 });
  const smaller = packed.length < raw.length;
  return encodeSegment({
    encoding: smaller ? 'deflate' : 'identity',
    count: records.length,
    rawLength: raw.length,
    body: smaller ? packed : raw,
  });
}

/**
 * Makes the segments of packs. Blobs never change, so a segment is compressed once for all clients and kept.
 * The least recently used segments are dropped first.
 */
export class Packs {
  readonly #blobs: Pick<VerifiedBlobs, 'read'>;
  readonly #options: PacksOptions;
  readonly #kept = new Map<Hash, Uint8Array>();
  readonly #making = new Map<Hash, Promise<Uint8Array>>();
  #keptBytes = 0;

  constructor(blobs: Pick<VerifiedBlobs, 'read'>, options: Partial<PacksOptions> = {}) {
    this.#blobs = blobs;
    this.#options = { cacheBytes: LIMITS.packCacheBytes, segmentBytes: LIMITS.segmentBytes, ...options };
  }

  /**
   * Cuts blobs into segments.
   *
   * @param first a segment ends after this many blobs, so that a boot does not wait for more than it needs
   */
  plan(hashes: readonly Hash[], sizeOf: (hash: Hash) => number, first: number): PackPlan {
    const { segmentBytes } = this.#options;
    const segments = [
      ...batchesByBytes(hashes.slice(0, first), sizeOf, segmentBytes),
      ...batchesByBytes(hashes.slice(first), sizeOf, segmentBytes),
    ];
    const bytes = hashes.reduce((sum, hash) => sum + sizeOf(hash), 0);
    return { segments, count: hashes.length, bytes };
  }

  /**
   * Makes one encoded segment. A blob with a base is sent as a delta where that is smaller. A missing or
   * damaged blob is sent without bytes: they do not match its hash, so the client knows that it does not get
   * this blob.
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

/** Undefined where a delta does not save enough. */
function deltaOf({ hash, links, bytes }: StoredBlob, base: StoredBlob): PackRecord | undefined {
  if (Math.max(bytes.length, base.bytes.length) > DELTA_BYTES) return undefined;
  const delta = createDelta(base.bytes, bytes);
  return delta.length * DELTA_GAIN < bytes.length
    ? { hash, links, bytes: delta, base: base.hash }
    : undefined;
}
