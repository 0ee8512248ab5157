import { naturalUrl } from '../importmap/site.js';
import type { FromClient, Hello } from '../schema/from-client.js';
import { HOT_TOPIC } from '../schema/hot-news.js';
import { parsePath, pathToUrl } from '../schema/path.js';
import type { BootInfo, Modcast, ModcastEvents, Stats } from './api.js';
import { choose, type Choice } from './boot.js';
import type { LoaderConfig } from './config.js';
import { Connection } from './connection.js';
import { Depot } from './depot.js';
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
} from './held-scripts.js';
import { loadHot } from './hot/load.js';
import type { CreateHot, Hot } from './hot/ports.js';
import type { Targets } from './instances.js';
import { Keeper } from './keeper.js';
import { Mirror, type Release } from './mirror.js';
import { PageEvents } from './page-events.js';
import { probePolicy, type Allowed } from './policy.js';
import { fetchManifest, fetchPack, type FetchOptions } from './plain-files.js';
import { ProgressBar } from './progress.js';
import { preferredUrlKind, type UrlKind } from './module-url.js';
import { createRunning, importModule, provideRuntime, type Running } from './running.js';
import { StyleSheets } from './style-sheets.js';

const after = (ms: number, callback: () => void): (() => void) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

type Prepare = (release: Release, targets: Targets, urls: UrlKind) => Running;

const EVENTS: readonly (keyof ModcastEvents)[] = ['progress', 'booted', 'deploy', 'update', 'error'];

/** A page's modcast: ties the socket, the cache and the running modules together, and is what `modcast` shows. */
export class Client {
  readonly #config: LoaderConfig;
  readonly #events = new Emitter<ModcastEvents>();
  readonly #topics = new Emitter<Record<string, unknown>>();
  readonly #pageEvents = new PageEvents();
  readonly #styleSheets = new StyleSheets();
  readonly #connection: Connection;
  readonly #keeper: Keeper;
  readonly #ready: Promise<BootInfo>;
  #resolveReady!: (info: BootInfo) => void;
  /** What runs, once that is settled: before the page's modules do, so that they may import by path and wait for it. */
  readonly #settled: Promise<Running | null>;
  #resolveSettled!: (running: Running | null) => void;
  #allowed: Promise<Allowed> = Promise.resolve('blob');
  #state: 'booting' | 'booted' = 'booting';
  #boot: BootInfo | null = null;
  #running: Running | null = null;
  #mirror: Mirror | undefined;
  #depot: Depot | undefined;
  #loadingHot: Promise<CreateHot | undefined> = Promise.resolve(undefined);
  #hot: Hot | undefined;
  /** Bytes of blobs that came over the socket before the boot was over. */
  #fetched = 0;
  /** The last deploy that `deploy` was emitted for. */
  #announced: number | null = null;
  /** What a server that watches has said before hot reload was there to hear it. */
  readonly #news: unknown[] = [];
  /** What the server is to hear once there is a connection. */
  #unsent: FromClient[] = [];

