import { setImmediate } from 'node:timers/promises';
import type { Hash } from '../../schema/index.js';
import { debug } from '../debug.js';
import { onPage } from './page-parser.js';
import type { Page } from './read-page.js';

/** Milliseconds after which reading lets other work run. */
const SLICE_MS = 20;

/** The module scripts and import maps of pages. Each content is read once. */
export class PageSummaries {
  readonly #known = new Map<Hash, Page>();
  #slice = performance.now();

  /**
   * @param bytesOf called for a page that is not known
   * @returns undefined when there are no bytes
   */
  async read<B extends Uint8Array | undefined>(
    hash: Hash,
    bytesOf: (hash: Hash) => Promise<B>,
  ): Promise<Page | Extract<B, undefined>> {
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    if (performance.now() - this.#slice > SLICE_MS) {
      await setImmediate();
      this.#slice = performance.now();
    }
    const html = await bytesOf(hash);
    if (html === undefined) return undefined as Extract<B, undefined>;
    const page = await onPage({ kind: 'read', html }).catch((error: unknown): Page => {
      debug.ingest('the scripts of a page of %d bytes are unknown: %s', html.length, error);
      return { scripts: [], laterImportMaps: [] };
    });
    this.#known.set(hash, page);
    return page;
  }

  has(hash: Hash): boolean {
    return this.#known.has(hash);
  }

  /** Drops all other pages. */
  retain(hashes: ReadonlySet<Hash>): void {
    for (const hash of this.#known.keys()) if (!hashes.has(hash)) this.#known.delete(hash);
  }
}
