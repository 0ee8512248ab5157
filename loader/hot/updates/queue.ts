import { createDebug } from '../../debug.js';
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
  readonly records: Pick<ModuleRecords, 'pathOf' | 'running'>;
  readonly reload: (reason: string) => boolean;
}

interface Invalidation {
  readonly url: string;
  /** The module with which a chain of invalidations began. */
  readonly first: string;
}

const debug = createDebug('hot');

/** How often one instance may invalidate itself within a deploy. */
const MAX_INVALIDATIONS = 10;

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
  /** For each module that has invalidated itself: in which deploy, which instance ran, how often. */
  readonly #last = new Map<
    string,
    { readonly deploy: number; readonly target: string | undefined; readonly count: number }
  >();

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

  /**
   * A module has called `invalidate()`.
   *
   * @param counts false when no update has reached the module: then nothing happens, as in Vite
   */
  invalidate(url: string, message: string | undefined, counts: boolean): void {
    const { contexts, records, turns, moduleUpdate, reload } = this.#options;
    const first = this.#first ?? url;
    contexts.emit('invalidate', { path: shownUrl(url), message, firstInvalidatedBy: shownUrl(first) });
    const path = records.pathOf(url);
    if (!counts) return debug(`${path} invalidated itself before any update: ignored`);
    const suffix = message === undefined ? '' : `: ${message}`;
    console.info(`modcast: ${path} invalidated itself${suffix}`);
    if (this.#isCircular(url)) return void reload(`${path} invalidates itself again and again`);
    this.#invalidated.push({ url, first });
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

  /**
   * Whether a module invalidates itself because of its own invalidation: an update that follows one may
   * replace the module, and its new instance may do the same.
   */
  #isCircular(url: string): boolean {
    const { apply, records } = this.#options;
    const { deploy } = apply.release;
    const target = records.running.get(url)?.target;
    const last = this.#last.get(url);
    const count = last?.deploy === deploy ? last.count + 1 : 1;
    this.#last.set(url, { deploy, target, count });
    return count > 1 && (last?.target !== target || count > MAX_INVALIDATIONS);
  }
}
