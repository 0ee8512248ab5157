import type { HotError, HotUpdate } from '../api.js';
import type { Contexts } from '../contexts.js';
import { CycleFailure } from '../errors/failure.js';
import type { ImporterGraph } from '../modules/importer-graph.js';
import type { ModuleRecords } from '../modules/module-records.js';
import type { ScopePorts } from '../ports.js';
import { callAcceptors, captureAcceptors } from './acceptors.js';
import type { Entries } from './entries.js';
import type { GuardedReload } from './guarded-reload.js';
import { outdatedAfter } from './outdated.js';
import { propagate, type Boundary, type Propagation } from './propagate.js';
import type { Prune } from './prune.js';
import type { UpdateReport } from './report.js';
import type { Retries } from './retries.js';
import { Patience } from './stalled/patience.js';
import type { PendingImports } from './stalled/pending-imports.js';
import { stalledUpdate } from './stalled/stalled-update.js';
import type { Swap, SwapResult } from './swap.js';
import type { Turns } from './turns.js';

export interface ModuleUpdateOptions {
  readonly ports: Pick<ScopePorts, 'targets' | 'after'>;
  readonly records: ModuleRecords;
  readonly importers: ImporterGraph;
  readonly contexts: Contexts;
  readonly entries: Pick<Entries, 'unfinishedAbove'>;
  readonly pending: Pick<PendingImports, 'redirect'>;
  readonly turns: Pick<Turns, 'hasNewer' | 'onNewer' | 'lend'>;
  readonly retries: Retries;
  readonly swap: Swap;
  readonly prune: Prune;
  readonly report: UpdateReport;
  readonly guardedReload: Pick<GuardedReload, 'start'>;
  readonly reload: (reason: string) => boolean;
}

/** Replaces modules in the running page: asks which boundaries accept, swaps, calls the callbacks. */
export class ModuleUpdate {
  readonly #options: ModuleUpdateOptions;

  constructor(options: ModuleUpdateOptions) {
    this.#options = options;
  }

  /**
   * @param starts modules that need another instance
   * @param invalidated modules whose importers need one
   * @returns false when the page is about to be loaded again
   */
  async run(starts: readonly string[], invalidated: readonly string[]): Promise<boolean> {
    const { contexts, report, reload, guardedReload } = this.#options;
    if (starts.length === 0 && invalidated.length === 0) {
      report.showErrors([]);
      return true;
    }
    const started = performance.now();
    const { propagation, reason } = await this.decide(starts, invalidated);
    report.decision(starts, invalidated, propagation, reason);
    if (reason !== null) return !(await guardedReload.start(starts, reason));

    const { boundaries } = propagation;
    const updates = boundaries.map((boundary): HotUpdate => report.updateOf(boundary));
    contexts.emit('beforeUpdate', { type: 'update', updates });
    contexts.reach(boundaries.map(({ boundary }) => boundary));
    const acceptors = captureAcceptors(this.#options.records, contexts, boundaries);
    const result = await this.#swap(propagation);
    this.#options.pending.redirect();
    const cycle = result.failed.find(({ error }) => error instanceof CycleFailure);
    if (cycle !== undefined && reload((cycle.error as CycleFailure).message)) {
      // The page of a worker may stay as it is.
      this.#options.retries.add(result.failed.map(({ root }) => root));
      return false;
    }
    await this.#finish(starts, propagation, result, () => callAcceptors(acceptors, result, report));
    contexts.emit('afterUpdate', { type: 'update', updates });
    report.updated(
      starts,
      boundaries.filter(({ accepted }) => result.modules.has(accepted)),
      started,
    );
    return true;
  }

  /** @returns why the page has to be loaded again, or null */
  async decide(
    starts: readonly string[],
    invalidated: readonly string[] = [],
  ): Promise<{ propagation: Propagation; reason: string | null }> {
    const { ports, records, importers, contexts, entries } = this.#options;
    // Computed when it is first asked for: a module that accepts itself needs none of it.
    let known: ReturnType<ImporterGraph['importersByUrl']> | undefined;
    const importersOf = (url: string) => (known ??= importers.importersByUrl()).get(url) ?? [];
    const instance = (url: string) => records.running.get(url)?.target ?? '';
    const propagation = propagate(starts, invalidated, {
      importersOf,
      acceptsItself: (url) => contexts.acceptsItself(instance(url)),
      accepts: (importer, url) => contexts.accepts(instance(importer), url),
    });
    const shown = (urls: readonly string[]) => urls.map((url) => records.pathOf(url)).join(' → ');
    const { unaccepted } = propagation;
    if (unaccepted !== null)
      return { propagation, reason: `${shown(unaccepted)}: no module accepts the update` };
    const unfinished = await entries.unfinishedAbove(starts, importersOf);
    if (unfinished !== null) {
      const entry = records.pathOf(unfinished.at(-1)!);
      return { propagation, reason: `${shown(unfinished)}: ${entry} has not run to its end` };
    }
    const reason =
      ports.targets === 'http' ? `${this.#paths(starts)}: the policy permits no blob modules` : null;
    return { propagation, reason };
  }

  async #swap({ boundaries, replaced }: Propagation): Promise<SwapResult> {
    const { ports, turns, swap } = this.#options;
    const roots = acceptedBy(boundaries);
    const patience = new Patience(ports.after, turns, () => this.#paths(roots));
    try {
      return await swap(roots, replaced, {
        unreached: 'retire',
        superseded: patience.over,
        lend: (pageCode) => turns.lend(pageCode),
      });
    } finally {
      patience.end();
    }
  }

  async #finish(
    starts: readonly string[],
    { replaced }: Propagation,
    result: SwapResult,
    callBack: () => HotError[],
  ): Promise<void> {
    const { records, importers, contexts, retries, prune, report } = this.#options;
    const outdated = outdatedAfter(result, starts, replaced, { records, importers });
    const stalled = stalledUpdate(result, outdated, records);
    retries.add(result.failed.map(({ root }) => root));
    if (stalled === null) retries.add(outdated);
    else retries.addStalled(stalled);
    const thrown = callBack();
    result.finish();
    await prune.run();
    // A module that nothing imports any more is no problem.
    const runs = (url: string) => records.running.has(url);
    retries.forgetUnused();
    const failed = result.failed.filter(({ root }) => runs(root));
    const failures = [...(stalled?.roots ?? [])].filter(([url]) => runs(url)).map(([, failure]) => failure);
    // What kept the others from being replaced is gone, and no update need follow.
    if (failed.length === 0 && failures.length === 0) retries.request();
    for (const { error } of result.failed) console.error(error);
    const errors = failed.map(({ root, error }) => report.describe(error, records.pathOf(root)));
    for (const failure of failures) {
      console.warn(`modcast: ${failure.message}`);
      contexts.emit('error', { type: 'error', err: report.describe(failure) });
    }
    errors.push(...thrown);
    for (const err of errors) contexts.emit('error', { type: 'error', err });
    report.showErrors(errors);
  }

  #paths(urls: readonly string[]): string {
    return urls.map((url) => this.#options.records.pathOf(url)).join(', ');
  }
}

const acceptedBy = (boundaries: readonly Boundary[]): string[] => [
  ...new Set(boundaries.map(({ accepted }) => accepted)),
];
