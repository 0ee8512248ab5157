import { moduleAt, naturalUrl, pathOfUrl, type Site, type SiteModule } from '../../../importmap/site.js';
import type { Hash } from '../../../schema/hash.js';
import type { Manifest } from '../../../schema/manifest.js';
import { derivedHashes } from '../../linking/read-fusion.js';
import { holdsModule } from '../../linking/module-url.js';
import type { ScopePorts } from '../ports.js';
import { moduleInstance, type ModuleInstance } from './module-instance.js';
import { Unparsed } from './unparsed.js';
import type { UrlLifetime } from './url-lifetime.js';

type Ports = Pick<ScopePorts, 'config' | 'blobPool' | 'channelClient' | 'pageDeploy' | 'otherManifests'>;

/** The module instances that this page runs, and how they differ from the newest manifest. */
export class ModuleRecords {
  readonly #running = new Map<string, ModuleInstance>();
  #site: Site;
  readonly #ports: Ports;
  readonly #urls: UrlLifetime;
  readonly #unparsed: Unparsed;
  /** Natural URLs that were left to the browser and may come into the manifest later. */
  readonly #leftToBrowser = new Set<string>();
  #hasExternal = false;

  constructor(ports: Ports, urls: UrlLifetime) {
    this.#ports = ports;
    this.#urls = urls;
    this.#unparsed = new Unparsed(ports.blobPool);
    this.#site = { root: ports.config.root, manifest: ports.pageDeploy.release.manifest };
  }

  /** Running instances by natural URL. */
  get running(): ReadonlyMap<string, ModuleInstance> {
    return this.#running;
  }

  /** The newest manifest. */
  get site(): Site {
    return this.#site;
  }

  /** Whether the browser has loaded modules by itself. What those import is unknown. */
  get hasExternal(): boolean {
    return this.#hasExternal;
  }

  setManifest(manifest: Manifest): void {
    this.#site = { root: this.#site.root, manifest };
  }

  set(instance: ModuleInstance): void {
    this.#running.set(instance.url, instance);
  }

  delete(url: string): void {
    this.#running.delete(url);
  }

  /**
   * Records the modules with which the page starts.
   *
   * @returns blobs that are not in the page, so that the imports of their modules are unknown
   */
  recordEntries(entries: readonly string[]): Set<Hash> {
    const { blobPool, pageDeploy, config } = this.#ports;
    const { importTargets } = pageDeploy.linker;
    const missing = new Set<Hash>();
    const site: Site = { root: config.root, manifest: pageDeploy.release.manifest };
    const queue = new Set(entries);
    for (const url of queue) {
      const module = moduleAt(site, url);
      const hash = importTargets.hashOf(url);
      const target = importTargets.targetOf(url);
      if (target === undefined) this.#hasExternal = true;
      if (module === undefined || hash !== module.hash || this.#running.get(url)?.name !== undefined)
        continue;
      const blob = blobPool.get(hash);
      if (blob === undefined) missing.add(hash);
      // A browser may know more syntax than the parser on the server.
      if (blob?.links?.state === 'unparsed') this.#hasExternal = true;
      const instance = moduleInstance(module, blob?.links ?? null, pageDeploy.resolver, target, undefined);
      this.set(instance);
      for (const next of instance.imports) queue.add(next);
    }
    return missing;
  }

  /**
   * Modules whose running version differs from the newest manifest, or that import a module which the browser
   * was to load and the manifest has now. Without deleted modules.
   */
  changed(): SiteModule[] {
    const appeared = (url: string) => !this.#running.has(url) && moduleAt(this.#site, url) !== undefined;
    const changed: SiteModule[] = [];
    for (const { url, path, hash, imports } of this.#running.values()) {
      const module = this.#site.manifest.modules.get(path);
      if (module === undefined) continue;
      if (module.hash !== hash || imports.some(appeared)) changed.push({ ...module, url, path });
    }
    return changed;
  }

  /** Modules that run although the newest manifest has none at their paths. */
  deleted(): ModuleInstance[] {
    const { modules } = this.#site.manifest;
    return [...this.#running.values()].filter(({ path }) => !modules.has(path));
  }

  /** Whether a module runs in the version of the newest manifest. */
  isNewest(url: string): boolean {
    const instance = this.#running.get(url);
    return instance !== undefined && moduleAt(this.#site, url)?.hash === instance.hash;
  }

  /**
   * The modules to replace for the newest version of `url`: those that changed among its static imports,
   * itself included, and all modules between.
   */
  outdatedBelow(url: string): Set<string> {
    const sound = this.changed().filter((module) => !this.isUnparsed(module));
    const outdated = new Set(sound.map((module) => module.url));
    for (let more = true; more;) {
      more = false;
      for (const instance of this.#running.values()) {
        if (outdated.has(instance.url) || !instance.imports.some((target) => outdated.has(target))) continue;
        outdated.add(instance.url);
        more = true;
      }
    }
    const reached = new Set([url]);
    for (const next of reached)
      for (const target of this.#running.get(next)?.imports ?? []) reached.add(target);
    return new Set([...outdated].filter((one) => reached.has(one)));
  }

  /** The browser loads a module by itself, and with it modules that are in no record. */
  markExternal(): void {
    this.#hasExternal = true;
  }

  /** The browser loads `url` from the site. Its importers are updated when the manifest has it. */
  leaveToBrowser(url: string): void {
    this.#leftToBrowser.add(url);
  }

  /** Modules that were left to the browser and are in the manifest now. Returns each once. */
  takeAppeared(): string[] {
    const appeared = [...this.#leftToBrowser].filter((url) => moduleAt(this.#site, url) !== undefined);
    for (const url of appeared) this.#leftToBrowser.delete(url);
    return appeared;
  }

  /** Whether the page runs a file, with any query. */
  runsFile(path: string): boolean {
    for (const instance of this.#running.values()) if (instance.path === path) return true;
    return false;
  }

  /** Whether the browser may have loaded a file by its natural URL, as a module. */
  wasTried(path: string): boolean {
    return this.#urls.isUnusable(this.urlOf(path));
  }

  /** Whether a module's newest version does not parse. */
  isUnparsed(module: SiteModule): boolean {
    return this.#unparsed.has(module);
  }

  urlOf(path: string): string {
    return naturalUrl(this.#site.root, path);
  }

  /**
   * The path of a module, by its natural URL or by the URL of an instance. A URL that is neither stays as it
   * is.
   */
  pathOf(given: string): string {
    const { importTargets } = this.#ports.pageDeploy.linker;
    const known =
      this.#urls.naturalUrlOf(given) ?? (holdsModule(given) ? importTargets.urlOf(given) : undefined);
    const url = known ?? given;
    return pathOfUrl(this.#site.root, url) ?? url;
  }

  /** Drops blobs that no running version and no newest version needs. */
  evict(): void {
    const { blobPool, channelClient, otherManifests } = this.#ports;
    const hashes = new Set<Hash>();
    for (const { hash } of this.#running.values()) hashes.add(hash);
    for (const manifest of [
      this.#site.manifest,
      channelClient.head?.manifest,
      channelClient.complete?.manifest,
      ...(otherManifests?.() ?? []),
    ]) {
      for (const { hash } of manifest?.modules.values() ?? []) hashes.add(hash);
    }
    const { fusion } = channelClient.complete ?? {};
    for (const hash of fusion ? derivedHashes(blobPool, fusion) : []) hashes.add(hash);
    blobPool.retain(hashes);
    this.#unparsed.retain(hashes);
  }
}
