import { SerialQueue } from '../../../schema/serial-queue.js';

/** One holder at a time. A holder that waits for code of the page lends the lock meanwhile. */
class Lock {
  #tail: Promise<void> = Promise.resolve();
  #release: () => void = () => {};

  async hold<T>(work: () => Promise<T>): Promise<T> {
    await this.#acquire();
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  /** Only for the holder: others may hold the lock until `promise` settles. */
  async lend<T>(promise: Promise<T>): Promise<T> {
    this.#release();
    try {
      return await promise;
    } finally {
      await this.#acquire();
    }
  }

  async #acquire(): Promise<void> {
    const before = this.#tail;
    let release!: () => void;
    this.#tail = new Promise((resolve) => (release = resolve));
    await before;
    this.#release = release;
  }
}

/**
 * The order in which the page's modules are replaced. Updates run one after the other. `exclusive` work runs
 * between two steps of an update only while the update waits for code of the page (a dispose callback, a
 * top-level await): that code may itself wait for the exclusive work.
 */
export class Turns {
  readonly #updates = new SerialQueue();
  readonly #lock = new Lock();
  readonly #started: Promise<unknown>;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Set<() => void>();
  #queued = 0;

  /** @param started no update runs before. Exclusive work does not wait for it */
  constructor(started: Promise<unknown>, onError: (error: unknown) => void) {
    this.#started = started;
    this.#onError = onError;
  }

  /** Whether an update is queued behind the one that runs. */
  get hasNewer(): boolean {
    return this.#queued > 0;
  }

  /** @returns a function that removes the listener */
  onNewer(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Queues an update. Its failure is reported and does not stop the next one. */
  update(work: () => Promise<void>): void {
    this.#queued++;
    for (const listener of [...this.#listeners]) listener();
    const start = () => {
      this.#queued--;
      return this.#lock.hold(work);
    };
    void this.#updates.run(() => this.#started.then(start)).catch(this.#onError);
  }

  /** Runs work that no step of an update interrupts. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#lock.hold(work);
  }

  /** Waits for code of the page, from within an update or exclusive work. */
  lend<T>(pageCode: Promise<T>): Promise<T> {
    return this.#lock.lend(pageCode);
  }

  /** Resolves when no update runs or is queued. */
  async idle(): Promise<void> {
    await this.#started;
    await this.#updates.idle();
  }
}
