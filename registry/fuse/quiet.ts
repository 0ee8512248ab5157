import type { Clock } from '../clock.js';

/** Milliseconds after which a page counts as booted, whatever it says. */
const BOOT_MS = 10_000;

/** Milliseconds that pages have for a save, before other work goes on. */
const SAVE_MS = 50;

/** Milliseconds after the start in which a browser may be opening the first page. */
const START_MS = 5000;

/** Milliseconds that work waits at most. */
const WAIT_MS = 30_000;

/** Knows when work can go on in the background without being in the way of a page. */
export class Quiet {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  /** What background work is not to disturb. */
  #busy = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The server starts. @returns to be called when its first page boots */
  starts(): () => void {
    return this.#occupied(START_MS);
  }

  /** A page boots. @returns to be called when it has booted, or is gone */
  boots(): () => void {
    return this.#occupied(BOOT_MS);
  }

  /** Pages are about to apply a save. */
  saves(): void {
    this.#occupied(SAVE_MS);
  }

  /** Resolves when nothing is disturbed, or all has waited for long. */
  wait(): Promise<void> {
    if (this.#busy === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const go = () => {
        this.#waiting.delete(go);
        timer.cancel();
        resolve();
      };
      const timer = this.#clock.after(WAIT_MS, go);
      this.#waiting.add(go);
    });
  }

  /** Ends all waiting: somebody needs the work done. */
  hurry(): void {
    for (const go of this.#waiting) go();
  }

  #occupied(ms: number): () => void {
    this.#busy++;
    let isOver = false;
    const end = () => {
      timer.cancel();
      if (isOver) return;
      isOver = true;
      if (--this.#busy === 0) this.hurry();
    };
    const timer = this.#clock.after(ms, end);
    return end;
  }
}
