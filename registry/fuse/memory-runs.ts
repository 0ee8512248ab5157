import type { Hash } from '../../schema/index.js';
import type { DerivedBlobs } from '../content/derived-blobs.js';
import type { JoinedBytes, RunStore } from './fuser.js';

/** Runs in memory, as long as their bytes are. */
export class MemoryRuns implements RunStore {
  readonly #derived: DerivedBlobs;
  readonly #runs = new Map<Hash, JoinedBytes>();

  constructor(derived: DerivedBlobs) {
    this.#derived = derived;
  }

  get(key: Hash): Promise<JoinedBytes | undefined> {
    const run = this.#runs.get(key);
    if (run === undefined || this.#derived.has(run.hash)) return Promise.resolve(run);
    this.#runs.delete(key);
    return Promise.resolve(undefined);
  }

  put(key: Hash, run: JoinedBytes, bytes: Uint8Array): Promise<void> {
    this.#derived.put(run.hash, bytes);
    this.#runs.set(key, run);
    return Promise.resolve();
  }
}
