import { naturalUrl } from '../importmap/site.js';
import type { Hello } from '../schema/from-client.js';
import { HOT_TOPIC } from '../schema/hot-news.js';
import { parsePath, pathToUrl } from '../schema/path.js';
import type { BootInfo, Modcast, ModcastEvents, Stats } from './api.js';
import { choose, type Choice } from './boot.js';
import type { LoaderConfig } from './config.js';
import { Connection } from './transport/connection.js';
import { BlobPool } from './cache/blob-pool.js';
import { Emitter } from './events.js';
import { hash } from './hash.js';
import {
  installImportMap,
  pageParsed,
  readHeldPage,
  restoreImportMaps,
  runHeldScripts,
  settleImportMaps,
  settlePreloads,
} from './page/held-scripts.js';
import { loadHot } from './hot/load.js';
import type { CreateHot, Hot } from './hot/ports.js';
import type { Targets } from './linking/import-targets.js';
import { CacheWriter } from './cache/cache-writer.js';
import { ChannelClient, type Release } from './transport/channel-client.js';
import { Outbox } from './transport/outbox.js';
import { PageEvents } from './page/page-events.js';
import { probePolicy, type Allowed } from './page/policy.js';
import { fetchManifest, fetchPack, type FetchOptions } from './transport/plain-files.js';
import { ProgressBar } from './page/progress.js';
import { preferredUrlKind, type UrlKind } from './linking/module-url.js';
import { createPageDeploy, importModule, provideRuntime, type PageDeploy } from './linking/page-deploy.js';
import { StylesheetGate } from './page/stylesheet-gate.js';

const after = (ms: number, callback: () => void): (() => void) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

type Prepare = (release: Release, targets: Targets, urls: UrlKind) => PageDeploy;

const EVENTS: readonly (keyof ModcastEvents)[] = ['progress', 'booted', 'deploy', 'update', 'error'];

/** A page's modcast: ties the socket, the cache and the running modules together, and is what `modcast` shows. */
export class Client {
  readonly #config: LoaderConfig;
  readonly #events = new Emitter<ModcastEvents>();
  readonly #topics = new Emitter<Record<string, unknown>>();
  readonly #pageEvents = new PageEvents();
  readonly #stylesheetGate = new StylesheetGate();
  readonly #connection: Connection;
  readonly #cacheWriter: CacheWriter;
  readonly #ready: Promise<BootInfo>;
  #resolveReady!: (info: BootInfo) => void;
  /** What runs, once that is settled: before the page's modules do, so that they may import by path and wait for it. */
  readonly #settled: Promise<PageDeploy | null>;
  #resolveSettled!: (pageDeploy: PageDeploy | null) => void;
  #allowed: Promise<Allowed> = Promise.resolve('blob');
  #state: 'booting' | 'booted' = 'booting';
  #boot: BootInfo | null = null;
  #pageDeploy: PageDeploy | null = null;
  #channelClient: ChannelClient | undefined;
  #blobPool: BlobPool | undefined;
  #loadingHot: Promise<CreateHot | undefined> = Promise.resolve(undefined);
  #hot: Hot | undefined;
  /** Bytes of blobs that came over the socket before the boot was over. */
  #fetched = 0;
  /** The last deploy that `deploy` was emitted for. */
  #announced: number | null = null;
  /** What a server that watches has said before hot reload was there to hear it. */
  readonly #news: unknown[] = [];
  #outbox: Outbox | undefined;

