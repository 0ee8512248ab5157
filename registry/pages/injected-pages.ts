import { PLACEHOLDER_ROOT, type ImportMap } from '../../importmap/index.js';
import { LIMITS, type Hash, type Manifest, type Path } from '../../schema/index.js';
import { debug } from '../debug.js';
import { DeployPackageMaps } from '../packages/deploy-package-map.js';
import { blake3 } from '../hash.js';
import { EarlyUses, type ReadBlob } from './classic-scripts.js';
import { onPage } from './page-parser.js';
import { usesEarly } from './early-use.js';
import { directPage, type DirectPageOptions } from './direct-page.js';
import { fillTemplate, type LoaderOptions, type PageTemplate } from './page-template.js';
import type { Unchanged } from './unchanged-page.js';
import { SizedCache } from './sized-cache.js';

/** What the page of a deploy depends on, besides its content. */
export interface PageVersion {
  /** The same for all pages of a registry. */
  readonly loader: LoaderOptions;
  /** Another text for another result of `data`. */
  readonly key: string;
  readonly manifest: Manifest;
  /** How pages start without the loader, where they can. */
  readonly direct?: Pick<DirectPageOptions, 'start' | 'prefix' | 'starter' | 'fallback'> | undefined;
  /** Data attributes of the loader's tag that may differ from deploy to deploy. */
  readonly data: (page: Hash) => Readonly<Record<string, string>>;
}

export interface InjectedPage {
  /** The file. */
  readonly html: Uint8Array;
  readonly hash: Hash;
  readonly key: string;
  /**
   * The page with the loader, or with the notice that it has none. Null when the file has to be served
   * unchanged.
   */
  readonly injected: { readonly bytes: Uint8Array; readonly hash: Hash } | null;
  /** Why it has no loader. Null also where its author wants that. */
  readonly unchanged: Unchanged | null;
}

const sizeOf = (parts: readonly (Uint8Array | undefined)[]): number =>
  parts.reduce((sum, part) => sum + (part?.length ?? 0), 1024);

/** The loader of a page that starts without it tells the server which runs the browser has. */
const withFusion = (data: Readonly<Record<string, string>>, fusion: Hash) => ({
  ...data,
  deploy: `${data['deploy']} ${fusion}`,
});

/** The pages of a site with the loader. Each content is parsed once, and each page made once for a deploy. */
export class InjectedPages {
  readonly #templates: SizedCache<string, PageTemplate>;
  readonly #pages: SizedCache<Path, InjectedPage>;
  readonly #making = new Map<string, Promise<PageTemplate>>();
  readonly #earlyUses: EarlyUses;
  readonly #packageMaps: DeployPackageMaps;
  readonly #root: string;

  /**
   * @param readBlob reads the site's classic scripts
   * @param options `root`: URL of the site's root, as `placeholderRoot` returns it
   */
  constructor(readBlob: ReadBlob, { cacheBytes = LIMITS.pageCacheBytes, root = PLACEHOLDER_ROOT } = {}) {
    this.#root = root;
    this.#earlyUses = new EarlyUses(readBlob, root);
    this.#packageMaps = new DeployPackageMaps(readBlob, root);
    this.#templates = new SizedCache(cacheBytes);
    this.#pages = new SizedCache(cacheBytes);
  }

  /** The page at `path`, with the file's current bytes. The same object for as long as nothing changes. */
  async page(path: Path, html: Uint8Array, version: PageVersion): Promise<InjectedPage> {
    const before = this.#pages.get(path);
    // To compare costs a tenth of hashing.
    const hash = before !== undefined && Buffer.compare(before.html, html) === 0 ? before.hash : blake3(html);
    const { loader, manifest, data } = version;
    const policies = (loader.policies ?? []).join();
    const key = `${version.key} ${policies}`;
    const find = () => {
      const known = this.#pages.get(path);
      return known?.hash === hash && known.key === key ? known : undefined;
    };
    const template =
      find() === undefined ? await this.#template(`${hash} ${policies}`, html, loader) : undefined;
    const use = template && (await this.#earlyUses.of(template.page, path, manifest));
    const packages = await this.#packageMaps.of(manifest);
    // Meanwhile another request may have made the page.
    const known = find();
    if (known !== undefined || template === undefined || use === undefined) return known!;
    const bytes =
      (usesEarly(use) ? undefined : this.#directPage(template, path, version, hash, packages)) ??
      fillTemplate(template, path, manifest, use, data(hash), this.#root, packages);
    const injected = bytes === undefined ? null : { bytes, hash: blake3(bytes) };
    const page = { html, hash, key, injected, unchanged: template.unchanged };
    this.#pages.set(path, page, sizeOf([html, bytes]));
    return page;
  }

  #directPage(
    { direct: template, page }: PageTemplate,
    path: Path,
    { loader: { loader, data: settings }, manifest, direct, data }: PageVersion,
    hash: Hash,
    packages: ImportMap,
  ): Uint8Array | undefined {
    if (template === undefined || direct === undefined) return undefined;
    const root = this.#root;
    return directPage({
      ...direct,
      template,
      page,
      path,
      manifest,
      root,
      packages,
      loader,
      data: { ...settings, ...withFusion(data(hash), direct.start.hash) },
    });
  }

  #template(key: string, html: Uint8Array, loader: LoaderOptions): Promise<PageTemplate> {
    const known = this.#templates.get(key);
    if (known !== undefined) return Promise.resolve(known);
    let making = this.#making.get(key);
    if (making === undefined) {
      making = this.#make(key, html, loader).finally(() => this.#making.delete(key));
      this.#making.set(key, making);
    }
    return making;
  }

  async #make(key: string, html: Uint8Array, options: LoaderOptions): Promise<PageTemplate> {
    const template = await onPage({ kind: 'template', html, options }).catch((error: unknown) => {
      // A page that cannot be parsed is still a page.
      debug.http('a page of %d bytes is served unchanged: %s', html.length, error);
      return { page: { scripts: [], laterImportMaps: [] }, parts: null, unchanged: null };
    });
    const bytes = (template.parts ?? []).filter((part) => typeof part !== 'string');
    this.#templates.set(key, template, sizeOf(bytes));
    return template;
  }
}
