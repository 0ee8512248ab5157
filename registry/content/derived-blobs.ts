import { LIMITS, type Hash } from '../../schema/index.js';
import type { StoredBlob } from '../store/store.js';
import type { VerifiedBlobs } from './verified-blobs.js';

/**
 * Bytes that are made of the blobs of a deploy, by their hash: runs, and the fusions that name them. The
 * least recently used are dropped first; they are made again.
 */
export class DerivedBlobs {
  readonly #limit: number;
  readonly #kept = new Map<Hash, Uint8Array>();
  #bytes = 0;

  /** @param limit bytes in memory */
  constructor(limit = LIMITS.derivedCacheBytes) {
    this.#limit = limit;
  }

  get(hash: Hash): Uint8Array | undefined {
    const bytes = this.#kept.get(hash);
    if (bytes === undefined) return undefined;
    this.#kept.delete(hash);
    this.#kept.set(hash, bytes);
    return bytes;
  }

  has(hash: Hash): boolean {
    return this.#kept.has(hash);
  }

  put(hash: Hash, bytes: Uint8Array): void {
    if (this.#kept.has(hash)) return;
    this.#kept.set(hash, bytes);
    this.#bytes += bytes.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= this.#limit) break;
      this.#kept.delete(oldest);
      this.#bytes -= length;
    }
  }
}

/** Reads what a pack may hold: blobs, and what is made of them. */
export const sendable = (
  blobs: Pick<VerifiedBlobs, 'read'>,
  derived: Pick<DerivedBlobs, 'get'>,
): Pick<VerifiedBlobs, 'read'> => ({
  async read(hashes) {
    const found = new Map<Hash, StoredBlob>();
    const others: Hash[] = [];
    for (const hash of hashes) {
      const bytes = derived.get(hash);
      if (bytes === undefined) others.push(hash);
      else found.set(hash, { hash, bytes, links: null });
    }
    if (others.length > 0) for (const [hash, blob] of await blobs.read(others)) found.set(hash, blob);
    return found;
  },
});
