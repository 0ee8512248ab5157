import { generateImportMap, laterImportMap, moduleUrl } from '../../importmap/generate.js';
import type { ImportMapJson } from '../../importmap/import-map.js';
import type { Resolver } from '../../importmap/resolver.js';
import { moduleAt, naturalUrl, type Site, type SiteModule } from '../../importmap/site.js';
import type { Hash } from '../../schema/hash.js';
import type { BlobPool } from '../cache/blob-pool.js';
import { createDebug } from '../debug.js';
import type { NativeScripts } from '../page/native-scripts.js';
import type { ChooseTarget, TargetKind } from './choose-target.js';
import type { FusedModules } from '../../importmap/fused-modules.js';
import { ModuleSource } from './module-source.js';
import { createModuleUrl, type UrlKind } from './module-url.js';
import { RunTargets } from './run-targets.js';

export interface ImportTargetsOptions {
  readonly site: Site;
  readonly resolver: Resolver;
  readonly blobPool: Pick<BlobPool, 'get'>;
  /** The registry's prefix as a URL. */
  readonly prefix: string;
  readonly chooseTarget: ChooseTarget;
  /** Null where all modules run singly. */
  readonly fused: FusedModules | null;
  /** The best target that the page's policy permits. */
  readonly permitted: TargetKind;
  /** Files may have changed by the time the browser requests them at their natural URLs. */
  readonly watched: boolean;
  /** Whether the page gives integrity metadata for a URL, or loads it natively. */
  readonly pinned: (url: string) => boolean;
  /** The import map that the browser has already. */
  readonly native: Pick<NativeScripts, 'map'>;
  readonly onUnlinkable: (module: SiteModule, error: unknown) => void;
}

const debug = createDebug('link');

/**
 * Where the import map sends each natural URL. A target is chosen once: a rule of an installed import map
 * cannot change. Later instances of a module are imported by other names.
 */
export class ImportTargets {
  readonly #options: ImportTargetsOptions;
  readonly #targets = new Map<string, string | undefined>();
  /** The version that each natural URL was decided for. */
  readonly #hashes = new Map<string, Hash>();
  /** Bytes of the blobs in use, by target. */
  readonly #sizes = new Map<string, number>();
  /** The natural URL of each target that holds a module. Errors may name one that has been replaced. */
  readonly #urls = new Map<string, string>();
  /** The first target of each natural URL whose module is in a run. */
  readonly #facades = new Map<string, string>();
  /** Natural URLs whose rule is installed, or that never get one. */
  readonly #installed = new Set<string>();
  readonly #installedAliases = new Set<string>();
  readonly #runs: RunTargets | null;
  #hasMap = false;

  constructor(options: ImportTargetsOptions) {
    this.#options = options;
    const { fused, permitted } = options;
    this.#runs =
      fused === null || permitted === 'http'
        ? null
        : new RunTargets({ ...options, fused, kind: permitted, targetOf: this.targetOf });
  }

