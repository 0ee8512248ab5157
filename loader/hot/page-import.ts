import { AbsentFailure, Failure, GoneFailure } from './errors/failure.js';
import type { ImporterGraph } from './modules/importer-graph.js';
import type { Instances } from './modules/instances.js';
import type { ModuleRecords } from './modules/module-records.js';
import type { ScopePorts } from './ports.js';
import type { PendingImports } from './updates/stalled/pending-imports.js';
import { onlyModule, type Swap } from './updates/swap.js';

export interface PageImportOptions {
  readonly ports: Pick<ScopePorts, 'targets' | 'pageDeploy'>;
  readonly records: Pick<ModuleRecords, 'running' | 'leaveToBrowser'>;
  readonly instances: Pick<Instances, 'import'>;
  readonly importers: Pick<ImporterGraph, 'record' | 'heldElsewhere'>;
  readonly pending: Pick<PendingImports, 'import'>;
  readonly swap: Swap;
}

export type PageImport = (importer: string, url: string, options?: ImportCallOptions) => Promise<unknown>;

const NONE: ReadonlySet<string> = new Set();

/** The `import()` calls of the page's modules. They start synchronously and wait for no update. */
export function createPageImport(options: PageImportOptions): PageImport {
  const { ports, records, instances, importers, pending, swap } = options;
  /** The browser would link modules to the instances with which the page has started. */
  const isReplaced = () => [...records.running.values()].some(({ name }) => name !== undefined);
  return async (importer, url, importOptions) => {
    importers.record(importer, url);
    if (ports.targets === 'http') {
      await ports.pageDeploy.linker.ensure(url);
      return instances.import(url, importOptions);
    }
    const result = await swap([url], NONE, {
      unparsed: 'run',
      // The browser reports in its own words why a module cannot be imported.
      importsAnyway: (error) =>
        error instanceof Failure &&
        !(error instanceof GoneFailure) &&
        !(error instanceof AbsentFailure && isReplaced()),
      import: (root) => pending.import(root, importOptions),
      held: (batch, root) => importers.heldElsewhere(batch, root),
    });
    const module = onlyModule(result);
    if (!records.running.has(url)) records.leaveToBrowser(url);
    return module;
  };
}
