import type { Describe } from '../errors/describe.js';
import type { Problems } from '../errors/problems.js';
import { Apply, type ApplyOptions } from './apply.js';
import { GuardedReload } from './guarded-reload.js';
import { ModuleUpdate, type ModuleUpdateOptions } from './module-update.js';
import { Prune, type PruneOptions } from './prune.js';
import { UpdateQueue } from './queue.js';
import { UpdateReport } from './report.js';
import { Retries } from './retries.js';
import { Starts } from './starts.js';
import { createStylesheetSwap, StylesheetUpdate } from './stylesheets/stylesheet-update.js';
import type { Turns } from './turns.js';
import type { PagePorts } from '../ports.js';
import type { PageWorkers } from '../workers/page-workers.js';

export interface UpdatesOptions
  extends
    Omit<
      ModuleUpdateOptions,
      'reload' | 'ports' | 'turns' | 'retries' | 'prune' | 'report' | 'guardedReload'
    >,
    Pick<ApplyOptions, 'fetchLinks' | 'reload'> {
  readonly ports: PagePorts;
  readonly workers: PageWorkers;
  readonly instances: ApplyOptions['instances'] & PruneOptions['instances'];
  readonly turns: Turns;
  readonly problems: Problems;
  readonly describe: Describe;
}

/** Connects the parts of updates. */
export function createUpdates(options: UpdatesOptions): {
  readonly queue: UpdateQueue;
  readonly apply: Apply;
  readonly guardedReload: GuardedReload;
} {
  const { records, contexts, ports } = options;
  const retries = new Retries(records, () => queue.retry());
  const report = new UpdateReport({ ...options, retries });
  const guardedReload = new GuardedReload({ ...options, retries, report });
  const prune = new Prune(options);
  const moduleUpdate = new ModuleUpdate({ ...options, retries, report, prune, guardedReload });
  const stylesheets = new StylesheetUpdate({ records, contexts, stylesheets: createStylesheetSwap(ports) });
  const starts = new Starts({ ...options, retries });
  const apply = new Apply({ ...options, starts, stylesheets, moduleUpdate, guardedReload });
  const queue = new UpdateQueue({ ...options, apply, moduleUpdate });
  return { queue, apply, guardedReload };
}
