import type { SiteModule } from '../../../importmap/site.js';
import { moduleAt } from '../../../importmap/site.js';
import type { Failure } from '../errors/failure.js';
import type { ModuleRecords } from '../modules/module-records.js';
import { StalledUpdates, type StalledUpdate } from './stalled/stalled-updates.js';

/**
 * Running modules that need another instance although they have not changed: an update could not replace
 * them.
 */
export class Retries {
  readonly #records: Pick<ModuleRecords, 'running' | 'site'>;
  readonly #retry: () => void;
  readonly #urls = new Set<string>();
  readonly #stalled = new StalledUpdates();

  /** @param retry asks for another update */
  constructor(records: Pick<ModuleRecords, 'running' | 'site'>, retry: () => void) {
    this.#records = records;
    this.#retry = retry;
  }

  /** The next update replaces these. */
  add(urls: Iterable<string>): void {
    for (const url of urls) this.#urls.add(url);
  }

  addStalled(update: StalledUpdate): void {
    this.#stalled.add(update, this.#retry);
  }

  /** Whether a version of a module is stalled: to run it once more would not help. */
  isStalled(module: SiteModule): boolean {
    return this.#stalled.has(module);
  }

  /** Adds the stalled updates that the newest manifest changes. */
  addChanged(): void {
    this.add(this.#stalled.takeRetries(this.#records.site));
  }

  /** Removes the modules that run and still exist. The others are forgotten. */
  take(): string[] {
    const { running, site } = this.#records;
    const urls = [...this.#urls].filter((url) => running.has(url) && moduleAt(site, url) !== undefined);
    this.#urls.clear();
    return urls;
  }

  /**
   * Forgets stalled modules that the page does not run any more. What was to be replaced with them is added.
   */
  forgetUnused(): void {
    this.add(this.#stalled.retain((url) => this.#records.running.has(url)));
  }

  /** Whether the next update has something to replace. */
  get isPending(): boolean {
    return [...this.#urls].some((url) => this.#records.running.has(url));
  }

  /** Asks for another update if there is something to replace. */
  request(): void {
    if (this.isPending) this.#retry();
  }

  /** The errors of the stalled updates. */
  get failures(): readonly Failure[] {
    return this.#stalled.failures;
  }
}
