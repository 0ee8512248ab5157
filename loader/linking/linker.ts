import { type ModuleGraph, ResolvedImports } from '../../importmap/graph.js';
import type { Resolver } from '../../importmap/resolver.js';
import type { Site, SiteModule } from '../../importmap/site.js';
import type { Fusion } from '../../schema/fusion.js';
import type { Hash } from '../../schema/hash.js';
import { SerialQueue } from '../../schema/serial-queue.js';
import type { BlobPool } from '../cache/blob-pool.js';
import type { LoaderConfig } from '../config.js';
import type { ChannelClient } from '../transport/channel-client.js';
import type { NativeScripts } from '../page/native-scripts.js';
import { chooseTarget, type TargetKind } from './choose-target.js';
import { computedImports } from './computed-imports.js';
import { FusedImports } from './fused-imports.js';
import { FusedModules } from '../../importmap/fused-modules.js';
import { ImportTargets } from './import-targets.js';
import { siteGraph } from './site-graph.js';

export interface LinkerOptions {
  readonly config: Pick<LoaderConfig, 'prefix' | 'hot' | 'nonce' | 'timeout'>;
  readonly site: Site;
  readonly resolver: Resolver;
  /** The fusion of the site's manifest; null where all modules run singly. */
  readonly fusion: Fusion | null;
  readonly blobPool: Pick<BlobPool, 'get'>;
  readonly channelClient: Pick<ChannelClient, 'needClosure'>;
  /** Calls back after so many milliseconds. */
  readonly after: (ms: number, callback: () => void) => void;
  /** The best target that the page's policy permits. */
  readonly permitted: TargetKind;
  /** Whether missing blobs are requested. Otherwise their modules get HTTP targets. */
  readonly fetchMissing: boolean;
  /** Whether runs that are not here come from the registry's URLs. */
  readonly runsOverHttp?: boolean;
  /** Whether the page gives integrity metadata for a URL, or loads it natively. */
  readonly pinned: (url: string) => boolean;
  /** The import map that the browser has already. */
  readonly native: Pick<NativeScripts, 'map'>;
  /** Whether this engine merges later import maps. */
  readonly laterMaps: boolean;
  readonly installImportMap: (json: string, nonce: string) => void;
  readonly problem: (code: string, message: string) => void;
}

/**
 * Puts closures of a site's modules into the page's import map: that of its entries first, others when
 * imported.
 */
export class Linker {
  readonly importTargets: ImportTargets;
  readonly #options: LinkerOptions;
  readonly #imports: ResolvedImports;
  readonly #graph: ModuleGraph;
  readonly #fused: FusedModules | null;
  /** Two imports of the same module install it once. */
  readonly #queue = new SerialQueue();
  #started = false;

  constructor(options: LinkerOptions) {
    this.#options = options;
    const { config, site, resolver, blobPool, fusion, permitted, problem } = options;
    const isHere = (hash: Hash) => options.runsOverHttp === true || blobPool.get(hash) !== undefined;
    this.#fused =
      fusion === null || permitted === 'http' ? null : new FusedModules({ ...options, fusion, isHere });
    this.#imports =
      this.#fused === null ? new ResolvedImports(resolver) : new FusedImports(resolver, this.#fused);
    this.#graph = siteGraph(site, resolver, blobPool, this.#imports);
    this.importTargets = new ImportTargets({
      ...options,
      chooseTarget,
      fused: this.#fused,
      prefix: config.prefix,
      watched: config.hot !== null,
      onUnlinkable: ({ path }, error) => problem('links-invalid', `${path}: ${String(error)}`),
    });
  }

  /** Whether everything that the entries import statically is here. */
  isWhole(entries: readonly string[]): boolean {
    return this.#graph.closure(entries).missing.size === 0;
  }

