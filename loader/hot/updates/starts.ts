import type { Hash } from '../../../schema/hash.js';
import type { ImporterGraph } from '../modules/importer-graph.js';
import type { ModuleRecords } from '../modules/module-records.js';
import type { ScopePorts } from '../ports.js';
import type { Retries } from './retries.js';

export interface StartsOptions {
  readonly ports: Pick<ScopePorts, 'blobPool' | 'channelClient'>;
  readonly records: ModuleRecords;
  readonly importers: Pick<ImporterGraph, 'dynamicImportersOf'>;
  readonly retries: Retries;
}

/** The modules with which an update starts. */
export class Starts {
  readonly #options: StartsOptions;
  /** Versions that the application applied itself, by natural URL. */
  readonly #appliedByPage = new Map<string, Hash>();

  constructor(options: StartsOptions) {
    this.#options = options;
  }

  /** The application has prevented the update: it applies the versions of now itself. */
  leaveToPage(): void {
    for (const { url, hash } of this.#options.records.changed()) this.#appliedByPage.set(url, hash);
  }

  /** Natural URLs of the modules that need another instance. Takes what is to be tried again. */
  async take(): Promise<string[]> {
    const { ports, records, importers, retries } = this.#options;
    retries.addChanged();
    // An importer holds the instance that the browser found, which differs from the one that others will
    // import.
    retries.add(records.takeAppeared().flatMap((url) => importers.dynamicImportersOf(url)));
    const changed = records
      .changed()
      .filter((module) => this.#appliedByPage.get(module.url) !== module.hash && !retries.isStalled(module));
    const missing = changed.map(({ hash }) => hash).filter((hash) => !ports.blobPool.has(hash));
    if (missing.length > 0) await ports.channelClient.need(new Set(missing), true);
    const parsed = changed.filter((module) => !records.isUnparsed(module));
    return [...new Set([...parsed.map(({ url }) => url), ...retries.take()])];
  }
}
