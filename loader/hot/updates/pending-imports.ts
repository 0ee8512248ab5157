import type { ModuleInstance } from '../modules/module-instance.js';
import type { ModuleRecords } from '../modules/module-records.js';

interface Pending {
  readonly url: string;
  /** The instance that was current when it was asked for. */
  readonly version: ModuleInstance;
  readonly options: ImportCallOptions | undefined;
  readonly give: (module: Promise<unknown>) => void;
}

/**
 * The page's `import()`s. One that waits for an instance of which the page has another one meanwhile, as it never came to
 * its end and was given up or mended, would wait for ever: it gets the one that runs.
 */
export class PendingImports {
  readonly #versions: ModuleRecords;
  readonly #pending = new Set<Pending>();

  constructor(versions: ModuleRecords) {
    this.#versions = versions;
  }

  import(url: string, options: ImportCallOptions | undefined): Promise<unknown> {
    const version = this.#versions.running.get(url);
    const importing = this.#versions.import(url, options);
    if (version === undefined) return importing;
    return new Promise((resolve, reject) => {
      const pending: Pending = { url, version, options, give: resolve };
      this.#pending.add(pending);
      void importing.finally(() => this.#pending.delete(pending)).then(resolve, reject);
    });
  }

  /** It is settled which instances run. */
  renew(): void {
    for (const pending of [...this.#pending]) {
      const { url, version, options, give } = pending;
      const now = this.#versions.running.get(url);
      if (now === undefined || now === version) continue;
      this.#pending.delete(pending);
      give(this.import(url, options));
    }
  }
}
