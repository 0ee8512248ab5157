import type { Batch, ModuleInstance } from './module-instance.js';
import type { ModuleRecords } from './module-records.js';

/**
 * What imports what in this page: the static imports of running modules, and the `import()` calls that were
 * made.
 */
export class ImporterGraph {
  readonly #records: Pick<ModuleRecords, 'running' | 'site'>;
  /** Imported by the page itself: by its scripts, and by its own code with `modcast.import`. */
  readonly #page: Set<string>;
  /** Targets of `import()` calls, by importer. */
  readonly #dynamic = new Map<string, Set<string>>();

  constructor(records: Pick<ModuleRecords, 'running' | 'site'>, entries: Iterable<string>) {
    this.#records = records;
    this.#page = new Set(entries);
  }

  /** Records an `import()`. The importer null is the page. */
  record(importer: string | null, url: string): void {
    if (importer === null) {
      this.#page.add(url);
      return;
    }
    const urls = this.#dynamic.get(importer) ?? new Set();
    this.#dynamic.set(importer, urls.add(url));
  }

  /** A module has a new version. Forgets dynamic imports that the new version can no longer make. */
  renew({ url, dynamic, computed }: ModuleInstance): void {
    for (const target of this.#dynamic.get(url) ?? []) {
      if (!computed && !dynamic.has(target)) this.#dynamic.get(url)!.delete(target);
    }
  }

  /** Running modules that have imported a module with `import()`. */
  dynamicImportersOf(url: string): string[] {
    return [...this.#dynamic].flatMap(([importer, urls]) =>
      urls.has(url) && this.#records.running.has(importer) ? importer : [],
    );
  }

  /**
   * The instances created for an `import()` of `root` that other modules have imported meanwhile, and what
   * these import. They may run although that import failed.
   */
  heldElsewhere({ created }: Batch, root: string): Set<string> {
    const held = new Set<string>();
    for (const instance of this.#records.running.values()) {
      if (created.get(instance.url) === instance) continue;
      for (const url of instance.imports) if (created.has(url)) held.add(url);
    }
    for (const url of created.keys()) {
      if (url === root) continue;
      const isImported = this.dynamicImportersOf(url).some((importer) => !created.has(importer));
      if (this.#page.has(url) || isImported) held.add(url);
    }
    for (const url of held)
      for (const next of created.get(url)!.imports) if (created.has(next)) held.add(next);
    return held;
  }

  /**
   * The importers of each module. Null stands for the page. Modules whose file was deleted do not count: they
   * cannot be replaced.
   */
  importersByUrl(): Map<string, Set<string | null>> {
    const importers = new Map<string, Set<string | null>>();
    const add = (url: string, importer: string | null) => {
      const known = importers.get(url) ?? new Set();
      importers.set(url, known.add(importer));
    };
    for (const url of this.#page) add(url, null);
    const { modules } = this.#records.site.manifest;
    for (const instance of this.#records.running.values()) {
      if (!modules.has(instance.path)) continue;
      for (const url of this.importsOf(instance)) add(url, instance.url);
    }
    return importers;
  }

  /** Running modules that the page does not import any more, not even indirectly. */
  unreached(): ModuleInstance[] {
    const { running } = this.#records;
    const reached = new Set(this.#page);
    for (const url of reached) {
      const instance = running.get(url);
      for (const next of instance === undefined ? [] : this.importsOf(instance)) reached.add(next);
    }
    return [...running.values()].filter(({ url }) => !reached.has(url));
  }

  /** The static imports of a module, and the `import()` calls that it has made. */
  *importsOf({ url, imports }: ModuleInstance): Iterable<string> {
    yield* imports;
    yield* this.#dynamic.get(url) ?? [];
  }
}
