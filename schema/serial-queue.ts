/** Runs asynchronous work one piece at a time, in the order of the calls. A failure does not stop what follows. */
export class SerialQueue {
  #last: Promise<unknown>;

  /** @param after the first piece of work waits for this */
  constructor(after: Promise<unknown> = Promise.resolve()) {
    this.#last = after.catch(() => {});
  }

  /** Settles as the work does. The caller handles its failure. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when all queued work has settled, including work that was queued meanwhile. */
  async idle(): Promise<void> {
    for (let last; last !== this.#last;) await (last = this.#last);
  }
}