  /** Installs the first import map, before the page's modules run. */
  start(entries: readonly string[]): Promise<void> {
    const { fetchMissing, laterMaps } = this.#options;
    return this.#queue.run(async () => {
      await this.#link(entries);
      this.#prepareMembers(this.#addresses());
      if (!laterMaps) await this.#linkLazy(entries);
      else if (!fetchMissing) this.#prepareRest('http');
      this.#install();
      this.#started = true;
    });
  }

  /**
   * Puts the other members of the runs in use into the import map, for scripts that only the browser
   * knows of.
   * Call it when the page has loaded: the boot needs none of them.
   */
  installMembers(): void {
    if (!this.#options.laterMaps || !this.#started) return;
    this.#prepareMembers();
    this.#install();
  }

  /** Call it when scripts of the page have added import maps. */
  mapsAdded(): void {
    this.#fused?.refusePinned();
  }

  /** Call it before an `import()` of `url`. @returns undefined if the import map has it */
  ensure(url: string): Promise<void> | undefined {
    const { importTargets } = this;
    const { laterMaps, fetchMissing } = this.#options;
    if (importTargets.isInstalled(url)) {
      // What comes over HTTP now is in the map at the next visit.
      const isHttp = importTargets.targetOf(url)?.startsWith('http') === true;
      if (isHttp && !laterMaps && fetchMissing) void this.prefetch([url]);
      return undefined;
    }
    return this.#queue.run(async () => {
      if (importTargets.isInstalled(url) || !this.#started) return;
      await this.#link([url]);
      if (laterMaps) this.#install();
    });
  }

  /** Brings the blobs of modules and of what they import into the pool, without linking them. */
  prefetch(urls: readonly string[]): Promise<void> {
    return this.#options.channelClient.needClosure(this.#graph, urls);
  }

  async #link(urls: readonly string[]): Promise<void> {
    const { config, fetchMissing } = this.#options;
    if (fetchMissing) await this.prefetch(urls);
    while (this.#refuseRuns(urls)) if (fetchMissing) await this.prefetch(urls);
    const { modules, missing } = this.#graph.closure(urls);
    for (const module of modules) this.#prepare(module);
    // Hot reload replaces any module that runs.
    if (config.hot !== null)
      for (const module of this.#fused?.membersFor(modules) ?? []) this.#prepare(module);
    // The imports of a missing blob are unknown: a target for each module keeps them in this deploy.
    if (missing.size > 0 && this.#options.laterMaps) this.#prepareRest(this.#options.permitted);
  }

  /** Gives up runs that did not come, or are of no use for these modules: then their members run singly. */
  #refuseRuns(urls: readonly string[]): boolean {
    const fused = this.#fused;
    if (fused === null) return false;
    const { modules, missing } = this.#graph.closure(urls);
    const starts = new Set(urls);
    // Other instances of modules are no part of the plan.
    for (const { path, url } of modules) if (fused.urlOf(path) !== url) starts.add(url);
    for (const module of modules) if (fused.isPlanned(module)) starts.delete(module.url);
    const isAbsent = fused.refuseAbsent(missing);
    return fused.refuseUnplanned(this.#graph.closure(starts).modules) || isAbsent;
  }

  /** @param among natural URLs; all members of the runs in use without it */
  #prepareMembers(among?: ReadonlySet<unknown>): void {
    const urls = this.#fused?.members() ?? [];
    const { modules } = this.#graph.closure(urls.filter((url) => among?.has(url) !== false));
    for (const module of modules) this.#prepare(module);
  }

  /** What the page's own rules lead to. Once installed, they cannot be changed. */
  #addresses(): Set<unknown> {
    const { imports, scopes } = this.#options.resolver.map;
    return new Set([imports, ...scopes.values()].flatMap((rules) => [...rules.values()]));
  }

  #prepare(module: SiteModule): void {
    const { laterMaps, resolver } = this.#options;
    const { url, hash } = module;
    this.importTargets.prepare(module);
    if (laterMaps || !this.#started || this.importTargets.isInstalled(url)) return;
    // One map has a rule for each module. This is another URL of one, with a query or a fragment.
    const target = this.importTargets.targetOf(url);
    this.importTargets.adopt(url, target, hash);
    resolver.rename(url, target);
  }

  /**
   * Prepares the rest of the site for an engine that takes one import map: as embedded modules, as far as
   * their blobs are here. Those that the entries can reach are waited for, but no longer than for a socket. A
   * rule that leads to HTTP is the only one that all later imports of a module have in common, natively or
   * not, in cycles or not.
   */
  async #linkLazy(entries: readonly string[]): Promise<void> {
    const { config, channelClient, blobPool, permitted, fetchMissing, after } = this.#options;
    const reachable = () => this.#reachable(entries);
    if (fetchMissing) {
      const missing = () =>
        new Set(
          reachable()
            .flatMap((module) => this.#imports.missing(module))
            .filter((hash) => blobPool.get(hash) === undefined),
        );
      await Promise.race([
        channelClient.needClosure({ closure: () => ({ missing: missing() }) }, entries),
        new Promise<void>((resolve) => after(config.timeout, resolve)),
      ]);
    }
    // What has not come by now runs singly, over HTTP.
    this.#fused?.refuseAbsent();
    for (const module of reachable()) this.#prepare(module);
    this.#prepareRest(permitted);
  }

  /** Gives all other modules a target. Those of runs that are not here get one of their own. */
  #prepareRest(permitted: TargetKind): void {
    this.#fused?.refuseAbsent();
    this.importTargets.prepareRest(permitted);
  }

  /** What the entries can reach, also by computed `import()`, as far as these tell. */
  #reachable(entries: readonly string[]): SiteModule[] {
    const { blobPool, site, resolver } = this.#options;
    const urls = new Set(entries);
    for (;;) {
      const modules = this.#graph.reachable(urls);
      const before = urls.size;
      for (const { url, hash } of modules) {
        const blob = blobPool.get(hash);
        const computed = blob === undefined ? [] : computedImports(blob, url, site, resolver);
        for (const found of computed) urls.add(found);
      }
      if (urls.size === before) return modules;
    }
  }

  #install(): void {
    const map = this.importTargets.importMap();
    if (map !== null) this.#options.installImportMap(JSON.stringify(map), this.#options.config.nonce);
  }
}
