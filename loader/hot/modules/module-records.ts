import { importsOf } from '../../../importmap/graph.js';
import { moduleAt, naturalUrl, pathOfUrl, type Site, type SiteModule } from '../../../importmap/site.js';
import type { Hash } from '../../../schema/hash.js';
import type { Links } from '../../../schema/links.js';
import { holdsModule } from '../../linking/module-url.js';
import { CycleFailure, Failure, GoneFailure } from '../errors/failure.js';
import type { HotPorts } from '../ports.js';
import { Unparsed } from './unparsed.js';
import type { Batch, ModuleInstance } from './module-instance.js';

interface Plan {
  /** Modules that need an instance, each after what it imports, cycles apart. */
  readonly order: readonly SiteModule[];
  readonly missing: ReadonlySet<Hash>;
  /** Met again while what they import was still being looked at. */
  readonly circular: ReadonlySet<string>;
}

/** URLs of old instances that are kept while some import has not settled. */
const KEPT_URLS = 64;

/** What an import has to say of a module that is no JavaScript. */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['application/json', 'json'],
  ['text/css', 'css'],
]);

type Ports = HotPorts & { readonly pageDeploy: NonNullable<HotPorts['pageDeploy']> };

/** The versions of modules that this page runs, and the making of new ones. */
export class ModuleRecords {
  readonly running = new Map<string, ModuleInstance>();
  /** The newest manifest. */
  site: Site;
  readonly #ports: Ports;
  readonly #unparsed: Unparsed;
  /** Natural URLs that the engine may have tried already, to no avail: they lead nowhere any more. */
  readonly #spent = new Set<string>();
  /** Those that were in no manifest, or whose blobs could not be had. */
  readonly #left = new Set<string>();
  /** Whether the browser has found modules by itself, and with them whatever they import: nobody knows what. */
  #isWild = false;
  #names = 0;
  /** Imports that have not settled: until then no URL is revoked. */
  #flights = 0;
  readonly #superseded: string[] = [];
  /** Natural URLs of the instances that are made here. */
  readonly #natural = new Map<string, string>();

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#unparsed = new Unparsed(ports.blobPool);
    this.site = { root: ports.config.root, manifest: ports.pageDeploy.release.manifest };
  }

  /** Takes note of the modules with which the page starts. @returns blobs that are not here, so that links are unknown */
  begin(entries: readonly string[]): Set<Hash> {
    const { blobPool, pageDeploy } = this.#ports;
    const missing = new Set<Hash>();
    const site: Site = { root: this.#ports.config.root, manifest: pageDeploy.release.manifest };
    const queue = [...entries];
    const seen = new Set(queue);
    for (const url of queue) {
      const { importTargets } = pageDeploy.linker;
      const module = moduleAt(site, url);
      const hash = importTargets.hashOf(url);
      if (importTargets.targetOf(url) === undefined) this.#isWild = true;
      if (module === undefined || hash !== module.hash || this.running.get(url)?.name !== undefined) continue;
      const blob = blobPool.get(hash);
      if (blob === undefined) missing.add(hash);
      // A browser may know more than the parser on the server.
      if (blob?.links?.state === 'unparsed') this.#isWild = true;
      const version = this.#version(module, blob?.links ?? null, importTargets.targetOf(url), undefined);
      this.running.set(url, version);
      for (const next of version.imports) {
        if (seen.has(next)) continue;
        seen.add(next);
        queue.push(next);
      }
    }
    return missing;
  }

  /**
   * Modules that run in another version than the newest manifest has, or import something that has come into it since
   * the browser was left to find it. Deleted ones are none.
   */
  stale(): SiteModule[] {
    const stale: SiteModule[] = [];
    const appeared = (url: string) => !this.running.has(url) && moduleAt(this.site, url) !== undefined;
    for (const { url, path, hash, imports } of this.running.values()) {
      const module = this.site.manifest.modules.get(path);
      if (module === undefined) continue;
      if (module.hash !== hash || imports.some(appeared)) stale.push({ ...module, url, path });
    }
    return stale;
  }

  /** Whether a module runs as the newest manifest has it. */
  isNewest(url: string): boolean {
    const version = this.running.get(url);
    return version !== undefined && moduleAt(this.site, url)?.hash === version.hash;
  }

  /** Modules that have come into the manifest since the browser was left to find them. Each is said once. */
  appeared(): string[] {
    const appeared = [...this.#left].filter((url) => moduleAt(this.site, url) !== undefined);
    for (const url of appeared) this.#left.delete(url);
    return appeared;
  }

  /** The browser has found a module that could not be made here: whoever imported it is to have it anew when it can. */
  leave(url: string): void {
    this.#left.add(url);
  }

  /** Modules that run although the newest manifest has none at their paths. */
  deleted(): ModuleInstance[] {
    const { modules } = this.site.manifest;
    return [...this.running.values()].filter(({ path }) => !modules.has(path));
  }

  /**
   * Those that a module reaches by static imports, itself among them, and between it and them: what has to be made anew
   * for the newest version of it.
   */
  staleBelow(url: string): Set<string> {
    const stale = new Set(
      this.stale()
        .filter((module) => !this.isBroken(module))
        .map((module) => module.url),
    );
    for (let more = true; more;) {
      more = false;
      for (const version of this.running.values()) {
        if (stale.has(version.url) || !version.imports.some((target) => stale.has(target))) continue;
        stale.add(version.url);
        more = true;
      }
    }
    const reached = new Set([url]);
    for (const next of reached)
      for (const target of this.running.get(next)?.imports ?? []) reached.add(target);
    return new Set([...stale].filter((one) => reached.has(one)));
  }

  /** Whether the page runs a file, under whatever query. */
  runs(path: string): boolean {
    for (const version of this.running.values()) if (version.path === path) return true;
    return false;
  }

  /** Whether the browser was left to find a module at a natural URL: then it is known what it was asked for. */
  wasTried(path: string): boolean {
    return this.#spent.has(this.urlOf(path));
  }

  urlOf(path: string): string {
    return naturalUrl(this.site.root, path);
  }

  /** How a module is called, by its natural URL or by that of an instance. */
  pathOf(given: string): string {
    const { importTargets } = this.#ports.pageDeploy.linker;
    const known = this.#natural.get(given) ?? (holdsModule(given) ? importTargets.urlOf(given) : undefined);
    const url = known ?? given;
    return pathOfUrl(this.site.root, url) ?? url;
  }

  /** Whether a module's newest version does not parse. */
  isBroken(module: SiteModule): boolean {
    return this.#unparsed.has(module);
  }

  /**
   * Makes instances of modules and of what they import that does not run yet. Names lead to the new ones from then
   * on, until `rollback`.
   *
   * @param force modules that get another instance although they run
   * @param broken what becomes of those that do not parse: `run` leaves it to the browser to say so
   * @throws Failure before anything has been made
   */
  async make(
    roots: readonly string[],
    force: ReadonlySet<string>,
    broken: 'refuse' | 'run' = 'refuse',
  ): Promise<Batch> {
    try {
      for (let asked: ReadonlySet<Hash> | undefined; ;) {
        const plan = this.#plan(roots, force, broken);
        const { missing, order } = plan;
        // At once: another import that begins meanwhile is not to make the same modules a second time.
        if (missing.size === 0) return this.#make(plan, force);
        if (asked !== undefined && [...asked].every((hash) => missing.has(hash))) {
          const path = order.find(({ hash }) => missing.has(hash))?.path;
          throw new Failure(`${path} has not come`, path);
        }
        asked = missing;
        await this.#ports.channelClient.need(missing, true);
      }
    } catch (error) {
      // The browser may be asked for them all the same.
      for (const root of roots) if (!this.running.has(root)) this.#spent.add(root);
      this.#isWild = true;
      throw error;
    }
  }

  /** Imports the current instance of a module, as what it is where no options say so. */
  async import(url: string, options = this.#optionsFor(url)): Promise<unknown> {
    const { pageDeploy, importModule } = this.#ports;
    this.#flights++;
    try {
      return await importModule(pageDeploy.resolver.name(url), options);
    } finally {
      this.#flights--;
    }
  }

  /** Takes modules out that have to be made anew when they are next imported. */
  retire(urls: Iterable<string>): Batch {
    const before = new Map<string, ModuleInstance | undefined>();
    for (const url of urls) {
      before.set(url, this.running.get(url));
      this.running.delete(url);
      this.#spent.add(url);
    }
    return { made: new Map(), before };
  }

  /** Gives up new instances, all or some: the ones before run on. */
  rollback({ made, before }: Batch, only: (url: string) => boolean = () => true): void {
    const { resolver, linker } = this.#ports.pageDeploy;
    for (const [url, old] of before) {
      if (!only(url)) continue;
      // Somebody else has made a newer one meanwhile.
      if (this.running.get(url) !== made.get(url)) continue;
      this.#spent.add(url);
      resolver.rename(url, old?.name);
      if (old === undefined) this.running.delete(url);
      else {
        this.running.set(url, old);
        linker.importTargets.adopt(url, old.target, old.hash);
      }
      const target = made.get(url)?.target;
      if (target !== undefined) this.#superseded.push(target);
    }
  }

  /** Instances that nothing will ask for again. */
  supersede(targets: Iterable<string>): void {
    this.#superseded.push(...targets);
  }

  /** Lets go of what no running or newest version needs. */
  tidy(): void {
    const { blobPool, channelClient, pageDeploy } = this.#ports;
    // A module that waits at its top level for ever is no reason to keep URLs without bound.
    const keep = this.#flights > 0 ? KEPT_URLS : 0;
    while (this.#superseded.length > keep) {
      const target = this.#superseded.shift()!;
      pageDeploy.linker.importTargets.discard(target);
      this.#natural.delete(target);
    }
    const hashes = new Set<Hash>();
    for (const { hash } of this.running.values()) hashes.add(hash);
    for (const manifest of [
      this.site.manifest,
      channelClient.head?.manifest,
      channelClient.complete?.manifest,
    ]) {
      for (const { hash } of manifest?.modules.values() ?? []) hashes.add(hash);
    }
    blobPool.retain(hashes);
    this.#unparsed.retain(hashes);
  }

  #optionsFor(url: string): ImportCallOptions | undefined {
    const type = ATTRIBUTES.get(moduleAt(this.site, url)?.type ?? '');
    return type === undefined ? undefined : { with: { type } };
  }

  #version(
    module: SiteModule,
    links: Links | null,
    target: string | undefined,
    name: string | undefined,
  ): ModuleInstance {
    const { static: imports, dynamic } = importsOf(module, links, this.#ports.pageDeploy.resolver);
    const computed =
      links?.list.some((link) => link.kind === 'dynamic' && link.specifier === undefined) ?? false;
    const { url, path, hash } = module;
    return { url, path, hash, target, name, imports, dynamic: new Set(dynamic), computed };
  }

  #plan(roots: readonly string[], force: ReadonlySet<string>, broken: 'refuse' | 'run'): Plan {
    const { blobPool, pageDeploy } = this.#ports;
    const order: SiteModule[] = [];
    const missing = new Set<Hash>();
    const circular = new Set<string>();
    const state = new Map<string, 'open' | 'done'>();
    const stack: { module: SiteModule; imports: readonly string[]; next: number }[] = [];

    const enter = (url: string, importer: SiteModule | undefined): void => {
      if (state.get(url) === 'open') circular.add(url);
      if (state.has(url)) return;
      const module = moduleAt(this.site, url);
      const runs = this.running.has(url);
      if (module === undefined) {
        const path = this.pathOf(url);
        // A rule of the import map outlives the file, and would lead to what it was.
        if (runs || pageDeploy.linker.importTargets.targetOf(url) !== undefined) {
          const by = importer === undefined ? '' : `, but ${importer.path} imports it`;
          throw new GoneFailure(`${path} is not there any more${by}`, importer?.path ?? path, url);
        }
        // Not the registry's: the browser fetches it, and what it finds is found for good.
        this.#spent.add(url);
        this.#left.add(url);
        this.#isWild = true;
        return;
      }
      if (runs && !force.has(url)) return;
      const blob = blobPool.get(module.hash);
      if (blob === undefined) missing.add(module.hash);
      if (this.isBroken(module)) {
        if (broken === 'refuse') throw new Failure(`${module.path} does not parse`, module.path);
        this.#isWild = true;
      }
      state.set(url, 'open');
      const imports = importsOf(module, blob?.links ?? null, pageDeploy.resolver).static;
      stack.push({ module, imports, next: 0 });
    };

    for (const root of roots) {
      enter(root, undefined);
      for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
        const url = top.imports[top.next++];
        if (url !== undefined) {
          enter(url, top.module);
          continue;
        }
        order.push(top.module);
        state.set(top.module.url, 'done');
        stack.pop();
      }
    }
    return { order, missing, circular };
  }

  /** Those of a plan that cannot be found under their natural URLs. */
  #unnatural(order: readonly SiteModule[], force: ReadonlySet<string>): Set<string> {
    const { linker, resolver, laterMaps } = this.#ports.pageDeploy;
    const { importTargets } = linker;
    const found = new Set<string>();
    for (const { url, hash } of order) {
      const leads = importTargets.isInstalled(url)
        ? importTargets.hashOf(url) === hash
        : laterMaps && !this.#isWild;
      if (force.has(url) || this.#spent.has(url) || !leads) found.add(url);
    }
    // An instance that a rule leads to already has been linked: to natural URLs.
    const settled = order.filter(({ url }) => !found.has(url) && importTargets.isInstalled(url));
    for (let more = true; more;) {
      more = false;
      for (const module of settled) {
        if (found.has(module.url)) continue;
        const links = this.#ports.blobPool.get(module.hash)?.links ?? null;
        const moved = (url: string) => found.has(url) || this.running.get(url)?.name !== undefined;
        if (!importsOf(module, links, resolver).static.some(moved)) continue;
        found.add(module.url);
        more = true;
      }
    }
    return found;
  }

  #make({ order, circular }: Plan, force: ReadonlySet<string>): Batch {
    const { pageDeploy, blobPool, config, installImportMap } = this.#ports;
    const { resolver, linker, laterMaps } = pageDeploy;
    const { importTargets } = linker;
    const unnatural = this.#unnatural(order, force);
    const aliases = new Map<string, string>();
    for (const url of circular) if (unnatural.has(url)) aliases.set(url, `modcast:${++this.#names}/${url}`);
    if (aliases.size > 0 && !laterMaps) {
      const paths = [...aliases.keys()].map((url) => this.pathOf(url));
      throw new CycleFailure(
        `${paths.join(', ')}: in a cycle, which this browser cannot take in a running page`,
      );
    }

    const made = new Map<string, ModuleInstance>();
    const before = new Map<string, ModuleInstance | undefined>();
    const rules: Record<string, string> = {};
    for (const [url, alias] of aliases) resolver.rename(url, alias);
    for (const module of order) {
      const { url, hash } = module;
      const links = blobPool.get(hash)?.links ?? null;
      before.set(url, this.running.get(url));
      let target: string | undefined;
      let name: string | undefined;
      if (unnatural.has(url)) {
        target = importTargets.create(module);
        if (target === undefined) {
          this.rollback({ made, before });
          for (const alias of aliases.keys()) resolver.rename(alias, this.running.get(alias)?.name);
          throw new Failure(`${module.path} cannot be replaced in a running page`, module.path);
        }
        this.#natural.set(target, url);
        name = aliases.get(url) ?? target;
        if (name !== target) rules[name] = target;
        resolver.rename(url, name);
        importTargets.adopt(url, target, hash);
      } else {
        importTargets.prepare(module);
        target = importTargets.targetOf(url);
      }
      const version = this.#version(module, links, target, name);
      made.set(url, version);
      this.running.set(url, version);
    }
    if (laterMaps) {
      const imports = { ...importTargets.importMap()?.imports, ...rules };
      if (Object.keys(imports).length > 0) installImportMap(JSON.stringify({ imports }), config.nonce);
    }
    return { made, before };
  }
}
