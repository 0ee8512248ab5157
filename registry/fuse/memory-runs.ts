import type { Hash } from '../../schema/index.js';
import type { DerivedBlobs } from '../content/derived-blobs.js';
import type { RunStore } from './fuser.js';

/** Runs in memory, as long as their bytes are. */
export class MemoryRuns implements RunStore {
  readonly #derived: DerivedBlobs;
  readonly #runs = new Map<Hash, { readonly hash: Hash; readonly size: number }>();

  constructor(derived: DerivedBlobs) {
    this.#derived = derived;
  }

  get(key: Hash): Promise<{ readonly hash: Hash; readonly size: number } | undefined> {
    const run = this.#runs.get(key);
    if (run === undefined || this.#derived.has(run.hash)) return Promise.resolve(run);
    this.#runs.delete(key);
    return Promise.resolve(undefined);
  }

  put(key: Hash, hash: Hash, bytes: Uint8Array): Promise<void> {
    this.#derived.put(hash, bytes);
    this.#runs.set(key, { hash, size: bytes.length });
    return Promise.resolve();
  }
}
