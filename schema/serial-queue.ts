/** Runs asynchronous jobs one at a time, in the order of the calls. A failure does not stop later jobs. */
export class SerialQueue {
  #last: Promise<unknown>;

  /** @param after the first job waits for this */
  constructor(after: Promise<unknown> = Promise.resolve()) {
    this.#last = after.catch(() => {});
  }

  /** Settles as the job does. The caller handles a failure. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when all jobs have settled, including those that were added meanwhile. */
  async idle(): Promise<void> {
    for (let last; last !== this.#last;) await (last = this.#last);
  }
}
