import type { Hash, Path } from '../../schema/index.js';
import { DerivedBlobs } from '../content/derived-blobs.js';
import { openMemoryStore } from '../store/memory.js';
import { ModuleTransformer } from './module-transformer.js';
import { inlineMap, withInlineMap } from './original-place.js';
import { SiteTransformer, type SourceBlobs } from './site-transformer.js';
import type { Mode, Transform } from './transform.js';
import { transformedFiles, type ReadableSite, type TransformedFiles } from './transformed-files.js';

/** Nothing is read without the files of a site. */
const NO_BLOBS: SourceBlobs = { one: async () => undefined, links: async () => new Map() };

/** Transforms sites that are in no store. A module that it knows is not transformed again. */
export class ContentTransformer {
  readonly #derived: DerivedBlobs;
  readonly #transformer: ModuleTransformer;
  readonly #sites: SiteTransformer;

  private constructor(derived: DerivedBlobs, base: string, own: readonly Transform[]) {
    this.#derived = derived;
    this.#transformer = new ModuleTransformer(own);
    this.#sites = new SiteTransformer(this.#transformer, NO_BLOBS, derived, base);
  }

  /**
   * @param base where browsers find the site. Starts and ends with "/"
   * @param own transforms of the site's author
   */
  static async open(base = '/', own: readonly Transform[] = []): Promise<ContentTransformer> {
    return new ContentTransformer(new DerivedBlobs(await openMemoryStore(), Infinity), base, own);
  }

  /** Whether a file is a source: it is served as JavaScript. */
  takes(path: Path): boolean {
    return this.#transformer.takes(path);
  }

  /** The files of a site as browsers will get them. Code ends with its source map, for problems' places. */
  async files(site: ReadableSite, mode: Mode): Promise<TransformedFiles> {
    const files = await transformedFiles(site, { sites: this.#sites, derived: this.#derived, mode });
    return { ...files, bytesOf: (hash) => this.#withMap(files, hash) };
  }

  async #withMap({ isMade, bytesOf }: TransformedFiles, hash: Hash): Promise<Uint8Array> {
    const bytes = await bytesOf(hash);
    if (!isMade(hash)) return bytes;
    const code = new TextDecoder().decode(bytes);
    const [map] = await this.#derived.items('map', [hash], this.#sites.version);
    if (map === undefined || inlineMap(code) !== undefined) return bytes;
    return new TextEncoder().encode(withInlineMap(code, new TextDecoder().decode(map.bytes)));
  }
}
