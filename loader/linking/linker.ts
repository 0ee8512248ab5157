import type { ModuleGraph } from '../../importmap/graph.js';
import type { Resolver } from '../../importmap/resolver.js';
import type { Site } from '../../importmap/site.js';
import type { LoaderConfig } from '../config.js';
import type { BlobPool } from '../cache/blob-pool.js';
import { installImportMap } from '../page/held-scripts.js';
import { ImportTargets, type Targets } from './import-targets.js';
import type { ChannelClient } from '../transport/channel-client.js';
import { siteGraph } from './site-graph.js';
import type { UrlKind } from './module-url.js';

export interface LinkerOptions {
  readonly config: LoaderConfig;
  readonly site: Site;
  readonly resolver: Resolver;
  readonly blobPool: BlobPool;
  readonly channelClient: ChannelClient;
  readonly targets: Targets;
  readonly urls: UrlKind;
  /** Whether the page gives integrity metadata for this URL. */
  readonly pinned: (url: string) => boolean;
  /** Whether this engine merges import maps that come later. */
  readonly laterMaps: boolean;
  readonly problem: (code: string, message: string) => void;
}

/** Brings closures of a running site into the page's import map: that of its entries first, others as they are imported. */
export class Linker {
  readonly importTargets: ImportTargets;
  readonly #options: LinkerOptions;
  readonly #graph: ModuleGraph;
  /** One at a time, so that two imports of the same module do not both install it. */
  #turn: Promise<void> = Promise.resolve();
  #mapped = false;

  constructor(options: LinkerOptions) {
    this.#options = options;
    const { site, resolver, blobPool, targets, urls, pinned, config, problem } = options;
    this.#graph = siteGraph(site, resolver, blobPool);
    this.importTargets = new ImportTargets({
      site,
      resolver,
      blobPool,
      prefix: config.prefix,
      targets,
      urls,
      watched: config.hot !== null,
      pinned,
      onUnlinkable: (module, error) => problem('links-invalid', `${module.path}: ${String(error)}`),
    });
  }

  /** Whether all that the entries import statically is here. */
  isWhole(entries: readonly string[]): boolean {
    return this.#graph.closure(entries).missing.size === 0;
  }

  /** Before the page's modules run: the one import map that every engine takes. */
  start(entries: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#link(entries);
      if (this.#options.targets !== 'blob' || !this.#options.laterMaps) this.importTargets.prepareRest();
      this.#install();
      this.#mapped = true;
    });
  }

  /** Before an `import()` of `url`. */
  ensure(url: string): Promise<void> {
    if (this.importTargets.isInstalled(url)) return Promise.resolve();
    return this.#inTurn(async () => {
      if (this.importTargets.isInstalled(url) || !this.#mapped || !this.#options.laterMaps) return;
      await this.#link([url]);
      this.#install();
    });
  }

  /** Brings the blobs of modules and of what they import here, and no further. */
  prefetch(urls: readonly string[]): Promise<void> {
    return this.#options.channelClient.needClosure(this.#graph, urls);
  }

  async #link(urls: readonly string[]): Promise<void> {
    if (this.#options.targets === 'blob') await this.prefetch(urls);
    const { modules, missing } = this.#graph.closure(urls);
    for (const module of modules) this.importTargets.prepare(module);
    // What a blob that did not come imports is not known: all the rest stays in this deploy by its HTTP URL.
    if (missing.size > 0) this.importTargets.prepareRest();
  }

  #install(): void {
    const map = this.importTargets.importMap();
    if (map !== null) installImportMap(JSON.stringify(map), this.#options.config.nonce);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}
