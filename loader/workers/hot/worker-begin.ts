import type { Hash } from '../../../schema/hash.js';
import type { Manifest } from '../../../schema/manifest.js';
import type { ModuleRecords } from '../../hot/modules/module-records.js';
import type { ScopePorts } from '../../hot/ports.js';
import type { Entries } from '../../hot/updates/entries.js';
import type { PendingImports } from '../../hot/updates/stalled/pending-imports.js';
import type { Release } from '../../transport/channel-client.js';
import type { WorkerImports } from './worker-imports.js';
import type { WorkerTargets } from './worker-targets.js';

export interface BeginOptions {
  /** `targets` is set: the worker's policy may forbid blob modules. */
  readonly ports: Pick<ScopePorts, 'channelClient'> & { targets: ScopePorts['targets'] };
  /** Whether the worker can run modules from blob URLs. */
  readonly permitsBlobs: () => Promise<boolean>;
  readonly records: ModuleRecords;
  readonly imports: Pick<WorkerImports, 'all' | 'entry'>;
  readonly entries: Pick<Entries, 'begin'>;
  readonly pending: Pick<PendingImports, 'identify'>;
  readonly deploy: { release: { manifest: Manifest } };
  readonly importTargets: Pick<WorkerTargets, 'begin'>;
  /** Resolves when the worker's first module has run, and rejects when it failed. */
  readonly ran: (entry: string) => Promise<unknown>;
}

export interface Begin {
  /** False when the page does not know what the worker's modules import. */
  (first: Release): Promise<boolean>;
  /** Whether it is known what the worker runs. */
  isDone: boolean;
}

/**
 * Before the first update of a worker: finds out what it runs. Until then its imports need nothing of the
 * page, which may be busy.
 */
export function createBegin(options: BeginOptions): Begin {
  const { ports, permitsBlobs, records, imports, entries, deploy, importTargets, pending, ran } = options;
  const begin: Begin = async ({ manifest }) => {
    if (begin.isDone) return true;
    ports.targets = (await permitsBlobs()) ? 'blob' : 'http';
    deploy.release = { manifest };
    importTargets.begin(manifest);
    records.setManifest(manifest);
    for (let asked: ReadonlySet<Hash> = new Set(); ;) {
      // The worker may import other modules meanwhile.
      const missing = records.recordEntries(imports.all);
      if (missing.size === 0) break;
      if ([...missing].every((hash) => asked.has(hash))) return false;
      asked = missing;
      await ports.channelClient.need(missing, true);
    }
    begin.isDone = true;
    pending.identify();
    for (const url of imports.all) if (!records.running.has(url)) records.leaveToBrowser(url);
    entries.begin([imports.entry], ran, () => {});
    return true;
  };
  begin.isDone = false;
  return begin;
}