  constructor(config: LoaderConfig) {
    this.#config = config;
    this.#ready = new Promise((resolve) => (this.#resolveReady = resolve));
    this.#settled = new Promise((resolve) => (this.#resolveSettled = resolve));
    this.#keeper = new Keeper({
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
        const running = await this.#settled;
        const url = naturalUrl(this.#config.root, parsePath(path));
        if (running === null) return importModule(url);
        if (this.#hot !== undefined) return this.#hot.newest(url);
        await running.linker.ensure(url);
        return importModule(running.resolver.name(url));
      },
      url: (path) => {
        const deploy = this.#running?.release.deploy;
        if (deploy === undefined) return naturalUrl(this.#config.root, parsePath(path));
        return `${this.#config.prefix}deploys/${deploy}/at/${pathToUrl(parsePath(path))}`;
      },
      prefetch: async (paths) => {
        const running = await this.#settled;
        const urls = [paths].flat().map((path) => naturalUrl(this.#config.root, parsePath(path)));
        await (this.#hot ?? running?.linker)?.prefetch(urls);
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
        await this.#mirror?.idle();
        await this.#hot?.idle();
        await this.#keeper.idle();
      },
    };
  }

  get #http(): FetchOptions {
    return { config: this.#config, hasher: hash, fetch: (input, init) => fetch(input, init) };
  }

  async #run(): Promise<void> {
    const config = this.#config;
    const loading = this.#keeper.load();
    const depot = (this.#depot = new Depot({
      hasher: hash,
      onRefused: (name, from) => this.#problem('hash-mismatch', `a blob from the ${from} is not ${name}`),
    }));
    const cached = loading.then(({ deploy, records }) => {
      depot.addCached(records);
      return deploy;
    });
    const mirror = (this.#mirror = new Mirror({
      connection: this.#connection,
      depot,
      hasher: hash,
      cached,
      hello: () => this.#hello(),
      after,
      stall: config.stall,
    }));
    this.#listen(mirror);
    const { inTime, greeted } = this.#greeted(mirror);
    await pageParsed();
    const page = readHeldPage();
    const onProblem = (code: string, message: string) => this.#problem(code, message);
    const prepare: Prepare = (release, targets, urls) =>
      createRunning({ config, page, release, depot, mirror, targets, urls, onProblem });
    const http = this.#http;
    const choice = await choose({
      ...http,
      mirror,
      cached: () => cached,
      isWhole: (release) => {
        const { linker, entries } = prepare(release, 'blob', 'blob');
        return linker.isWhole(entries);
      },
      inTime,
      greeted,
      unpack: async (release) => {
        const { records, complete } = await fetchPack(http, release.hash);
        const taken = depot.addReceived(records);
        if (complete) void this.#keeper.keep(release, taken);
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
    const running = allowed === 'http' ? prepare(release, 'http', 'blob') : prepare(release, held, allowed);
    await running.linker.start(running.entries);
    this.#hot = await this.#createHot(running);
    provideRuntime(running, this.#config, this.#hot);
    // A server that had nothing to send, or a socket that was cut before it did.
    const others = running.linker.isWhole(running.entries) ? 'cache' : 'http';
    await this.#runPage(running, source === 'network' && this.#fetched === 0 ? others : source);
  }

  /** The page's own scripts run now: the one place from which they do, and only once. */
  async #runPage(running: Running | null, from: BootInfo['from']): Promise<void> {
    if (this.#state === 'booted') return;
    this.#state = 'booted';
    await pageParsed();
    await this.#styleSheets.settled();
    this.#running = running;
    if (running === null) this.#hot = await this.#createHot(null);
    this.#resolveSettled(running);
    const { nonce } = this.#config;
    if (running === null) {
      restoreImportMaps();
    } else {
      settleImportMaps(running.brokenMaps);
    }
    settlePreloads((url) => running?.linker.instances.targetOf(url) !== undefined);
    await runHeldScripts(readHeldPage(), {
      nonce,
      targetOf: (url) => running?.linker.instances.targetOf(url),
    });
    const ms = performance.now();
    this.#pageEvents.release();
    const deploy = running?.release.deploy ?? null;
    this.#boot = { from, ms, deploy };
    this.#resolveReady(this.#boot);
    this.#hot?.booted();
    if (this.#mirror?.complete !== undefined) this.#reloadUnfollowed(this.#mirror.complete);
    this.#events.emit('booted', this.#boot);
    this.#tell({ type: 'booted', deploy, ms, from, bytes: this.#connection.received });
  }

  /** Hot reload for what is about to run; none where the server does not watch. */
  async #createHot(running: Running | null): Promise<Hot | undefined> {
    const create = await this.#loadingHot;
    if (create === undefined || this.#mirror === undefined || this.#depot === undefined) return undefined;
    return create({
      config: this.#config,
      depot: this.#depot,
      mirror: this.#mirror,
      connection: this.#connection,
      news: this.#news,
      running,
      targets: (await this.#allowed) === 'http' ? 'http' : 'blob',
      installImportMap,
      importModule,
      announce: (deploy, paths) => {
        let prevented = false;
        this.#events.emit('update', { deploy, paths, preventDefault: () => void (prevented = true) });
        return !prevented;
      },
      moved: (release) => {
        if (this.#running !== null) this.#running = { ...this.#running, release };
      },
      fetchManifest: (deploy) => fetchManifest(this.#http, deploy),
      after,
      problem: (code, message) => this.#problem(code, message),
    });
  }

  #listen(mirror: Mirror): void {
    mirror.on('progress', (progress) => this.#events.emit('progress', progress));
    mirror.on('received', (bytes) => (this.#fetched += bytes));
    mirror.on('problem', ({ code, message }) => this.#problem(code, message));
    mirror.on('message', ({ topic, data }) => {
      if (topic === HOT_TOPIC && this.#hot === undefined) this.#news.push(data);
      this.#topics.emit(topic, data);
    });
    mirror.on('head', () => {
      for (const message of this.#unsent.splice(0)) this.#connection.send(message);
    });
    mirror.on('complete', ({ release, records }) => {
      if (this.#boot !== null) this.#reloadUnfollowed(release);
      void this.#keeper.keep(release, records).then(() => {
        const running = this.#running?.release ?? null;
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
  #greeted(mirror: Mirror): { inTime: Promise<boolean>; greeted: Promise<boolean> } {
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
      mirror.on('head', () => resolve(true));
      lost(resolve);
      after(timeout, () =>
        connection.state === 'open' ? after(stall, () => resolve(false)) : resolve(false),
      );
    });
    return { inTime, greeted };
  }

  #hello(): Omit<Hello, 'type' | 'protocol'> {
    const { channel, entries } = this.#config;
    const have = this.#mirror?.complete?.hash ?? this.#keeper.have;
    return { channel, have, deploy: this.#running?.release.deploy ?? null, entries: [...entries] };
  }

  #tell(message: FromClient): void {
    if (this.#connection.state === 'closed') return;
    if (this.#mirror?.head === undefined || !this.#connection.send(message)) this.#unsent.push(message);
  }

  #problem(code: string, message: string): void {
    console.warn(`modcast: ${code}: ${message}`);
    this.#events.emit('error', { code, message });
    const deploy = this.#running?.release.deploy ?? null;
    this.#tell({ type: 'failed', deploy, stage: code.slice(0, 64), message: message.slice(0, 4096) });
  }

  #stats(): Stats {
    const instances = this.#running?.linker.instances;
    return {
      boot: this.#boot,
      modules: instances?.count ?? 0,
      bytes: { received: this.#connection.received, used: instances?.bytes ?? 0 },
      deploy: this.#mirror?.complete?.deploy ?? null,
      socket: this.#connection.state,
    };
  }
}
