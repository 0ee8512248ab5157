import type { Contexts } from '../contexts.js';
import type { ImporterGraph } from '../modules/importer-graph.js';
import type { Instances } from '../modules/instances.js';
import { shownUrl } from './shown-url.js';
import type { Turns } from './turns.js';

export interface PruneOptions {
  readonly importers: Pick<ImporterGraph, 'unreached'>;
  readonly instances: Pick<Instances, 'retire' | 'supersede'>;
  readonly contexts: Contexts;
  readonly turns: Pick<Turns, 'lend'>;
}

/** Removes modules that nothing imports any more. */
export class Prune {
  readonly #options: PruneOptions;

  constructor(options: PruneOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { importers, instances, contexts, turns } = this.#options;
    const pruned = importers.unreached();
    if (pruned.length === 0) return;
    contexts.emit('beforePrune', { type: 'prune', paths: pruned.map(({ url }) => shownUrl(url)) });
    const callBack = async () => {
      for (const { url, target = '' } of pruned) await contexts.dispose(url, target);
      for (const { url, target = '' } of pruned) await contexts.prune(url, target);
    };
    await turns.lend(callBack());
    instances.retire(pruned.map(({ url }) => url));
    for (const { target = '' } of pruned) contexts.drop(target);
    instances.supersede(pruned.flatMap(({ target }) => target ?? []));
  }
}
