import { pathOfUrl, PLACEHOLDER_ROOT } from '../../importmap/index.js';
import type { Hash, Manifest, Path } from '../../schema/index.js';
import {
  earlyUse,
  eitherUse,
  isModuleText,
  loadedScripts,
  NO_EARLY_USE,
  type EarlyUse,
} from './early-use.js';
import { pageBase } from './entries.js';
import type { Page } from './read-page.js';
import { SizedCache } from './sized-cache.js';

export type ReadBlob = (hash: Hash) => Promise<Uint8Array | undefined>;

/** What one script does, and the URLs of those that it may load. */
interface Script {
  readonly use: EarlyUse;
  readonly loads: readonly string[];
}

const NOTHING: Script = { use: NO_EARLY_USE, loads: [] };

/** Bytes that the cached result of one script takes, about. */
const ENTRY_BYTES = 256;
const CACHE_BYTES = 1024 * 1024;

/** Finds what the classic scripts of pages may do early. Each content is read once. */
export class EarlyUses {
  readonly #read: ReadBlob;
  readonly #root: string;
  readonly #known = new SizedCache<Hash, Script>(CACHE_BYTES);

  /** @param root URL of the site's root, as `placeholderRoot` returns it */
  constructor(read: ReadBlob, root = PLACEHOLDER_ROOT) {
    this.#read = read;
    this.#root = root;
  }

  /** That of all classic scripts of a page that are inline or the site's, and of those that they load. */
  async of(page: Page, at: Path, { modules }: Manifest): Promise<EarlyUse> {
    const base = pageBase(page, at, false, this.#root);
    const hashOf = (src: string) => {
      const url = URL.canParse(src, base) ? new URL(src, base).href : '';
      return modules.get(pathOfUrl(this.#root, url) ?? '')?.hash;
    };
    let use = page.early ?? NO_EARLY_USE;
    const hashes = new Set((page.classicScripts ?? []).flatMap((src) => hashOf(src) ?? []));
    const own = new Set(hashes);
    const add = (sources: readonly string[] = []) => {
      for (const hash of sources.map(hashOf)) if (hash !== undefined) hashes.add(hash);
    };
    add(page.loadedScripts);
    // A set also iterates over what is added meanwhile.
    for (const hash of hashes) {
      const script = await this.#one(hash, own.has(hash));
      use = eitherUse(use, script.use);
      add(script.loads);
    }
    return use;
  }

  /** @param isTag whether a tag of the page has it; other names of scripts may be those of modules */
  async #one(hash: Hash, isTag: boolean): Promise<Script> {
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const bytes = await this.#read(hash);
    const text = bytes === undefined ? '' : new TextDecoder().decode(bytes);
    const script =
      !isTag && isModuleText(text) ? NOTHING : { use: earlyUse(text), loads: loadedScripts(text) };
    this.#known.set(hash, script, ENTRY_BYTES + 64 * script.loads.length);
    return script;
  }
}
