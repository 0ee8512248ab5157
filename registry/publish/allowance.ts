/** An amount that can be used at once, and grows back with time (a token bucket). */
export class Allowance {
  readonly #most: number;
  readonly #perSecond: number;
  #left: number;
  /** When `#left` was right. Milliseconds. */
  #at = -Infinity;

  constructor(most: number, perSecond: number) {
    this.#most = most;
    this.#perSecond = perSecond;
    this.#left = most;
  }

  /** Milliseconds until an amount can be used. An amount above the most needs all of it. */
  waitFor(amount: number, now: number): number {
    this.#refill(now);
    const lacking = Math.min(amount, this.#most) - this.#left;
    return Math.max(0, (1000 * lacking) / this.#perSecond);
  }

  /** May go below zero: who waits has taken already. */
  take(amount: number, now: number): void {
    this.#refill(now);
    this.#left -= amount;
  }

  #refill(now: number): void {
    const seconds = Math.max(0, now - this.#at) / 1000;
    this.#left = Math.min(this.#most, this.#left + seconds * this.#perSecond);
    this.#at = now;
  }
}
