/**
 * Lets the connections of a server work in turn: one piece in each round of the event loop. Other requests
 * are answered in between, and a client waits for one piece of each other client at most.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it is the caller's turn. A connection asks for one at a time. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(this.#give);
    });
  }

  readonly #give = (): void => {
    this.#waiting.shift()!();
    if (this.#waiting.length > 0) setImmediate(this.#give);
  };
}
