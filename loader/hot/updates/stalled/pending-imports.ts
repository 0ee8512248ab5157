import type { Instances } from '../../modules/instances.js';
import type { ModuleInstance } from '../../modules/module-instance.js';
import type { ModuleRecords } from '../../modules/module-records.js';

interface PendingImport {
  readonly url: string;
  /** The instance that was current when the import began. Undefined until that is known. */
  instance: ModuleInstance | undefined;
  readonly options: ImportCallOptions | undefined;
  readonly resolve: (module: Promise<unknown>) => void;
}

/**
 * Pending `import()` calls of the page. They resolve with the current instance if the awaited one was
 * replaced.
 */
export class PendingImports {
  readonly #records: Pick<ModuleRecords, 'running'>;
  readonly #instances: Pick<Instances, 'import'>;
  readonly #pending = new Set<PendingImport>();

  constructor(records: Pick<ModuleRecords, 'running'>, instances: Pick<Instances, 'import'>) {
    this.#records = records;
    this.#instances = instances;
  }

  import(url: string, options: ImportCallOptions | undefined): Promise<unknown> {
    const instance = this.#records.running.get(url);
    const importing = this.#instances.import(url, options);
    return instance === undefined ? importing : this.#await(url, instance, options, importing);
  }

  /** Adds an import that has begun before it is known which modules run. See `identify`. */
  addEarly(
    url: string,
    options: ImportCallOptions | undefined,
    importing: Promise<unknown>,
  ): Promise<unknown> {
    return this.#await(url, undefined, options, importing);
  }

  /** It is known now which modules run: the early imports wait for these. */
  identify(): void {
    for (const pending of this.#pending) pending.instance ??= this.#records.running.get(pending.url);
  }

  /** After a swap: imports of replaced instances go on with the instances that run now. */
  redirect(): void {
    for (const pending of [...this.#pending]) {
      const { url, instance, options, resolve } = pending;
      const current = this.#records.running.get(url);
      if (instance === undefined || current === undefined || current === instance) continue;
      this.#pending.delete(pending);
      resolve(this.import(url, options));
    }
  }

  #await(
    url: string,
    instance: ModuleInstance | undefined,
    options: ImportCallOptions | undefined,
    importing: Promise<unknown>,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const pending: PendingImport = { url, instance, options, resolve };
      this.#pending.add(pending);
      void importing.finally(() => this.#pending.delete(pending)).then(resolve, reject);
    });
  }
}
