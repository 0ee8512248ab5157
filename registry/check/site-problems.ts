import type { Diagnostic } from '../../schema/index.js';
import type { IngestResult } from '../ingest/ingest.js';
import type { Clock } from '../clock.js';
import type { SiteCheck } from './site-check.js';

/** Milliseconds after a deploy before the site is checked: what leaves for the pages goes first. */
const CHECK_MS = 10;

export interface SiteProblemsOptions {
  readonly check: SiteCheck;
  readonly clock: Clock;
  /** A check has found that there is another list. */
  readonly onNews: () => void;
  readonly onError: (error: unknown) => void;
}

/** All that is wrong with a directory's files now: what an ingest says of each, and what takes the whole site to tell. */
export class SiteProblems {
  readonly #options: SiteProblemsOptions;
  #state: 'asleep' | 'following' | 'closed' = 'asleep';
  #result: IngestResult | undefined;
  #checked: readonly Diagnostic[] = [];
  #next: { cancel(): void } | undefined;
  #list: readonly Diagnostic[] = [];

  constructor(options: SiteProblemsOptions) {
    this.#options = options;
  }

  get list(): readonly Diagnostic[] {
    return this.#list;
  }

  /** From now on the site is checked after each ingest. */
  follow(): void {
    if (this.#state === 'asleep') this.#state = 'following';
    this.#checkSoon();
  }

  /**
   * The directory has been looked at.
   * @returns whether the list is another one
   */
  took(result: IngestResult): boolean {
    this.#result = result;
    this.#checkSoon();
    return this.#renew();
  }

  close(): void {
    this.#state = 'closed';
    this.#next?.cancel();
  }

  #renew(): boolean {
    const list = [...(this.#result?.problems ?? []), ...this.#checked];
    const isNews = JSON.stringify(list) !== JSON.stringify(this.#list);
    this.#list = list;
    return isNews;
  }

  #checkSoon(): void {
    if (this.#state !== 'following') return;
    this.#next?.cancel();
    this.#next = this.#options.clock.after(CHECK_MS, () => {
      this.#check().catch((error: unknown) => {
        // A store that is closed cannot be read.
        if (this.#state !== 'closed') this.#options.onError(error);
      });
    });
  }

  async #check(): Promise<void> {
    const result = this.#result;
    if (result === undefined) return;
    const checked = await this.#options.check.problems(result.manifest);
    // What has come meanwhile is checked in its turn.
    if (this.#result !== result || this.#state === 'closed') return;
    this.#checked = checked;
    if (this.#renew()) this.#options.onNews();
  }
}
