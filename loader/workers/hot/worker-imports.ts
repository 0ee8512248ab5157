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
