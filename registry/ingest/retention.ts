import { setImmediate } from 'node:timers/promises';
import { ModcastError, type Channel } from '../../schema/index.js';
import type { Clock } from '../clock.js';
import type { Store } from '../store/store.js';

/** Milliseconds without a deploy after which there is time to collect. */
const QUIET_MS = 3000;

/**
 * A collection looks at every blob: it is made for no fewer deploys than a tenth of those that stay, or this.
 */
const MOST_SPARE = 100;

export interface RetentionOptions {
  readonly store: Store;
  /** The one that is being edited: others keep all they have. */
  readonly channel: Channel;
  /** Of its deploys the newest so many stay. */
  readonly keep: number;
  readonly clock: Clock;
  readonly now: () => number;
  /** Resolves when nothing is being read in. The collector waits for that between two of its short steps. */
  readonly idle: () => Promise<unknown>;
  readonly onError: (error: unknown) => void;
}

/** Drops old deploys of a channel that gets another one with every save, when there is time for it. */
export class Retention {
  readonly #options: RetentionOptions;
  /** Deploys that may be there beside those that stay. */
  readonly #spare: number;
  /** Since the last collection; at first as many as it takes, for nobody knows what there is. */
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

  /** There is another deploy. */
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
    // Where saving never rests, it is done all the same.
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
    await store.collect({ channel, keep, olderThan: Infinity, now: now(), dryRun: false, pause });
  }
}
