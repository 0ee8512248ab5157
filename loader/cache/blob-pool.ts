import type { Hash, Hasher } from '../../schema/hash.js';
import type { Links } from '../../schema/links.js';
import type { Fusion } from '../../schema/fusion.js';
import type { PackRecord } from '../../schema/pack.js';
import { applyFossilDelta } from '../transport/delta.js';
import { withDigests, type ReceivedRecord } from './digests.js';
import { isIntact, type CachedRecord } from './segments.js';

export interface PooledBlob {
  readonly bytes: Uint8Array;
  /** Null for a blob that has never been a JavaScript module. */
  readonly links: Links | null;
}

interface Entry extends PooledBlob {
  /** The others are hashed when they are first used: a boot needs few of them. */
  verified: boolean;
}

export interface BlobPoolOptions {
  readonly hasher: Hasher;
  /** Called when a blob does not match its hash or its links, after it has been dropped. */
  readonly onRefused: (hash: Hash, from: 'network' | 'cache') => void;
}

/** The blobs that this page holds in memory. Every blob is hashed before it can be taken out. */
export class BlobPool {
  readonly #options: BlobPoolOptions;
  readonly #entries = new Map<Hash, Entry>();
  /** Digests of runs, by their hash. */
  readonly #digests = new Map<Hash, Hash>();

  constructor(options: BlobPoolOptions) {
    this.#options = options;
  }

  /**
   * Adds blobs from a cache. Verified ones stay. Of two records of a blob the last one counts: it was stored
   * after the first had turned out to be damaged.
   */
  addCached(records: readonly CachedRecord[]): void {
    for (const { hash, bytes, links, verified = false } of records) {
      if (this.#entries.get(hash)?.verified !== true) this.#entries.set(hash, { bytes, links, verified });
    }
  }

  /** Learns the digests of the runs in a fusion. */
  learn({ runs }: Fusion): void {
    for (const { hash, digest } of runs)
      if (hash !== null && digest !== null) this.#digests.set(hash, digest);
  }

  /** Records with whole bytes in place of deltas, without those whose base is not here. */
  whole(records: readonly PackRecord[]): Promise<ReceivedRecord[]> {
    const earlier = new Map<Hash, Uint8Array>();
    const whole = records.flatMap((record): PackRecord[] => {
      const { hash, links, base } = record;
      const bytes =
        base === undefined ? record.bytes : applied(earlier.get(base) ?? this.get(base)?.bytes, record.bytes);
      // A blob that a page needs is requested by its hash, and then comes whole.
      if (bytes === undefined) return [];
      earlier.set(hash, bytes);
      return [{ hash, links, bytes }];
    });
    return withDigests(whole);
  }

  /** @returns the blobs that match their hash and are new here */
  addReceived(records: readonly ReceivedRecord[]): PackRecord[] {
    return records.flatMap(({ hash, links, bytes, digest }) => {
      if (this.#entries.get(hash)?.verified === true) return [];
      // A blob that the server does not have comes without bytes, which do not match the hash either.
      const isRun = digest !== undefined && this.#digests.get(hash) === digest;
      if (!isRun && this.#options.hasher(bytes) !== hash) {
        this.#options.onRefused(hash, 'network');
        return [];
      }
      this.#entries.set(hash, { bytes, links, verified: true });
      return [{ hash, links, bytes }];
    });
  }

  get(hash: Hash): PooledBlob | undefined {
    const entry = this.#entries.get(hash);
    if (entry === undefined || entry.verified) return entry;
    const { bytes, links } = entry;
    if (isIntact({ hash, bytes, links }, this.#options.hasher)) {
      entry.verified = true;
      return entry;
    }
    this.#entries.delete(hash);
    this.#options.onRefused(hash, 'cache');
    return undefined;
  }

  has(hash: Hash): boolean {
    return this.get(hash) !== undefined;
  }

  /** Drops all other blobs. */
  retain(hashes: ReadonlySet<Hash>): void {
    for (const hash of this.#entries.keys()) if (!hashes.has(hash)) this.#entries.delete(hash);
  }
}

/** Undefined without a base, and when the delta is malformed. */
function applied(base: Uint8Array | undefined, delta: Uint8Array): Uint8Array | undefined {
  try {
    return base && applyFossilDelta(base, delta);
  } catch {
    return undefined;
  }
}
