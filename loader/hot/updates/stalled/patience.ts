import type { Turns } from '../turns.js';

/** Milliseconds that a top-level await may take although a newer update is queued. */
const GIVE_UP_MS = 1000;
/** Milliseconds after which the console says which module is awaited. */
const NOTICE_MS = 5000;

/**
 * How long an update waits for top-level awaits: without end, or a limited time once a newer update is
 * queued.
 */
export class Patience {
  /** Resolves when the update gives up. */
  readonly over: Promise<void>;
  #giveUp!: () => void;
  #isLong = false;
  readonly #turns: Pick<Turns, 'hasNewer'>;
  readonly #cancel: readonly (() => void)[];

  /**
   * @param after calls back after so many milliseconds unless cancelled
   * @param awaited names the modules, for the console
   */
  constructor(
    after: (ms: number, callback: () => void) => () => void,
    turns: Pick<Turns, 'hasNewer' | 'onNewer'>,
    awaited: () => string,
  ) {
    this.over = new Promise((resolve) => (this.#giveUp = resolve));
    this.#turns = turns;
    this.#cancel = [
      turns.onNewer(() => this.#check()),
      after(GIVE_UP_MS, () => {
        this.#isLong = true;
        this.#check();
      }),
      after(NOTICE_MS, () => {
        console.info(
          `modcast: ${awaited()} still waits at a top-level await; the next change will not wait for it`,
        );
      }),
    ];
  }

  /** The imports have settled. */
  end(): void {
    for (const cancel of this.#cancel) cancel();
  }

  #check(): void {
    if (this.#isLong && this.#turns.hasNewer) this.#giveUp();
  }
}
