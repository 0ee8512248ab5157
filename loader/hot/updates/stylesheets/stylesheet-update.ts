import type { Hash } from '../../../../schema/hash.js';
import type { Manifest } from '../../../../schema/manifest.js';
import type { HotUpdate } from '../../api.js';
import type { Contexts } from '../../contexts.js';
import type { ModuleRecords } from '../../modules/module-records.js';
import type { PagePorts } from '../../ports.js';
import { shownUrl } from '../shown-url.js';
import { StylesheetSwap, type Versions } from './stylesheet-swap.js';

export interface StylesheetUpdateOptions {
  readonly records: Pick<ModuleRecords, 'urlOf'>;
  readonly contexts: Pick<Contexts, 'emit'>;
  readonly stylesheets: Pick<StylesheetSwap, 'isUsed' | 'swap'>;
}

/** Updates the style sheets that the page links. */
export class StylesheetUpdate {
  readonly #options: StylesheetUpdateOptions;
  /** Paths of style sheets whose new versions could not be read. The next update tries again. */
  readonly #failed = new Set<string>();
  /** Versions that the page has had, by path, the newest first. */
  readonly #had = new Map<string, Hash[]>();

  constructor(options: StylesheetUpdateOptions) {
    this.#options = options;
  }

  /**
   * Those of the changed paths that the page links as style sheets, or that such a style sheet imports.
   *
   * @param before the manifest from which they have changed
   */
  linked(changed: Iterable<string>, before: Manifest, now: Manifest): Map<string, Versions> {
    const linked = new Map<string, Versions>();
    for (const path of new Set([...changed, ...this.#failed])) {
      const module = now.modules.get(path);
      if (module?.type !== 'text/css') continue;
      const previous = before.modules.get(path)?.hash;
      const had = new Set([...(previous === undefined ? [] : [previous]), ...(this.#had.get(path) ?? [])]);
      this.#had.set(path, [...had]);
      if (!this.#options.stylesheets.isUsed(this.#options.records.urlOf(path))) continue;
      // A browser may keep the first version that it has loaded in a document.
      const [last, ...older] = [...had].filter((hash) => hash !== module.hash);
      const first = older.at(-1);
      linked.set(path, [module.hash, ...[last, first].flatMap((hash) => hash ?? [])]);
    }
    return linked;
  }

  /**
   * @param sheets versions by path, as `linked` returns them
   * @returns why the page has to be loaded again, and for which path; or null
   */
  async run(
    sheets: ReadonlyMap<string, Versions>,
  ): Promise<{ readonly reason: string; readonly path: string } | null> {
    this.#failed.clear();
    if (sheets.size === 0) return null;
    const { records, contexts, stylesheets } = this.#options;
    const started = performance.now();
    const paths = [...sheets.keys()];
    const updates = paths.map((path): HotUpdate => {
      const shown = shownUrl(records.urlOf(path));
      return { type: 'css-update', path: shown, acceptedPath: shown, timestamp: Date.now() };
    });
    contexts.emit('beforeUpdate', { type: 'update', updates });
    const byUrl = new Map([...sheets].map(([path, versions]) => [records.urlOf(path), versions]));
    const { unread, refused } = await stylesheets.swap(byUrl);
    for (const path of paths) if (unread.has(records.urlOf(path))) this.#failed.add(path);
    const path = paths.find((one) => refused.has(records.urlOf(one)));
    if (path !== undefined)
      return { reason: `${path} changed, and the page has changed the rules of that style sheet`, path };
    contexts.emit('afterUpdate', { type: 'update', updates });
    console.info(`modcast: updated ${paths.join(', ')} in ${Math.round(performance.now() - started)} ms`);
    return null;
  }
}

/** Reads style sheets from the blobs that the server sends. */
export function createStylesheetSwap({
  blobPool,
  channelClient,
}: Pick<PagePorts, 'blobPool' | 'channelClient'>): StylesheetSwap {
  return new StylesheetSwap(async (hashes) => {
    const missing = hashes.filter((hash) => !blobPool.has(hash));
    if (missing.length > 0) await channelClient.need(new Set(missing), false);
    return hashes.map((hash) => {
      const blob = blobPool.get(hash);
      return blob && new TextDecoder().decode(blob.bytes);
    });
  });
}
