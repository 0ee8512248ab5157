import { moduleAt } from '../../../importmap/site.js';
import type { ModuleRecords } from '../../hot/modules/module-records.js';
import type { PageImport } from '../../hot/page-import.js';
import type { PageLink } from './page-link.js';

/** The modules that a worker has imported by itself: the first one, and those of its `import()` calls. */
export class WorkerImports {
  /** Natural URL of the worker's first module. */
  readonly entry: string;
  readonly #link: Pick<PageLink, 'post'>;
  readonly #urls = new Set<string>();

  constructor(link: Pick<PageLink, 'post'>, entry: string) {
    this.entry = entry;
    this.#link = link;
  }

  get all(): readonly string[] {
    return [this.entry, ...this.#urls];
  }

  /** @param url natural URL of a module that is about to be imported */
  add(url: string): void {
    if (this.#urls.has(url)) return;
    this.#urls.add(url);
    this.#link.post({ type: 'imported', url });
  }

  /** Tells the page all of them. */
  greet(): void {
    this.#link.post({ type: 'hello', imported: [...this.#urls] });
  }
}

/**
 * The `import()` calls of a worker's modules. Without the server, one may give the instance that the module
 * had before: then the page has to ask the worker again once the server is back.
 */
export function tellOutdated(
  importLater: PageImport,
  records: Pick<ModuleRecords, 'running' | 'site'>,
  link: Pick<PageLink, 'post'>,
): PageImport {
  return (importer, url, options) => {
    const importing = importLater(importer, url, options);
    const check = () => {
      if (!records.running.has(url) && moduleAt(records.site, url) !== undefined)
        link.post({ type: 'outdated' });
    };
    // Who imports it handles the error.
    void importing.then(check, () => {});
    return importing;
  };
}
