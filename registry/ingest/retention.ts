import { setImmediate } from 'node:timers/promises';
import { ModcastError, type Channel } from '../../schema/index.js';
import type { Clock } from '../clock.js';
import { debug } from '../debug.js';
import type { Store } from '../store/store.js';

/** Milliseconds without a deploy after which the registry is idle. */
const QUIET_MS = 3000;

/**
 * A collection reads a row for every blob, so it waits for a tenth of the deploys that are kept, but for no
 * more deploys than this.
 */
const MOST_SPARE = 100;

export interface RetentionOptions {
  readonly store: Store;
  /** The channel of the watched directory. Other channels keep all their deploys. */
  readonly channel: Channel;
  /** Number of the newest deploys to keep. */
  readonly keep: number;
  readonly clock: Clock;
  readonly now: () => number;
  /** Resolves when no ingest is running. The collector waits for it between its steps. */
  readonly idle: () => Promise<unknown>;
  readonly onError: (error: unknown) => void;
}

/**
 * Deletes old deploys of a channel that gets a deploy with every save. It does so while the registry is idle.
 */
export class Retention {
  readonly #options: RetentionOptions;
  /** Deploys that may exist in addition to those that are kept. */
  readonly #spare: number;
  /** Deploys since the last collection. The first collection needs none: there may be old deploys already. */
  #since: number;
  #state: 'waiting' | 'collecting' | 'closed' = 'waiting';
  #timer: { cancel(): void } | undefined;
  #collecting: Promise<void> = Promise.resolve();

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#spare = Math.min(Math.ceil(options.keep / 10), MOST_SPARE);
    this.#since = this.#spare;
    this.#wait();
  }

  /** There is a new deploy. */
  deployed(): void {
    this.#since++;
    this.#wait();
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#timer?.cancel();
    await this.#collecting;
  }

  #wait(): void {
    if (this.#state !== 'waiting' || this.#since < this.#spare) return;
    this.#timer?.cancel();
    // Collect also when saving never pauses.
    if (this.#since >= 2 * this.#spare + 1) this.#begin();
    else this.#timer = this.#options.clock.after(QUIET_MS, () => this.#begin());
  }

  #begin(): void {
    this.#state = 'collecting';
    this.#since = 0;
    this.#collecting = this.#collect()
      .catch((error: unknown) => {
        if (this.#state !== 'closed') this.#options.onError(error);
      })
      .finally(() => {
        if (this.#state === 'collecting') this.#state = 'waiting';
        this.#wait();
      });
  }

  async #collect(): Promise<void> {
    const { store, channel, keep, now, idle } = this.#options;
    await idle();
    const deploys = await store.deploys({ channel, limit: keep + 1 });
    if (deploys.length <= keep) return;
    const pause = async () => {
      await idle();
      await setImmediate();
      if (this.#state === 'closed') throw new ModcastError('store-closed', 'the registry is closing');
    };
    const limits = { channel, keep, olderThan: Infinity, now: now(), dryRun: false };
    const dropped = await store.collect({ ...limits, pause });
    debug.store('%s: deleted %d old deploys and %d blobs', channel, dropped.deploys, dropped.blobs);
  }
}
