import { vi } from 'vitest';
import { lexModule } from '../../../../importmap/index.js';
import { parseImportMap } from '../../../../importmap/parse.js';
import { Resolver } from '../../../../importmap/resolver.js';
import { naturalUrl, type SiteModule } from '../../../../importmap/site.js';
import { Emitter } from '../../../../loader/events.js';
import type { HotContext } from '../../../../loader/hot/api.js';
import { createHot } from '../../../../loader/hot/hot.js';
import type { Hot, PagePorts } from '../../../../loader/hot/ports.js';
import type { ModuleGraph } from '../../../../importmap/graph.js';
import type { Hash } from '../../../../schema/hash.js';
import { UNPARSED, type Links } from '../../../../schema/links.js';
import type { Manifest } from '../../../../schema/manifest.js';

export const ROOT = 'https://host/';

/** What a module does when it runs: its own code, after its imports. */
export type Code = (module: { readonly hot: HotContext; readonly url: string }) => unknown;

interface Blob256 {
  readonly bytes: Uint8Array;
  readonly links: Links | null;
}

export interface FakePageOptions {
  readonly entries?: readonly string[];
  readonly laterMaps?: boolean;
  /** Paths of modules that cannot run from a URL of their own. */
  readonly pinned?: readonly string[];
  /** Code of modules by path and version, `a.mjs 2`. */
  readonly code?: Readonly<Record<string, Code>>;
}

interface Target {
  readonly module: SiteModule;
  /** The names by which the linked module imports others. */
  readonly imports: readonly string[];
}

/** A module's source: imports first, then a comment with the version. */
export const source = (version: number | string, ...imports: string[]): string =>
  [...imports.map((specifier) => `import '${specifier}';`), `// ${version}`].join('\n');

const versionOf = (text: string): string => text.slice(text.lastIndexOf('//') + 3);

/** The import map's targets, with URLs that name the module: `blob:a.mjs 2 #3`. */
class FakeTargets {
  readonly created = new Map<string, Target>();
  readonly discarded: string[] = [];
  readonly #targets = new Map<string, string | undefined>();
  readonly #hashes = new Map<string, Hash>();
  readonly #installed = new Set<string>();

  constructor(
    readonly page: FakePage,
    readonly pinned: readonly string[],
  ) {}

