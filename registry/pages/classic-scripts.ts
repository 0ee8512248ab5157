import { pathOfUrl, PLACEHOLDER_ROOT } from '../../importmap/index.js';
import type { Hash, Manifest, Path } from '../../schema/index.js';
import { earlyUse, eitherUse, NO_EARLY_USE, type EarlyUse } from './early-use.js';
import { pageBase } from './entries.js';
import type { Page } from './read-page.js';
import { SizedCache } from './sized-cache.js';

export type ReadBlob = (hash: Hash) => Promise<Uint8Array | undefined>;

/** Bytes that the cached result of one script takes, about. */
const ENTRY_BYTES = 256;
const CACHE_BYTES = 1024 * 1024;

/** Finds what the classic scripts of pages may do early. Each content is read once. */
export class EarlyUses {
  readonly #read: ReadBlob;
  readonly #known = new SizedCache<Hash, EarlyUse>(CACHE_BYTES);

  constructor(read: ReadBlob) {
    this.#read = read;
  }

  /** That of all classic scripts of a page that are inline or the site's. */
  async of(page: Page, at: Path, { modules }: Manifest): Promise<EarlyUse> {
    let use = page.early ?? NO_EARLY_USE;
    for (const src of page.classicScripts ?? []) {
      const base = pageBase(page, at);
      const url = URL.canParse(src, base) ? new URL(src, base).href : '';
      const hash = modules.get(pathOfUrl(PLACEHOLDER_ROOT, url) ?? '')?.hash;
      if (hash !== undefined) use = eitherUse(use, await this.#one(hash));
    }
    return use;
  }

  async #one(hash: Hash): Promise<EarlyUse> {
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const bytes = await this.#read(hash);
    const use = bytes === undefined ? NO_EARLY_USE : earlyUse(new TextDecoder().decode(bytes));
    this.#known.set(hash, use, ENTRY_BYTES);
    return use;
  }
}
