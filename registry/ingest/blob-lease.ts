import { randomUUID } from 'node:crypto';
import type { Hash } from '../../schema/index.js';
import type { Store } from '../store/store.js';

/** Milliseconds that blobs are kept from collectors in other processes, unless the deploy comes sooner. */
const LEASE_MS = 60 * 60_000;

/** Keeps the blobs of an ingest in the store until its deploy names them. */
export class BlobLease {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #owner = `ingest:${randomUUID()}`;
  #isHeld = false;

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  hold(hashes: readonly Hash[]): Promise<void> {
    this.#isHeld = true;
    return this.#store.lease(hashes, this.#owner, this.#now() + LEASE_MS);
  }

  /** Runs work, and then gives up the blobs that it held. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      if (this.#isHeld) await this.#store.release(this.#owner);
      this.#isHeld = false;
    }
  }
}
