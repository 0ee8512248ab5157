import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { HOT_TOPIC, LIMITS, type HotNews } from '../schema/index.js';
import { createAccess } from './auth/allowed-origins.js';
import { VerifiedBlobs } from './content/verified-blobs.js';
import { Catalog, type Head } from './content/catalog.js';
import { SiteProblems } from './check/site-problems.js';
import { Exposure } from './auth/exposure.js';
import { openDirectory } from './ingest/files.js';
import { checkEvent, type RegistryEvents } from './events.js';
import { followHeads } from './socket/follow-heads.js';
import { createEditorRoute } from './http/editor.js';
import { createHandler, type Handler } from './http/handler.js';
import { headSource } from './http/head-source.js';
import { health } from './http/health.js';
import { listenOn } from './http/listen.js';
import { createOpenInEditor } from './http/open-in-editor.js';
import type { IngestResult } from './ingest/ingest.js';
import { SiteDirectory } from './ingest/site-directory.js';
import { toListener } from './http/node.js';
import type { SiteSource } from './http/site.js';
import { directorySource } from './http/site-files.js';
import { resolveOptions, type RegistryOptions, type ResolvedOptions } from './options.js';
import { Packs } from './content/packs.js';
import { Publishing } from './publish/publishing.js';
import { createPublishRoutes } from './publish/routes.js';
import { readHot, readLoader } from './pages/read-loader.js';
import { Session } from './socket/session.js';
import type { SessionEvents } from './socket/session-events.js';
import { systemClock } from './clock.js';
import { Sockets, refuse } from './socket/sockets.js';
import { makeDatabaseFolder } from './store/database-folder.js';
import { lockDatabase } from './store/lock.js';
import { openMemoryStore } from './store/memory.js';
import { openSqliteStore } from './store/sqlite.js';
import type { Store } from './store/store.js';
import { userName } from './user-name.js';

/** A registry and what serves it. Made by `createRegistry`. */
export class Registry {
  /** Resolves when the directory has been read; rejects when the registry could not start. */
  readonly ready: Promise<IngestResult | null>;
  readonly #options: ResolvedOptions;
  readonly #listeners = new Map<keyof RegistryEvents, Set<(...args: never[]) => void>>();
  readonly #detach: (() => void)[] = [];
  #store: Store | undefined;
  #catalog: Catalog | undefined;
  #handler: Handler | undefined;
  #sockets: Sockets | undefined;
  #directory: SiteDirectory | undefined;
  #follow: { close(): Promise<void> } | undefined;
  #lock: { release(): Promise<void> } | undefined;
  #server: Server | undefined;
  #problems: SiteProblems | undefined;
  /** Shown by pages that ask for the author's editor. */
  readonly #token = randomBytes(18).toString('base64url');

  constructor(options: RegistryOptions) {
    this.#options = resolveOptions(options, userName());
    this.ready = this.#start();
    // Whoever never asks is told by `handle` and `listen`; an unhandled rejection would end the process.
    this.ready.catch(() => {});
  }

