import type { Batch, ModuleInstance } from './module-instance.js';
import type { ModuleRecords } from './module-records.js';

/** Who imports whom in this page: static imports by the running versions, `import()` by what has been seen. */
export class ImporterGraph {
  readonly #versions: ModuleRecords;
  /** What the page itself loads: its scripts, and what its own code asks `modcast.import` for. */
  readonly #page: Set<string>;
  readonly #dynamic = new Map<string, Set<string>>();

  constructor(versions: ModuleRecords, entries: Iterable<string>) {
    this.#versions = versions;
    this.#page = new Set(entries);
  }

  /** An `import()` was made. Null: by the page. */
  record(importer: string | null, url: string): void {
    if (importer === null) {
      this.#page.add(url);
      return;
    }
    const urls = this.#dynamic.get(importer) ?? new Set();
    this.#dynamic.set(importer, urls.add(url));
  }

  /** A module has a new version: of what the old one imported later, that stays which the new one may import too. */
  renew({ url, dynamic, computed }: ModuleInstance): void {
    for (const target of this.#dynamic.get(url) ?? []) {
      if (!computed && !dynamic.has(target)) this.#dynamic.get(url)!.delete(target);
    }
  }

  /** PageDeploy modules that have asked for one by `import()`. */
  dynamicOf(url: string): string[] {
    return [...this.#dynamic].flatMap(([importer, urls]) =>
      urls.has(url) && this.#versions.running.has(importer) ? importer : [],
    );
  }

  /**
   * Of the new instances that an `import()` of `root` made, those that somebody else has imported meanwhile, and what
   * these import: they may run although that import failed.
   */
  heldElsewhere({ made }: Batch, root: string): Set<string> {
    const held = new Set<string>();
    for (const version of this.#versions.running.values()) {
      if (made.get(version.url) === version) continue;
      for (const url of version.imports) if (made.has(url)) held.add(url);
    }
    for (const url of made.keys()) {
      if (url === root) continue;
      if (this.#page.has(url) || this.dynamicOf(url).some((importer) => !made.has(importer))) held.add(url);
    }
    for (const url of held) for (const next of made.get(url)!.imports) if (made.has(next)) held.add(next);
    return held;
  }

  /** Null stands for the page. Modules whose file is gone are none: they cannot be renewed, and stay as they are. */
  ofAll(): Map<string, Set<string | null>> {
    const importers = new Map<string, Set<string | null>>();
    const add = (url: string, importer: string | null) => {
      const known = importers.get(url) ?? new Set();
      importers.set(url, known.add(importer));
    };
    for (const url of this.#page) add(url, null);
    const { modules } = this.#versions.site.manifest;
    for (const version of this.#versions.running.values()) {
      if (!modules.has(version.path)) continue;
      for (const url of this.importsOf(version)) add(url, version.url);
    }
    return importers;
  }

  /** PageDeploy modules that nothing leads to any more. */
  unreached(): ModuleInstance[] {
    const { running } = this.#versions;
    const queue = [...this.#page];
    const seen = new Set(queue);
    for (const url of queue) {
      const version = running.get(url);
      for (const next of version === undefined ? [] : this.importsOf(version)) {
        if (seen.has(next)) continue;
        seen.add(next);
        queue.push(next);
      }
    }
    return [...running.values()].filter(({ url }) => !seen.has(url));
  }

  /** What a module names and what it has asked for by `import()`. */
  *importsOf({ url, imports }: ModuleInstance): Iterable<string> {
    yield* imports;
    yield* this.#dynamic.get(url) ?? [];
  }
}
