/** Milliseconds that a module may wait at its top level although there is something newer. */
const LONG_MS = 1000;
/** Milliseconds after which it is said what is waited for. */
const SAY_MS = 5000;

/** How long an update waits for modules that wait at their top level: for ever, or once there is a newer one not for long. */
export class Patience {
  /** Resolves when it is over. */
  readonly ends: Promise<void>;
  #end!: () => void;
  #isNewer: boolean;
  #isLong = false;
  readonly #forget: (() => void)[];

  /**
   * @param after calls back after so many milliseconds unless cancelled
   * @param what is waited for, for people to read
   */
  constructor(after: (ms: number, callback: () => void) => () => void, isNewer: boolean, what: () => string) {
    this.ends = new Promise((resolve) => (this.#end = resolve));
    this.#isNewer = isNewer;
    this.#forget = [
      after(LONG_MS, () => {
        this.#isLong = true;
        this.#look();
      }),
      after(SAY_MS, () => {
        console.info(`modcast: ${what()} still waits at its top level; the next change will not wait for it`);
      }),
    ];
  }

  /** There is a newer update. */
  hurry(): void {
    this.#isNewer = true;
    this.#look();
  }

  /** Nothing is waited for any more. */
  settle(): void {
    for (const forget of this.#forget) forget();
  }

  #look(): void {
    if (this.#isNewer && this.#isLong) this.#end();
  }
}