  constructor(config: LoaderConfig) {
    this.#config = config;
    this.#ready = new Promise((resolve) => (this.#resolveReady = resolve));
    this.#settled = new Promise((resolve) => (this.#resolveSettled = resolve));
    this.#cacheWriter = new CacheWriter({
      config,
      hasher: hash,
      after,
      booted: this.#ready,
      onProblem: (error) => this.#problem('cache-unavailable', String(error)),
    });
    this.#connection = new Connection({
      url: `${config.prefix.replace(/^http/, 'ws')}socket`,
      hello: () => this.#hello(),
      createSocket: (url) => new WebSocket(url),
      random: Math.random,
      after,
    });
  }

  /** Everything that takes time begins at once: the socket, the cache, the page's parsing. */
  start(): void {
    if (this.#config.socket) this.#connection.connect();
    else this.#connection.close();
    // A policy in a <meta> is in force from where it stands: the whole page has to be there.
    this.#allowed = pageParsed()
      .then(() => probePolicy(this.#config.nonce, preferredUrlKind()))
      // A page that took away what trying needs.
      .catch((): Allowed => 'nothing');
    this.#loadingHot = loadHot(this.#config);
    const bar = this.#config.progress ? new ProgressBar() : undefined;
    this.#events.on('progress', ({ received, total }) => bar?.update(total === 0 ? 0 : received / total));
    this.#run()
      .catch((error: unknown) => {
        this.#problem('boot-failed', String(error));
        return this.#runPage(null, 'native');
      })
      .finally(() => bar?.remove());
  }

  get api(): Modcast {
    return {
      ready: this.#ready,
      import: async (path) => {
        const pageDeploy = await this.#settled;
        const url = naturalUrl(this.#config.root, parsePath(path));
        if (pageDeploy === null) return importModule(url);
        if (this.#hot !== undefined) return this.#hot.newest(url);
        await pageDeploy.linker.ensure(url);
        return importModule(pageDeploy.resolver.name(url));
      },
      url: (path) => {
        const deploy = this.#pageDeploy?.release.deploy;
        if (deploy === undefined) return naturalUrl(this.#config.root, parsePath(path));
        return `${this.#config.prefix}deploys/${deploy}/at/${pathToUrl(parsePath(path))}`;
      },
      prefetch: async (paths) => {
        const pageDeploy = await this.#settled;
        const urls = [paths].flat().map((path) => naturalUrl(this.#config.root, parsePath(path)));
        await (this.#hot ?? pageDeploy?.linker)?.prefetch(urls);
      },
      on: (event, listener) => {
        if (!EVENTS.includes(event))
          throw new TypeError(`no event "${event}": it is one of ${EVENTS.join(', ')}`);
        return this.#events.on(event, listener);
      },
      channel: (topic) => ({
        send: (data = null) => this.#connection.send({ type: 'message', topic, data }),
        on: (listener) => this.#topics.on(topic, listener),
      }),
      stats: () => this.#stats(),
      idle: async () => {
        await this.#ready;
        await this.#channelClient?.idle();
        await this.#hot?.idle();
        await this.#cacheWriter.idle();
      },
    };
  }

  get #http(): FetchOptions {
    return { config: this.#config, hasher: hash, fetch: (input, init) => fetch(input, init) };
  }

  async #run(): Promise<void> {
    const config = this.#config;
    const loading = this.#cacheWriter.load();
    const blobPool = (this.#blobPool = new BlobPool({
      hasher: hash,
      onRefused: (name, from) => this.#problem('hash-mismatch', `a blob from the ${from} is not ${name}`),
    }));
    const cached = loading.then(({ deploy, records }) => {
      blobPool.addCached(records);
      return deploy;
    });
    const channelClient = (this.#channelClient = new ChannelClient({
      connection: this.#connection,
      blobPool,
      hasher: hash,
      cached,
      hello: () => this.#hello(),
      after,
      stall: config.stall,
    }));
    this.#outbox = new Outbox(this.#connection, channelClient);
    this.#listen(channelClient);
    const { inTime, greeted } = this.#greeted(channelClient);
    await pageParsed();
    const page = readHeldPage();
    const onProblem = (code: string, message: string) => this.#problem(code, message);
    const prepare: Prepare = (release, targets, urls) =>
      createPageDeploy({ config, page, release, blobPool, channelClient, targets, urls, onProblem });
    const http = this.#http;
    const choice = await choose({
      ...http,
      channelClient,
      cached: () => cached,
      isWhole: (release) => {
        const { linker, entries } = prepare(release, 'blob', 'blob');
        return linker.isWhole(entries);
      },
      inTime,
      greeted,
      unpack: async (release) => {
        const { records, complete } = await fetchPack(http, release.hash);
        const taken = blobPool.addReceived(records);
        if (complete) void this.#cacheWriter.keep(release, taken);
      },
    });
    // The cache may hold what the server's word alone does not bring.
    await cached;
    await this.#runChoice(choice, prepare);
  }

  async #runChoice({ release, from }: Choice, prepare: Prepare): Promise<void> {
    const allowed = await this.#allowed;
    if (release === null || allowed === 'nothing') return this.#runPage(null, 'native');
    const source = allowed === 'http' ? 'http' : from;
    // Whoever has no socket still has what the cache held, or what came before the socket was cut.
    const held = from === 'http' && this.#config.socket ? 'held' : 'blob';
    const pageDeploy =
      allowed === 'http' ? prepare(release, 'http', 'blob') : prepare(release, held, allowed);
    await pageDeploy.linker.start(pageDeploy.entries);
    this.#hot = await this.#createHot(pageDeploy);
    provideRuntime(pageDeploy, this.#config, this.#hot);
    // A server that had nothing to send, or a socket that was cut before it did.
    const others = pageDeploy.linker.isWhole(pageDeploy.entries) ? 'cache' : 'http';
    await this.#runPage(pageDeploy, source === 'network' && this.#fetched === 0 ? others : source);
  }

  /** The page's own scripts run now: the one place from which they do, and only once. */
  async #runPage(pageDeploy: PageDeploy | null, from: BootInfo['from']): Promise<void> {
    if (this.#state === 'booted') return;
    this.#state = 'booted';
    await pageParsed();
    await this.#stylesheetGate.settled();
    this.#pageDeploy = pageDeploy;
    if (pageDeploy === null) this.#hot = await this.#createHot(null);
    this.#resolveSettled(pageDeploy);
    const { nonce } = this.#config;
    if (pageDeploy === null) {
      restoreImportMaps();
    } else {
      settleImportMaps(pageDeploy.brokenMaps);
    }
    settlePreloads((url) => pageDeploy?.linker.importTargets.targetOf(url) !== undefined);
    await runHeldScripts(readHeldPage(), {
      nonce,
      targetOf: (url) => pageDeploy?.linker.importTargets.targetOf(url),
    });
    const ms = performance.now();
    this.#pageEvents.release();
    const deploy = pageDeploy?.release.deploy ?? null;
    this.#boot = { from, ms, deploy };
    this.#resolveReady(this.#boot);
    this.#hot?.booted();
    if (this.#channelClient?.complete !== undefined) this.#reloadUnfollowed(this.#channelClient.complete);
    this.#events.emit('booted', this.#boot);
    this.#outbox?.send({ type: 'booted', deploy, ms, from, bytes: this.#connection.received });
  }

  /** Hot reload for what is about to run; none where the server does not watch. */
  async #createHot(pageDeploy: PageDeploy | null): Promise<Hot | undefined> {
    const create = await this.#loadingHot;
    if (
      create === undefined ||
      this.#channelClient === undefined ||
      this.#blobPool === undefined ||
      this.#outbox === undefined
    )
      return undefined;
    return create({
      config: this.#config,
      blobPool: this.#blobPool,
      channelClient: this.#channelClient,
      connection: this.#connection,
      outbox: this.#outbox,
      news: this.#news,
      pageDeploy,
      targets: (await this.#allowed) === 'http' ? 'http' : 'blob',
      installImportMap,
      importModule,
      announce: (deploy, paths) => {
        let prevented = false;
        this.#events.emit('update', { deploy, paths, preventDefault: () => void (prevented = true) });
        return !prevented;
      },
      moved: (release) => {
        if (this.#pageDeploy !== null) this.#pageDeploy = { ...this.#pageDeploy, release };
      },
      fetchManifest: (deploy) => fetchManifest(this.#http, deploy),
      after,
      problem: (code, message) => this.#problem(code, message),
    });
  }

  #listen(channelClient: ChannelClient): void {
    channelClient.on('progress', (progress) => this.#events.emit('progress', progress));
    channelClient.on('received', (bytes) => (this.#fetched += bytes));
    channelClient.on('problem', ({ code, message }) => this.#problem(code, message));
    channelClient.on('message', ({ topic, data }) => {
      if (topic === HOT_TOPIC && this.#hot === undefined) this.#news.push(data);
      this.#topics.emit(topic, data);
    });
    channelClient.on('complete', ({ release, records }) => {
      if (this.#boot !== null) this.#reloadUnfollowed(release);
      void this.#cacheWriter.keep(release, records).then(() => {
        const running = this.#pageDeploy?.release ?? null;
        // Blobs that are asked for later complete the same deploy again, and so does a new connection.
        if (running?.hash === release.hash || this.#announced === release.deploy) return;
        // A page that takes deploys in does not wait for the next load.
        if (this.#hot !== undefined) return;
        this.#announced = release.deploy;
        this.#events.emit('deploy', { deploy: release.deploy, running: running?.deploy ?? null });
      });
    });
  }

  /** A page that is to follow its files without the script that does it, which could not be had, is loaded again. */
  #reloadUnfollowed({ deploy }: Release): void {
    const { hot } = this.#config;
    if (hot !== null && this.#hot === undefined && hot.deploy !== null && hot.deploy < deploy)
      location.reload();
  }

  /** The server's first word within the time a page waits, and the channel's head within what a socket may stall. */
  #greeted(channelClient: ChannelClient): { inTime: Promise<boolean>; greeted: Promise<boolean> } {
    const { timeout, stall } = this.#config;
    const connection = this.#connection;
    const lost = (resolve: (value: boolean) => void) => {
      connection.on('closed', () => resolve(false));
      if (connection.state === 'closed') resolve(false);
    };
    const inTime = new Promise<boolean>((resolve) => {
      connection.on('message', () => resolve(true));
      lost(resolve);
      after(timeout, () => resolve(false));
    });
    const greeted = new Promise<boolean>((resolve) => {
      channelClient.on('head', () => resolve(true));
      lost(resolve);
      after(timeout, () =>
        connection.state === 'open' ? after(stall, () => resolve(false)) : resolve(false),
      );
    });
    return { inTime, greeted };
  }

  #hello(): Omit<Hello, 'type' | 'protocol'> {
    const { channel, entries } = this.#config;
    const have = this.#channelClient?.complete?.hash ?? this.#cacheWriter.have;
    return { channel, have, deploy: this.#pageDeploy?.release.deploy ?? null, entries: [...entries] };
  }

  #problem(code: string, message: string): void {
    console.warn(`modcast: ${code}: ${message}`);
    this.#events.emit('error', { code, message });
    const deploy = this.#pageDeploy?.release.deploy ?? null;
    this.#outbox?.send({ type: 'failed', deploy, stage: code.slice(0, 64), message: message.slice(0, 4096) });
  }

  #stats(): Stats {
    const instances = this.#pageDeploy?.linker.importTargets;
    return {
      boot: this.#boot,
      modules: instances?.count ?? 0,
      bytes: { received: this.#connection.received, used: instances?.bytes ?? 0 },
      deploy: this.#channelClient?.complete?.deploy ?? null,
      socket: this.#connection.state,
    };
  }
}