  /**
   * @returns a function that takes the listener off again
   * @throws ModcastError `event-unknown`
   */
  on<E extends keyof RegistryEvents>(event: E, listener: RegistryEvents[E]): () => void {
    checkEvent(event);
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** The store, for whoever asks about history. */
  async store(): Promise<Store> {
    await this.ready;
    return this.#store!;
  }

  /** Answers a request; null when it is neither a route of the registry nor a file of its site. */
  async handle(request: Request): Promise<Response | null> {
    await this.ready;
    return this.#handler!(request);
  }

  /** Node's `(request, response, next)`, for a server that has other routes too. */
  get middleware(): (request: IncomingMessage, response: ServerResponse, next?: () => void) => Promise<void> {
    return toListener(
      (request) => this.handle(request),
      (error) => this.#emit('error', error),
    );
  }

  /** Takes the socket's upgrades of an existing server, and none but those. */
  attach(server: Server): void {
    const attached = this.ready.then(() => this.#detach.push(this.#sockets!.attach(server)));
    attached.catch(() => {});
  }

  /**
   * Serves on a port of its own.
   *
   * @param port 0 takes a free one
   * @throws ModcastError `port-in-use`, `listen-failed`
   */
  async listen({ port = 0, host = '127.0.0.1' } = {}): Promise<{ port: number; host: string; url: string }> {
    await this.ready;
    const middleware = this.middleware;
    const server = createServer((request, response) => void middleware(request, response));
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const large = error.code === 'HPE_HEADER_OVERFLOW';
      const status = large ? '431 Request Header Fields Too Large' : '400 Bad Request';
      if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
      else socket.destroy();
    });
    // An upgrade that nobody takes would hang for ever.
    server.on('upgrade', (request, socket) => {
      if (request.url?.split('?', 1)[0] !== this.#socketPath) {
        refuse(socket, '404 Not Found', 'no such socket');
      }
    });
    this.attach(server);
    await listenOn(server, { port, host });
    // Running out of file descriptors, for one, is an error of the server again and again.
    server.on('error', (error) => this.#emit('error', error));
    this.#server = server;
    // What else a server serves of which the registry is only a part, nobody knows here.
    if (this.#isHot) this.#problems?.startChecking();
    const address = server.address();
    const bound = typeof address === 'object' && address !== null ? address.port : port;
    // What stands for all addresses is none that a browser could go to.
    const local = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
    const shown = local.includes(':') ? `[${local}]` : local;
    return { port: bound, host, url: `http://${shown}:${bound}/` };
  }

  /** Sends the application's own message to every page of the channel. */
  send(topic: string, data: unknown = null): void {
    for (const session of this.#sockets?.sessions ?? []) {
      if (session.channel === this.#options.channel) session.message(topic, data);
    }
  }

  /** Looks at the directory again, whole. */
  async scan(): Promise<IngestResult | null> {
    await this.ready;
    return this.#directory?.scan() ?? null;
  }

  async close(): Promise<void> {
    await this.ready.catch(() => {});
    await this.#directory?.close();
    this.#problems?.close();
    await this.#follow?.close();
    for (const detach of this.#detach) detach();
    this.#sockets?.close();
    if (this.#server !== undefined) {
      const closed = new Promise<void>((resolve) => this.#server!.close(() => resolve()));
      this.#server.closeAllConnections();
      await closed;
    }
    await this.#store?.close();
    await this.#lock?.release();
  }

  get #socketPath(): string {
    return `${this.#options.prefix}socket`;
  }

  #emit<E extends keyof RegistryEvents>(event: E, ...args: Parameters<RegistryEvents[E]>): void {
    for (const listener of this.#listeners.get(event) ?? [])
      (listener as (...args: unknown[]) => void)(...args);
  }

  async #start(): Promise<IngestResult | null> {
    const options = this.#options;
    const directory = options.directory === null ? null : await openDirectory(options.directory);
    const store = await this.#open(directory);
    try {
      return await this.#serve(store, directory);
    } catch (error) {
      await this.#directory?.close();
      await this.#follow?.close();
      await store.close();
      await this.#lock?.release();
      throw error;
    }
  }

  async #open(directory: string | null): Promise<Store> {
    const { database } = this.#options;
    if (database === ':memory:') return (this.#store = await openMemoryStore());
    // What comes of it when it cannot be made, opening the database says in its own words.
    await makeDatabaseFolder(database).catch(() => {});
    this.#lock = await lockDatabase(database, {
      pid: process.pid,
      directory: directory ?? '',
      channel: this.#options.channel,
      started: Date.now(),
    });
    try {
      return (this.#store = await openSqliteStore(database));
    } catch (error) {
      await this.#lock.release();
      throw error;
    }
  }

  async #serve(store: Store, directory: string | null): Promise<IngestResult | null> {
    const options = this.#options;
    const { channel, prefix } = options;
    const blobs = new VerifiedBlobs({
      store,
      channel,
      directory,
      onDamaged: (hash, mended) => this.#emit('damaged', hash, mended),
    });
    const catalog = (this.#catalog = new Catalog(store, blobs));
    const packs = new Packs(blobs);
    const access = createAccess(options.allowedHosts, options.allowedOrigins);
    const events: SessionEvents = {
      booted: (report) => this.#emit('booted', report),
      failed: (report) => this.#emit('failed', report),
      message: (topic, data) => this.#emit('message', topic, data),
      error: (error) => this.#emit('error', error),
    };
    const sockets = (this.#sockets = new Sockets({
      access,
      path: this.#socketPath,
      clock: systemClock,
      clients: options.clients,
      createSession: (transport) =>
        new Session({
          catalog,
          packs,
          store,
          transport,
          clock: systemClock,
          events,
          news: (name) => (this.#isHot && name === channel ? this.#news() : []),
        }),
    }));
    catalog.onHead(({ deploy }) => {
      for (const session of sockets.sessions) {
        if (session.channel === deploy.channel) void session.update();
      }
    });
    this.#handler = createHandler({
      store,
      catalog,
      blobs,
      access,
      site: this.#site(directory, catalog, blobs),
      prefix,
      page: {
        channel,
        boot: options.boot,
        timeout: options.timeout,
        progress: options.progress,
        hot: this.#isHot ? { overlay: options.overlay } : null,
      },
      loader: readLoader,
      hot: readHot,
      health: () => health(store, sockets.size),
      exposure: new Exposure({
        store,
        catalog,
        readers: () => sockets.sessions,
        publicHistory: options.publicHistory,
        now: Date.now,
      }),
      publish: createPublishRoutes({
        store,
        publishing: new Publishing({ store, now: Date.now }),
        access,
        followed: directory === null ? null : channel,
        clock: systemClock,
        now: Date.now,
        onCommit: ({ created, ...head }) => {
          if (catalog.moveHead(head) && created) this.#emit('published', head.deploy);
        },
        onError: events.error,
      }),
      editor:
        directory !== null && this.#isHot
          ? createEditorRoute({
              directory,
              token: this.#token,
              access,
              clock: systemClock,
              open: createOpenInEditor(systemClock),
            })
          : null,
    });
    this.#follow = followHeads({
      catalog,
      clock: systemClock,
      ms: LIMITS.headPollMs,
      onHead: ({ deploy }) => {
        // Of its own channel the directory's ingest tells by itself.
        if (directory === null || deploy.channel !== channel) this.#emit('published', deploy);
      },
      onError: events.error,
    });
    if (directory === null) return null;
    this.#problems = new SiteProblems({
      blobs,
      directory,
      prefix,
      clock: systemClock,
      onChange: () => {
        this.send(HOT_TOPIC, this.#problemNews());
        this.#emit('problems', this.#problems!.list);
      },
      onError: events.error,
    });
    return this.#read(store, directory);
  }

  #read(store: Store, directory: string): Promise<IngestResult> {
    this.#directory = new SiteDirectory({
      directory,
      store,
      options: this.#options,
      clock: systemClock,
      onReading: (progress) => this.#emit('reading', progress),
      onResult: (result) => this.#took(result),
      onNews: (news) => this.send(HOT_TOPIC, news),
      onState: (state) => this.#emit('directory', state),
      onError: (error) => this.#emit('error', error),
    });
    return this.#directory.start();
  }

  #took(result: IngestResult): void {
    const head: Head = { deploy: result.deploy, manifest: result.manifest };
    const isNews = this.#problems!.setResult(result);
    // Before the deploy, so that a page knows why it cannot take it in.
    if (isNews && this.#isHot) {
      this.send(HOT_TOPIC, this.#problemNews());
    }
    this.#catalog!.moveHead(head);
    if (result.created) this.#emit('deploy', result);
    if (isNews) this.#emit('problems', this.#problems!.list);
  }

  /** Where the site's own files come from; null when somebody else serves them. */
  #site(directory: string | null, catalog: Catalog, blobs: VerifiedBlobs): SiteSource | null {
    const { channel, serveHead } = this.#options;
    if (directory !== null) return directorySource(directory);
    return serveHead ? headSource({ catalog, blobs, channel }) : null;
  }

  /** Whether pages follow the directory. */
  get #isHot(): boolean {
    return this.#options.directory !== null && this.#options.watch !== false;
  }

  /** What a page that is watched is told first. */
  #news(): { topic: string; data: HotNews }[] {
    const news: HotNews[] = [
      { type: 'editor', token: this.#token },
      this.#problemNews(),
      { type: 'changed', files: this.#directory?.changedAssets ?? [] },
    ];
    return news.map((data) => ({ topic: HOT_TOPIC, data }));
  }

  #problemNews(): HotNews {
    return { type: 'problems', problems: this.#problems?.listForPages ?? [] };
  }
}

/**
 * Opens the database, reads the directory into it and follows its changes; `listen`, or `handle` and `attach`,
 * serve it.
 *
 * @throws ModcastError `option-invalid`; through `ready`: `directory-invalid`, `store-locked` and the others of
 *   the store
 */
export function createRegistry(options: RegistryOptions = {}): Registry {
  return new Registry(options);
}
