import type { Hash } from '../../../schema/hash.js';
import type { Manifest } from '../../../schema/manifest.js';
import type { HotUpdate } from '../api.js';
import type { Contexts } from '../contexts.js';
import type { ModuleRecords } from '../modules/module-records.js';
import { shownUrl } from './shown-url.js';
import { StylesheetSwap } from './stylesheet-swap.js';

export interface StylesheetUpdateOptions {
  readonly records: Pick<ModuleRecords, 'urlOf'>;
  readonly contexts: Pick<Contexts, 'emit'>;
  readonly stylesheets?: Pick<StylesheetSwap, 'linksOf' | 'swap'>;
}

/** Updates the style sheets that the page links. */
export class StylesheetUpdate {
  readonly #options: StylesheetUpdateOptions;
  readonly #stylesheets: Pick<StylesheetSwap, 'linksOf' | 'swap'>;
  /** Paths of style sheets whose new versions could not be loaded. The next update tries again. */
  readonly #failed = new Set<string>();

  constructor(options: StylesheetUpdateOptions) {
    this.#options = options;
    this.#stylesheets = options.stylesheets ?? new StylesheetSwap();
  }

  /** Those of the changed paths that the page links as style sheets, or that such a style sheet imports. */
  linked(changed: Iterable<string>, manifest: Manifest): Map<string, Hash> {
    const linked = new Map<string, Hash>();
    for (const path of new Set([...changed, ...this.#failed])) {
      const module = manifest.modules.get(path);
      if (module?.type !== 'text/css') continue;
      if (this.#stylesheets.linksOf(this.#options.records.urlOf(path)).length > 0)
        linked.set(path, module.hash);
    }
    return linked;
  }

  /** @param sheets versions by path, as `linked` returns them */
  async run(sheets: ReadonlyMap<string, Hash>): Promise<void> {
    this.#failed.clear();
    if (sheets.size === 0) return;
    const { records, contexts } = this.#options;
    const started = performance.now();
    const paths = [...sheets.keys()];
    const updates = paths.map((path): HotUpdate => {
      const shown = shownUrl(records.urlOf(path));
      return { type: 'css-update', path: shown, acceptedPath: shown, timestamp: Date.now() };
    });
    contexts.emit('beforeUpdate', { type: 'update', updates });
    const failed = await this.#stylesheets.swap(
      new Map([...sheets].map(([path, hash]) => [records.urlOf(path), hash])),
    );
    for (const path of paths) if (failed.has(records.urlOf(path))) this.#failed.add(path);
    contexts.emit('afterUpdate', { type: 'update', updates });
    console.info(`modcast: updated ${paths.join(', ')} in ${Math.round(performance.now() - started)} ms`);
  }
}