  /** Modules that run from a blob. */
  get count(): number {
    let count = this.#runs?.count ?? 0;
    for (const [url, target] of this.#targets) {
      if (target !== undefined && this.#sizes.has(target)) count++;
      // Another instance has taken the place of the one in a run.
      if ((this.#facades.get(url) ?? target) !== target) count--;
    }
    return count;
  }

  /** Bytes of the blobs in use. */
  get bytes(): number {
    let bytes = this.#runs?.bytes ?? 0;
    for (const size of this.#sizes.values()) bytes += size;
    return bytes;
  }

  isInstalled = (url: string): boolean => this.#installed.has(url);

  /** The target of a natural URL; undefined leaves it to the site. */
  targetOf = (url: string): string | undefined => this.#targets.get(url);

  /** The version that a natural URL was decided for; undefined before. */
  hashOf = (url: string): Hash | undefined => this.#hashes.get(url);

  /** The natural URL of a module that a target holds, or the URL of a run. */
  urlOf = (target: string): string | undefined => this.#urls.get(target) ?? this.#runs?.urlOf(target);

  /** Chooses a module's target, and links it. */
  prepare(module: SiteModule, permitted = this.#options.permitted): void {
    if (this.#targets.has(module.url)) return;
    const run = this.#runs === null ? undefined : this.#options.fused!.runOf(module);
    const target = run === undefined ? this.#create(module, 'first', permitted) : this.#createFacade(module);
    this.#targets.set(module.url, target);
    this.#hashes.set(module.url, module.hash);
  }

  /** Gives every other module of the site its target: for engines and pages that take no later import map. */
  prepareRest(permitted: TargetKind): void {
    const { site } = this.#options;
    for (const path of site.manifest.modules.keys()) {
      const module = moduleAt(site, naturalUrl(site.root, path));
      if (module !== undefined) this.prepare(module, permitted);
    }
  }

  /**
   * Creates the target of a later instance. No rule leads to it until `adopt`.
   *
   * @returns undefined when only the site can serve it
   */
  create(module: SiteModule): string | undefined {
    return this.#create(module, 'later', this.#options.permitted);
  }

  /** Records that a target has taken the place of the one before. */
  adopt(url: string, target: string | undefined, hash: Hash): void {
    this.#targets.set(url, target);
    this.#hashes.set(url, hash);
    this.#installed.add(url);
  }

  /** Releases a target that nothing will import any more. */
  discard(target: string): void {
    if (this.#sizes.delete(target)) URL.revokeObjectURL(target);
  }

  /** The import map with the rules that are not installed yet; null when there are none. */
  importMap(): ImportMapJson | null {
    const { site, resolver } = this.#options;
    const urls = [...this.#targets.keys()].filter((url) => !this.#installed.has(url));
    const aliases = [...resolver.aliases.keys()].filter((alias) => !this.#installedAliases.has(alias));
    const isFirst = !this.#hasMap;
    const runs = this.#runs?.rules() ?? {};
    if (urls.length === 0 && aliases.length === 0 && Object.keys(runs).length === 0 && !isFirst) return null;
    this.#hasMap = true;
    for (const url of urls) this.#installed.add(url);
    for (const alias of aliases) this.#installedAliases.add(alias);
    const map = isFirst
      ? generateImportMap(site, resolver, urls, this.targetOf)
      : laterImportMap(site, resolver, [...this.#targets.keys()], urls, aliases, this.targetOf);
    Object.assign(map.imports!, runs);
    this.#addRooted(map, urls);
    if (isFirst) this.#removeNative(map);
    return map;
  }

  /**
   * Leaves to the site what a script of the page has resolved before the map was there. The browser has
   * dropped its rule.
   *
   * @param resolve what the page makes of a natural URL
   * @returns false if no rule counts
   */
  settle(resolve: (url: string) => string): boolean {
    const rules = [...this.#targets].filter(
      ([url, target]) => target !== undefined && this.#options.resolver.isOwnName(url),
    );
    const dropped = rules.filter(([url]) => resolve(url) === url);
    for (const [url, target] of dropped) {
      this.discard(target!);
      this.#targets.set(url, undefined);
    }
    return rules.length === 0 || dropped.length < rules.length;
  }

  /** The browser ignores a rule that it has already, and says so. */
  #removeNative({ imports = {}, scopes = {} }: ImportMapJson): void {
    const native = this.#options.native.map;
    for (const key of native.imports.keys()) delete imports[key];
    for (const [scope, rules] of native.scopes) {
      for (const key of rules.keys()) delete scopes[scope]?.[key];
    }
  }

  /**
   * Modules at HTTP targets import others by root-relative URLs, which are the registry's when it is not in
   * the site.
   */
  #addRooted(map: ImportMapJson, urls: readonly string[]): void {
    const { site, prefix } = this.#options;
    if (prefix.startsWith(site.root)) return;
    for (const url of urls) {
      const target = this.targetOf(url);
      if (target?.startsWith(prefix) !== true) continue;
      const rooted = new URL(`/${url.slice(site.root.length)}`, prefix).href;
      map.imports![rooted] ??= target;
    }
  }

  #create(module: SiteModule, instance: 'first' | 'later', permitted: TargetKind): string | undefined {
    const { chooseTarget, blobPool, resolver, pinned, watched } = this.#options;
    const source = new ModuleSource(module, blobPool, resolver);
    const isRepeated = () => this.#isRepeated(module.url);
    try {
      const kind = chooseTarget({
        module,
        instance,
        permitted,
        pinned: pinned(module.url),
        watched,
        isRepeated,
        source,
      });
      debug(module.url, instance, kind ?? 'left to the site');
      return kind === undefined ? undefined : this.#make[kind](source);
    } catch (error) {
      this.#options.onUnlinkable(module, error);
      return this.#make.http(source);
    }
  }

  /** Makes the target of each kind. */
  readonly #make: Record<TargetKind, (source: ModuleSource) => string> = {
    data: (source) => this.#embed('data', source),
    blob: (source) => this.#embed('blob', source),
    http: ({ module }) => moduleUrl(this.#options.prefix, module, this.#options.site.root),
  };

  /** A facade has no size: it is no module of the site. */
  #createFacade({ path, url }: SiteModule): string {
    const facade = this.#runs!.create(path);
    this.#urls.set(facade, url);
    this.#facades.set(url, facade);
    debug(url, 'in a run');
    return facade;
  }

  #embed(kind: UrlKind, { parts, module, size }: ModuleSource): string {
    const target = createModuleUrl(kind, parts, module.type);
    this.#sizes.set(target, size);
    this.#urls.set(target, module.url);
    return target;
  }

  /** Whether the import map will name the target several times, as the page's own rules lead to it. */
  #isRepeated(url: string): boolean {
    const { map } = this.#options.resolver;
    let rules = 0;
    for (const own of [map.imports, ...map.scopes.values()]) {
      for (const address of own.values()) {
        if (address !== null && (address === url || (address.endsWith('/') && url.startsWith(address))))
          rules++;
      }
    }
    return rules > 1;
  }
}
