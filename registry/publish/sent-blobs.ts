import type { Hash } from '../../schema/index.js';

/** Blobs that each token has sent, for as long as a lease: it need not send them again. */
export class SentBlobs {
  readonly #sent = new Map<string, Map<Hash, number>>();

  add(token: string, hashes: Iterable<Hash>, until: number): void {
    const own = this.#sent.get(token) ?? new Map<Hash, number>();
    this.#sent.set(token, own);
    for (const hash of hashes) own.set(hash, until);
  }

  /** The hashes of blobs that the token has sent. Forgets those of ended leases, of all tokens. */
  of(token: string, now: number): ReadonlySet<Hash> {
    for (const [name, own] of this.#sent) {
      for (const [hash, until] of own) if (until <= now) own.delete(hash);
      if (own.size === 0) this.#sent.delete(name);
    }
    return new Set(this.#sent.get(token)?.keys());
  }
}
