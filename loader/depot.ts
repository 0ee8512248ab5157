import type { Hash, Hasher } from '../schema/hash.js';
import type { Links } from '../schema/links.js';
import type { PackRecord } from '../schema/pack.js';

export interface Blob256 {
  readonly bytes: Uint8Array;
  readonly links: Links | null;
}

interface Held extends Blob256 {
  /** Blobs from the cache are hashed when they are first asked for: most are not needed for a boot. */
  verified: boolean;
}

export interface DepotOptions {
  readonly hasher: Hasher;
  /** Called with a blob that is not what its name says, after it has been dropped. */
  readonly onRefused: (hash: Hash, from: 'network' | 'cache') => void;
}

/** The blobs this page holds in memory. None comes out that has not been hashed. */
export class Depot {
  readonly #options: DepotOptions;
  readonly #held = new Map<Hash, Held>();

  constructor(options: DepotOptions) {
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

  /** @returns the records that are what they say, and new here */
  addReceived(records: readonly PackRecord[]): PackRecord[] {
    return records.filter((record) => {
      if (this.#held.get(record.hash)?.verified === true) return false;
      // A blob the server could not give stands without bytes: its hash refuses it like any other.
      if (this.#options.hasher(record.bytes) !== record.hash) {
        this.#options.onRefused(record.hash, 'network');
        return false;
      }
      this.#held.set(record.hash, { bytes: record.bytes, links: record.links, verified: true });
      return true;
    });
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
}
