import type { ImporterGraph } from './modules/importer-graph.js';
import type { Instances } from './modules/instances.js';
import type { ModuleRecords } from './modules/module-records.js';
import type { PendingImports } from './updates/stalled/pending-imports.js';
import { onlyModule, type Swap } from './updates/swap.js';
import type { Turns } from './updates/turns.js';

export interface NewestOptions {
  readonly records: Pick<ModuleRecords, 'running' | 'outdatedBelow'>;
  readonly instances: Pick<Instances, 'evict'>;
  readonly importers: Pick<ImporterGraph, 'record'>;
  readonly pending: Pick<PendingImports, 'import'>;
  readonly swap: Swap;
  readonly turns: Pick<Turns, 'exclusive' | 'lend'>;
}

/**
 * Imports of newest versions, as `modcast.import` makes them. They replace outdated modules, so they wait for
 * the step of an update that runs; see `Turns`.
 */
export function createNewest(options: NewestOptions): (url: string) => Promise<unknown> {
  const { records, instances, importers, pending, swap, turns } = options;
  const isCurrent = (url: string) => records.running.has(url) && records.outdatedBelow(url).size === 0;
  const importCurrent = (url: string) => {
    importers.record(null, url);
    return pending.import(url, undefined);
  };

  /** @returns a function that gives the module, to be called when the turn is over */
  const replace = async (url: string): Promise<() => unknown> => {
    if (isCurrent(url)) return () => importCurrent(url);
    const result = await swap([url], records.outdatedBelow(url), {
      import: importCurrent,
      lend: (pageCode) => turns.lend(pageCode),
    });
    result.finish();
    instances.evict();
    return () => onlyModule(result);
  };

  return async (url) => {
    if (isCurrent(url)) return importCurrent(url);
    const module = await turns.exclusive(() => replace(url));
    return module();
  };
}
