/** Milliseconds that an update waits for what the page started from, before that counts as one that will not run. */
const PATIENCE_MS = 1000;

type After = (ms: number, callback: () => void) => () => void;

/** What the page starts from, as far as it has not run: a mended module has to be followed by what failed on it. */
export class Entries {
  readonly #after: After;
  #hasFailed = false;
  readonly #open = new Map<string, Promise<'ran' | 'failed'>>();

  constructor(after: After) {
    this.#after = after;
  }

  /** Whether one of them has failed. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /**
   * The page's scripts have been let go.
   *
   * @param ran resolves when a module has run, and rejects when it failed
   * @param failed is told of each that failed
   */
  begin(
    urls: Iterable<string>,
    ran: (url: string) => Promise<unknown>,
    failed: (url: string, error: unknown) => void,
  ): void {
    for (const url of urls) {
      const state = ran(url).then(
        () => {
          this.#open.delete(url);
          return 'ran' as const;
        },
        (error: unknown) => {
          this.#hasFailed = true;
          failed(url, error);
          return 'failed' as const;
        },
      );
      this.#open.set(url, state);
    }
  }

  /** A way from one of some modules up to one of the entries that has not run; null when there is none. */
  async stoppedAbove(
    starts: Iterable<string>,
    importersOf: (url: string) => Iterable<string | null>,
  ): Promise<readonly string[] | null> {
    if (this.#open.size === 0) return null;
    const below = new Map<string, string | null>();
    for (const start of starts) below.set(start, null);
    for (const url of below.keys()) {
      if (await this.#isStopped(url)) return wayUp(below, url);
      for (const importer of importersOf(url))
        if (importer !== null && !below.has(importer)) below.set(importer, url);
    }
    return null;
  }

  async #isStopped(url: string): Promise<boolean> {
    const state = this.#open.get(url);
    if (state === undefined) return false;
    let forget!: () => void;
    const late = new Promise<'waits'>((resolve) => {
      forget = this.#after(PATIENCE_MS, () => resolve('waits'));
    });
    return (await Promise.race([state, late]).finally(forget)) !== 'ran';
  }
}

function wayUp(below: ReadonlyMap<string, string | null>, top: string): string[] {
  const way: string[] = [];
  for (let url: string | null = top; url !== null; url = below.get(url)!) way.unshift(url);
  return way;
}
