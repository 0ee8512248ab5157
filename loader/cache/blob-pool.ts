import type { Hash, Hasher } from '../../schema/hash.js';
import type { Links } from '../../schema/links.js';
import type { PackRecord } from '../../schema/pack.js';
import { applyFossilDelta } from '../transport/delta.js';

export interface Blob256 {
  readonly bytes: Uint8Array;
  readonly links: Links | null;
}

interface Held extends Blob256 {
  /** Blobs from the cache are hashed when they are first asked for: most are not needed for a boot. */
  verified: boolean;
}

export interface BlobPoolOptions {
  readonly hasher: Hasher;
  /** Called with a blob that is not what its name says, after it has been dropped. */
  readonly onRefused: (hash: Hash, from: 'network' | 'cache') => void;
}

/** The blobs this page holds in memory. None comes out that has not been hashed. */
export class BlobPool {
  readonly #options: BlobPoolOptions;
  readonly #held = new Map<Hash, Held>();

  constructor(options: BlobPoolOptions) {
    this.#options = options;
  }

  /**
   * Takes in what a cache held, unverified. What came over the network stays. Of one blob the last counts: it was
   * stored after an earlier one had turned out to be damaged.
   */
  addCached(records: readonly PackRecord[]): void {
    for (const { hash, bytes, links } of records) {
      if (this.#held.get(hash)?.verified !== true) this.#held.set(hash, { bytes, links, verified: false });
    }
  }

  /** @returns the records that are what they say, and new here: whole, where they came as deltas */
  addReceived(records: readonly PackRecord[]): PackRecord[] {
    return records.flatMap(({ hash, links, bytes: sent, base }) => {
      if (this.#held.get(hash)?.verified === true) return [];
      const bytes = base === undefined ? sent : this.#whole(sent, base);
      // Whoever needs it asks for it by name, and gets it whole.
      if (bytes === undefined) return [];
      // A blob the server could not give stands without bytes: its hash refuses it like any other.
      if (this.#options.hasher(bytes) !== hash) {
        this.#options.onRefused(hash, 'network');
        return [];
      }
      this.#held.set(hash, { bytes, links, verified: true });
      return [{ hash, links, bytes }];
    });
  }

  /** What a delta makes of a blob that is held; undefined when it is not, or when the delta is none. */
  #whole(delta: Uint8Array, base: Hash): Uint8Array | undefined {
    const held = this.get(base);
    if (held === undefined) return undefined;
    try {
      return applyFossilDelta(held.bytes, delta);
    } catch {
      return undefined;
    }
  }

  get(hash: Hash): Blob256 | undefined {
    const held = this.#held.get(hash);
    if (held === undefined || held.verified) return held;
    if (this.#options.hasher(held.bytes) === hash) {
      held.verified = true;
      return held;
    }
    this.#held.delete(hash);
    this.#options.onRefused(hash, 'cache');
    return undefined;
  }

  has(hash: Hash): boolean {
    return this.get(hash) !== undefined;
  }

  /** Drops all blobs but these. */
  retain(hashes: ReadonlySet<Hash>): void {
    for (const hash of this.#held.keys()) if (!hashes.has(hash)) this.#held.delete(hash);
  }
}