  isInstalled = (url: string) => this.#installed.has(url);
  targetOf = (url: string) => this.#targets.get(url);
  hashOf = (url: string) => this.#hashes.get(url);
  urlOf = (target: string) => [...this.#targets].find(([, chosen]) => chosen === target)?.[0];

  prepare(module: SiteModule): void {
    if (this.#targets.has(module.url)) return;
    this.#targets.set(module.url, this.#link(module));
    this.#hashes.set(module.url, module.hash);
  }

  create(module: SiteModule): string | undefined {
    return this.pinned.includes(module.path) ? undefined : this.#link(module);
  }

  adopt(url: string, target: string | undefined, hash: Hash): void {
    this.#targets.set(url, target);
    this.#hashes.set(url, hash);
    this.#installed.add(url);
  }

  discard(target: string): void {
    this.discarded.push(target);
  }

  importMap(): { imports: Record<string, string> } | null {
    const fresh = [...this.#targets].filter(([url]) => !this.#installed.has(url));
    for (const [url] of fresh) this.#installed.add(url);
    if (fresh.length === 0) return null;
    return { imports: Object.fromEntries(fresh.flatMap(([url, target]) => (target ? [[url, target]] : []))) };
  }

  #link(module: SiteModule): string {
    const { resolver, blobs } = this.page;
    const { bytes, links } = blobs.get(module.hash)!;
    const target = `blob:${module.path} ${versionOf(new TextDecoder().decode(bytes))} #${this.created.size + 1}`;
    const imports = (links?.list ?? []).flatMap((link) =>
      link.kind === 'static' ? (resolver.written(link.specifier, module.url) ?? []) : [],
    );
    this.created.set(target, { module, imports });
    return target;
  }
}

/**
 * A page with hot reload, without a browser and without a server: its engine runs `Code` instead of sources.
 */
export class FakePage {
  /** What the modules and the page's console said. */
  readonly log: string[] = [];
  readonly code: Record<string, Code>;
  readonly resolver = new Resolver(parseImportMap('{}', ROOT).map);
  /** Blobs in the page. */
  readonly blobs = new Map<Hash, Blob256>();
  /** Blobs that the server has, by hash. */
  readonly served = new Map<Hash, Blob256>();
  readonly targets: FakeTargets;
  readonly ports: PagePorts;
  readonly installedMaps: Record<string, string>[] = [];
  hot!: Hot;
  /** Whether the server answers requests for blobs. */
  answers = true;
  /** Whether the application prevents the next updates. */
  prevents = false;
  onUpdate: () => void = () => {};
  readonly #timers = new Set<{ readonly ms: number; readonly callback: () => void }>();
  readonly #rules = new Map<string, string>();
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #channel = new Emitter<Record<string, unknown>>();
  #manifest: Manifest;
  #deploy = 1;
  #files: Readonly<Record<string, string>>;

  constructor(files: Readonly<Record<string, string>>, options: FakePageOptions = {}) {
    const { entries = ['main.mjs'], laterMaps = true, pinned = [], code = {} } = options;
    this.code = { ...code };
    this.#files = files;
    this.#manifest = this.#deployed(files, entries);
    for (const [hash, blob] of this.served) this.blobs.set(hash, blob);
    this.targets = new FakeTargets(this, pinned);
    this.ports = this.#createPorts(entries, laterMaps);
    vi.stubGlobal('location', {
      origin: 'https://host',
      pathname: '/',
      href: ROOT,
      reload: () => void this.log.push('reload'),
    });
    vi.stubGlobal('document', { scripts: [], styleSheets: [], querySelectorAll: () => [] });
    vi.stubGlobal('addEventListener', () => {});
    vi.stubGlobal('reportError', (error: unknown) => void this.log.push(`uncaught ${String(error)}`));
    performance.setResourceTimingBufferSize ??= () => {};
    for (const kind of ['info', 'warn', 'error'] as const) {
      vi.spyOn(console, kind).mockImplementation(
        (text: unknown) => void this.log.push(`${kind}: ${String(text)}`),
      );
    }
  }

  /** Creates hot reload and runs the entries. */
  async start(): Promise<this> {
    const { entries, linker } = this.ports.pageDeploy;
    const site = { root: ROOT, manifest: this.#manifest };
    const queue = new Set(entries);
    for (const url of queue) {
      const path = url.slice(ROOT.length);
      const module = site.manifest.modules.get(path);
      if (module === undefined) continue;
      linker.importTargets.prepare({ ...module, path, url });
      for (const name of this.targets.created.get(this.targets.targetOf(url)!)!.imports) queue.add(name);
    }
    this.#install(JSON.stringify(this.targets.importMap()));
    this.hot = createHot(this.ports);
    this.hot.booted();
    await Promise.allSettled(entries.map((url) => this.#import(url)));
    await this.settle();
    return this;
  }

  /** Saves files and delivers the deploy. Null deletes a file. */
  save(files: Readonly<Record<string, string | null>>, { withBlobs = true } = {}): void {
    this.#files = Object.fromEntries(
      Object.entries({ ...this.#files, ...files }).flatMap(([path, text]) =>
        text === null ? [] : [[path, text]],
      ),
    );
    this.#manifest = this.#deployed(this.#files, this.#manifest.entries);
    if (withBlobs) for (const [hash, blob] of this.served) this.blobs.set(hash, blob);
    const release = { deploy: ++this.#deploy, hash: `${this.#deploy}`, manifest: this.#manifest };
    Object.assign(this.ports.channelClient, { head: release, complete: release });
    this.#channel.emit('complete', { release, records: [] });
  }

  /** Saves files and waits until the update is applied. */
  async update(files: Readonly<Record<string, string | null>>): Promise<void> {
    this.save(files);
    await this.settle();
  }

  /** Waits until nothing happens any more, apart from what waits for the test. */
  async settle(): Promise<void> {
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  }

  /** Lets the timers of so many milliseconds pass. */
  async pass(ms: number): Promise<void> {
    for (const timer of this.#timers) {
      if (timer.ms !== ms) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
    await this.settle();
  }

  url(path: string): string {
    return ROOT + path;
  }

  /** The log's lines since the last call, without the console's. */
  ran(): string[] {
    return this.log.splice(0).filter((line) => !/^(?:info|warn|error): /.test(line));
  }

  #deployed(files: Readonly<Record<string, string>>, entries: readonly string[]): Manifest {
    const modules = new Map();
    for (const [path, text] of Object.entries(files)) {
      const hash = `${path}: ${text}`;
      const bytes = new TextEncoder().encode(text);
      const isUnparsed = text.startsWith('%');
      if (!this.served.has(hash)) {
        this.served.set(hash, { bytes, links: isUnparsed ? UNPARSED : lexModule(Buffer.from(bytes)) });
      }
      modules.set(path, { hash, size: bytes.length, type: 'text/javascript' });
    }
    return { modules, entries, importMap: null };
  }

  #createPorts(entries: readonly string[], laterMaps: boolean): PagePorts {
    const release = { deploy: 1, hash: '1', manifest: this.#manifest };
    const need = async (hashes: Iterable<Hash>) => {
      if (!this.answers) return;
      for (const hash of hashes) {
        const blob = this.served.get(hash);
        if (blob !== undefined) this.blobs.set(hash, blob);
      }
    };
    const channelClient = Object.assign(this.#channel, {
      head: release,
      complete: release,
      need,
      needClosure: (graph: ModuleGraph, urls: readonly string[]) => need(graph.closure(urls).missing),
    });
    const ports = {
      config: {
        root: ROOT,
        prefix: `${ROOT}-/`,
        nonce: '',
        hot: { version: '1', integrity: '', page: null, file: null, deploy: 1, served: 0, overlay: false },
      },
      blobPool: {
        get: (hash: Hash) => this.blobs.get(hash),
        has: (hash: Hash) => this.blobs.has(hash),
        retain: (hashes: ReadonlySet<Hash>) => {
          for (const hash of this.blobs.keys()) if (!hashes.has(hash)) this.blobs.delete(hash);
        },
      },
      channelClient,
      connection: Object.assign(new Emitter<Record<string, unknown>>(), { state: 'open', send: () => true }),
      outbox: { send: () => {} },
      news: [],
      pageDeploy: {
        release,
        entries: entries.map((path) => naturalUrl(ROOT, path)),
        linker: { importTargets: this.targets, ensure: async () => {} },
        resolver: this.resolver,
        laterMaps,
        brokenMaps: [],
      },
      targets: 'blob',
      installImportMap: (json: string) => this.#install(json),
      importModule: (name: string) => this.#import(name),
      announce: () => {
        this.onUpdate();
        return !this.prevents;
      },
      moved: () => {},
      fetchManifest: async () => null,
      after: (ms: number, callback: () => void) => {
        const timer = { ms, callback };
        this.#timers.add(timer);
        return () => void this.#timers.delete(timer);
      },
      problem: (code: string, message: string) => void this.log.push(`problem ${code}: ${message}`),
    };
    return ports as unknown as PagePorts;
  }

  /** The first rule of a name counts. */
  #install(json: string): void {
    const { imports = {} } = (JSON.parse(json) ?? {}) as { imports?: Record<string, string> };
    this.installedMaps.push(imports);
    for (const [name, target] of Object.entries(imports)) {
      if (!this.#rules.has(name)) this.#rules.set(name, target);
    }
  }

  #import(name: string, importers: readonly string[] = []): Promise<unknown> {
    const target = this.#rules.get(name) ?? name;
    if (importers.includes(target)) return Promise.resolve();
    let running = this.#running.get(target);
    if (running === undefined) this.#running.set(target, (running = this.#run(target, importers)));
    return running;
  }

  async #run(target: string, importers: readonly string[]): Promise<unknown> {
    const linked = this.targets.created.get(target);
    if (linked === undefined) throw new TypeError(`no module at ${target}`);
    for (const name of linked.imports) await this.#import(name, [...importers, target]);
    const { path, url } = linked.module;
    const version = target.slice(`blob:${path} `.length).replace(/ #\d+$/, '');
    this.log.push(`${path} ${version}`);
    await this.code[`${path} ${version}`]?.({ hot: this.hot.context(url, target), url });
    return { path, version };
  }
}
