import { createDebug } from '../../debug.js';
import type { HotError, HotUpdate } from '../api.js';
import type { Describe } from '../errors/describe.js';
import { deletedImports } from '../errors/deleted-imports.js';
import type { Problems } from '../errors/problems.js';
import type { ModuleRecords } from '../modules/module-records.js';
import type { Boundary, Propagation } from './propagate.js';
import type { Retries } from './retries.js';
import { shownUrl } from './shown-url.js';

export interface UpdateReportOptions {
  readonly records: ModuleRecords;
  readonly retries: Pick<Retries, 'failures'>;
  readonly problems: Pick<Problems, 'setErrors' | 'hasReported'>;
  readonly describe: Describe;
}

const debug = createDebug('hot');

/** Shows what an update did, on the console, in events and on the overlay. */
export class UpdateReport {
  readonly #options: UpdateReportOptions;
  readonly describe: Describe;

  constructor(options: UpdateReportOptions) {
    this.#options = options;
    this.describe = options.describe;
  }

  updateOf({ boundary, accepted }: Boundary): HotUpdate {
    const type = 'js-update';
    return { type, path: shownUrl(boundary), acceptedPath: shownUrl(accepted), timestamp: Date.now() };
  }

  /** Logs what changed, who accepts it and why the page is loaded again. */
  decision(
    starts: readonly string[],
    invalidated: readonly string[],
    { boundaries, replaced }: Propagation,
    reason: string | null,
  ): void {
    debug('update', {
      changed: starts.map((url) => this.#pathOf(url)),
      invalidated: invalidated.map((url) => this.#pathOf(url)),
      boundaries: boundaries.map(
        ({ boundary, accepted }) => `${this.#pathOf(boundary)} accepts ${this.#pathOf(accepted)}`,
      ),
      replaced: [...replaced].map((url) => this.#pathOf(url)),
      fullReload: reason,
    });
  }

  /** @param done the boundaries whose modules run */
  updated(starts: readonly string[], done: readonly Boundary[], started: number): void {
    if (done.length === 0) return;
    const boundaries = new Set(done.map(({ boundary }) => boundary));
    const isByOthers = done.some(({ boundary }) => !starts.includes(boundary));
    const by = isByOthers ? `, accepted by ${this.paths(boundaries)}` : '';
    console.info(
      `modcast: updated ${this.paths(starts)} in ${Math.round(performance.now() - started)} ms${by}`,
    );
  }

  /** Shows the errors of an update, and those that last until a file changes. */
  showErrors(errors: readonly HotError[]): void {
    const { records, retries, problems, describe } = this.#options;
    const deleted = deletedImports(records, (path) => problems.hasReported(path));
    const lasting = [...deleted, ...retries.failures].map((failure) => describe(failure));
    problems.setErrors([...errors, ...lasting]);
  }

  paths(urls: Iterable<string>): string {
    return [...urls].map((url) => this.#pathOf(url)).join(', ');
  }

  #pathOf(url: string): string {
    return this.#options.records.pathOf(url);
  }
}
