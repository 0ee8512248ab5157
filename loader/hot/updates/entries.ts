import { pathUp } from './propagate.js';

/** Milliseconds that an update waits for an entry that has neither run nor failed. */
const PATIENCE_MS = 1000;

type After = (ms: number, callback: () => void) => () => void;

/**
 * The page's entries, until they have run. A fixed module must be followed by the entry that failed because
 * of it.
 */
export class Entries {
  readonly #after: After;
  #hasFailed = false;
  readonly #unfinished = new Map<string, Promise<'ran' | 'failed'>>();

  constructor(after: After) {
    this.#after = after;
  }

  /** Whether one of them has failed. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /**
   * Once the page's scripts may run.
   *
   * @param ran resolves when a module has run, and rejects when it failed
   * @param failed called with each that failed
   */
  begin(
    urls: Iterable<string>,
    ran: (url: string) => Promise<unknown>,
    failed: (url: string, error: unknown) => void,
  ): void {
    for (const url of urls) {
      const state = ran(url).then(
        () => {
          this.#unfinished.delete(url);
          return 'ran' as const;
        },
        (error: unknown) => {
          this.#hasFailed = true;
          failed(url, error);
          return 'failed' as const;
        },
      );
      this.#unfinished.set(url, state);
    }
  }

  /** A path from one of some modules up to an entry that has not run. Null when there is none. */
  async unfinishedAbove(
    starts: Iterable<string>,
    importersOf: (url: string) => Iterable<string | null>,
  ): Promise<readonly string[] | null> {
    if (this.#unfinished.size === 0) return null;
    const below = new Map<string, string | null>();
    for (const start of starts) below.set(start, null);
    for (const url of below.keys()) {
      if (await this.#isUnfinished(url)) return pathUp(below, url);
      for (const importer of importersOf(url))
        if (importer !== null && !below.has(importer)) below.set(importer, url);
    }
    return null;
  }

  async #isUnfinished(url: string): Promise<boolean> {
    const state = this.#unfinished.get(url);
    if (state === undefined) return false;
    let cancel!: () => void;
    const late = new Promise<'pending'>((resolve) => {
      cancel = this.#after(PATIENCE_MS, () => resolve('pending'));
    });
    return (await Promise.race([state, late]).finally(cancel)) !== 'ran';
  }
}
