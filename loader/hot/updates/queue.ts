import type { Release } from '../../transport/channel-client.js';
import type { Contexts } from '../contexts.js';
import type { ModuleRecords } from '../modules/module-records.js';
import type { Apply } from './apply.js';
import type { ModuleUpdate } from './module-update.js';
import { shownUrl } from './shown-url.js';
import type { Turns } from './turns.js';

export interface UpdateQueueOptions {
  readonly turns: Pick<Turns, 'update'>;
  readonly apply: Pick<Apply, 'run' | 'release'>;
  readonly moduleUpdate: Pick<ModuleUpdate, 'run'>;
  readonly contexts: Pick<Contexts, 'emit'>;
  readonly records: Pick<ModuleRecords, 'pathOf'>;
}

interface Invalidation {
  readonly url: string;
  /** The module with which a chain of invalidations began. */
  readonly first: string;
}

/**
 * Updates to apply, one after the other. Of several deploys that arrive meanwhile, only the newest is
 * applied.
 */
export class UpdateQueue {
  readonly #options: UpdateQueueOptions;
  #next: Release | undefined;
  #invalidated: Invalidation[] = [];
  /** While the callbacks of an update run that an invalidation caused: the first module of the chain. */
  #first: string | undefined;

  constructor(options: UpdateQueueOptions) {
    this.#options = options;
  }

  /** A deploy has arrived whole. */
  deliver(release: Release): void {
    this.#next = release;
    this.#options.turns.update(async () => {
      const next = this.#next;
      this.#next = undefined;
      if (next !== undefined) await this.#options.apply.run(next);
    });
  }

  /** Applies the newest deploy again, with what is to be tried again. */
  retry(): void {
    this.deliver(this.#next ?? this.#options.apply.release);
  }

  /** A module's new instance has called `invalidate()`. */
  invalidate(url: string, message: string | undefined): void {
    const { contexts, records, turns, moduleUpdate } = this.#options;
    const first = this.#first ?? url;
    this.#invalidated.push({ url, first });
    contexts.emit('invalidate', { path: shownUrl(url), message, firstInvalidatedBy: shownUrl(first) });
    const suffix = message === undefined ? '' : `: ${message}`;
    console.info(`modcast: ${records.pathOf(url)} invalidated itself${suffix}`);
    turns.update(async () => {
      const all = this.#invalidated;
      this.#invalidated = [];
      this.#first = all[0]?.first;
      await moduleUpdate.run(
        [],
        all.map((one) => one.url),
      );
      this.#first = undefined;
    });
  }
}
