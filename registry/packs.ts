import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { encodeRecords, encodeSegment, LIMITS, type Hash, type PackRecord } from '../schema/index.js';
import { blake3 } from './hash.js';
import type { Blobs } from './blobs.js';

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

/** One encoded segment of a pack, compressed where that makes it smaller. */
export async function packSegment(records: readonly PackRecord[]): Promise<Uint8Array> {
  const raw = encodeRecords(records);
  const packed = await compress(raw, { level: 6 });
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
  readonly #blobs: Blobs;
  readonly #options: PacksOptions;
  readonly #kept = new Map<Hash, Uint8Array>();
  readonly #making = new Map<Hash, Promise<Uint8Array>>();
  #keptBytes = 0;

  constructor(blobs: Blobs, options: Partial<PacksOptions> = {}) {
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
   * One encoded segment. A blob that is gone or damaged stands in it without bytes: its hash gives it away, and
   * the reader knows which one it will not get.
   */
  segment(hashes: readonly Hash[]): Promise<Uint8Array> {
    const key = blake3(new TextEncoder().encode(hashes.join('')));
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return Promise.resolve(kept);
    }
    let making = this.#making.get(key);
    if (making === undefined) {
      making = this.#make(hashes, key).finally(() => this.#making.delete(key));
      this.#making.set(key, making);
    }
    return making;
  }

  async #make(hashes: readonly Hash[], key: Hash): Promise<Uint8Array> {
    const blobs = await this.#blobs.read(hashes);
    const records: PackRecord[] = hashes.map(
      (hash) => blobs.get(hash) ?? { hash, links: null, bytes: new Uint8Array(0) },
    );
    const segment = await packSegment(records);
    if (blobs.size === hashes.length) this.#keep(key, segment);
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
