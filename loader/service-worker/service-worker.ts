import type { Hash, Hasher } from '../../schema/hash.js';
import { DATABASE } from '../cache/cache.js';
import { openExisting } from '../cache/database.js';
import { RECEIVED, type KeepProgress, type KeepRequest, type ToServiceWorker } from '../offline/messages.js';
import type { OfflineConfig } from './offline-config.js';
import { CachedDeploys, hashesOf, type FoundDeploy } from './deploys.js';
import { Files } from './files.js';
import { keepDeploy } from './keep-deploy.js';
import { KeptFiles } from './kept-files.js';
import { Manifests } from './manifests.js';
import { Pages } from './pages.js';
import { Requests } from './requests.js';
import { policyHeaders, type HeaderList } from './responses.js';
import type { InstallEvent, MessageFromPage, ServiceWorkerScope } from './scope.js';
import { Tabs } from './tabs.js';

/**
 * Gives pages and workers the files of their deploy from this browser's storage, and pages that were visited
 * when the server is away. It ends itself where the server at its origin is another one, or no longer offers
 * this.
 */
export class OfflineServiceWorker {
  readonly #scope: ServiceWorkerScope;
  readonly #config: OfflineConfig;
  readonly #origin: string;
  readonly #kept: KeptFiles;
  readonly #deploys: CachedDeploys;
  readonly #tabs: Tabs;
  readonly #files: Files;
  readonly #pages: Pages;
  readonly #requests: Requests;
  #state: 'active' | 'ended' = 'active';
  /** When it has ended last, milliseconds since 1970. */
  #ended = 0;
  #policies: Promise<HeaderList> | undefined;

  constructor(scope: ServiceWorkerScope, config: OfflineConfig, hasher: Hasher) {
    const { origin } = new URL(scope.location.href);
    const fetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
    const kept = new KeptFiles(config.root, hasher);
    this.#scope = scope;
    this.#config = config;
    this.#origin = origin;
    this.#kept = kept;
    const manifests = new Manifests({
      kept,
      newest: () => this.#deploys.newest(),
      deploysUrl: `${origin}${config.prefix}deploys/`,
      fetch,
    });
    this.#deploys = new CachedDeploys({
      registry: config.registry,
      openDatabase: () => openExisting(DATABASE),
      hasher,
      fetchManifest: (deploy, since) => {
        const url = this.#manifestUrl(deploy);
        return since === undefined ? manifests.answer(url) : this.#requests.fetchKept(url, `?since=${since}`);
      },
    });
    this.#tabs = new Tabs(scope.clients, kept);
    const shared = { config, origin, kept, fetch, deploys: this.#deploys, tabs: this.#tabs };
    this.#files = new Files({
      ...shared,
      policies: () => (this.#policies ??= this.#readPolicies().catch(() => [])),
    });
    this.#pages = new Pages({
      ...shared,
      onPage: (client, deploy) => this.#tabs.opens(client, deploy),
      onForeign: () => void this.#end().catch(() => {}),
      onUnknown: () => this.#checkServer(),
      keepModule: (url, manifest) => this.#requests.keep(url, manifest),
      file: async (request) => {
        const newest = (await this.#deploys.all()).at(-1);
        return newest && this.#files.answer(request, newest, null);
      },
    });
    this.#requests = new Requests({ ...shared, files: this.#files, pages: this.#pages, manifests });
  }

  start(): void {
    const scope = this.#scope;
    if (this.#isOwn) {
      scope.addEventListener('install', (event) => this.#install(event));
      scope.addEventListener('activate', (event) => event.waitUntil(this.#activate()));
    }
    scope.addEventListener('fetch', (event) => {
      if (this.#state === 'active') this.#requests.answer(event);
    });
    scope.addEventListener('message', (event) => this.#message(event));
  }

  /** False where the site's own service worker has imported this script. */
  get #isOwn(): boolean {
    return this.#scope.location.href === this.#script;
  }

  /** URL of this script. */
  get #script(): string {
    return `${this.#origin}${this.#config.prefix}offline.js`;
  }

  #manifestUrl(deploy: number): string {
    return `${this.#origin}${this.#config.prefix}deploys/${deploy}/manifest.json`;
  }

  #install(event: InstallEvent): void {
    this.#kept.permitCreation();
    // Its headers are those of the site's server. A policy that forbids its requests would break the site's.
    event.waitUntil(this.#requests.refresh(this.#script));
    for (const url of this.#config.scripts)
      event.waitUntil(this.#requests.keep(this.#origin + url, null).catch(() => {}));
    event.waitUntil(this.#scope.skipWaiting());
    const methods = ['POST', 'PUT', 'PATCH', 'DELETE'].map((requestMethod) => ({
      condition: { requestMethod },
      source: 'network',
    }));
    // Mostly the browser's HTTP cache has them, with their compiled code. That is faster than starting this.
    const immutable = [
      ...this.#config.scripts.map((url) => url.replace(/\?.*/, '')),
      ...['runs', 'direct', 'modules'].map((name) => `${this.#config.prefix}${name}/*`),
    ];
    const race = 'race-network-and-fetch-handler';
    const files = immutable.map((pathname) => ({
      condition: { urlPattern: { pathname, search: '*' } },
      source: race,
    }));
    const pages = [{ condition: { requestMode: 'navigate' }, source: race }];
    for (const routes of [methods, files, pages]) event.addRoutes?.(routes).catch(() => {});
  }

  async #activate(): Promise<void> {
    // Firefox gives a navigation up when its preload fails, and does not wait for the answer from here.
    if (this.#scope.InstallEvent !== undefined)
      await this.#scope.registration.navigationPreload?.enable().catch(() => {});
    await this.#scope.clients.claim();
  }

  #message(event: MessageFromPage): void {
    const message = event.data as Partial<ToServiceWorker> | null;
    if (message?.modcast !== undefined) event.ports[0]?.postMessage(RECEIVED);
    if (message?.modcast === 'keep') {
      const { registry, prefix } = this.#config;
      const isOwn = message.registry === registry && message.prefix === this.#origin + prefix;
      if (isOwn) event.waitUntil(this.#keep(message as KeepRequest, event));
      else event.ports[0]?.postMessage(null);
    } else if (message?.modcast === 'unregister') {
      event.waitUntil(this.#end().finally(() => event.ports[0]?.postMessage(null)));
    }
  }

  async #keep(request: KeepRequest, { source, ports }: MessageFromPage): Promise<void> {
    const { manifest, number, isolated, registered } = request;
    // It was on its way when a tab has unregistered this.
    if (registered !== null && registered < this.#ended)
      return ports[0]?.postMessage({ done: 0, total: 0, failed: 0 } satisfies KeepProgress);
    const embedder = isolated ? 'require-corp' : null;
    this.#kept.permitCreation();
    // Chromium goes on with a worker that was unregistered when a page registers it again.
    this.#state = 'active';
    await this.#tabs.set(source?.id ?? '', { manifest, number, embedder });
    await keepDeploy(request, {
      root: this.#origin + this.#config.root,
      watches: this.#config.watches,
      deploys: this.#deploys,
      files: this.#files,
      pages: this.#pages,
      requests: this.#requests,
      report: (progress) => ports[0]?.postMessage(progress),
    });
    // A page without a socket stores no deploy.
    if (!this.#deploys.isStored(manifest)) await this.#requests.keep(this.#manifestUrl(number), manifest);
    await this.#evict(manifest);
  }

  /**
   * Deletes what belongs to deploys that the cache of pages no longer has, and no page or worker runs.
   *
   * @param kept the deploy that was just kept. Its page may have been closed since
   */
  async #evict(kept: Hash): Promise<void> {
    const stored = await this.#deploys.all();
    const inUse = new Set([kept, ...(await this.#tabs.inUse())]);
    const running = await Promise.all([...inUse].map((manifest) => this.#runningDeploy(manifest)));
    const deploys = [...stored, ...running.filter((deploy) => deploy !== undefined)];
    const files = new Set(deploys.flatMap(({ manifest }) => hashesOf(manifest)));
    await this.#kept.evict(new Set([...deploys.map(({ hash }) => hash), ...inUse]), files);
  }

  async #runningDeploy(manifest: Hash): Promise<FoundDeploy | undefined> {
    return this.#deploys.find(await this.#tabs.named(manifest)).catch(() => undefined);
  }

  /** Policies that the server adds to this script, it adds to scripts of workers too. */
  async #readPolicies(): Promise<HeaderList> {
    const script = await this.#kept.response(this.#script);
    return policyHeaders(script?.headers ?? []);
  }

  /** A page without the header may be another server's. An error, or a login page, says nothing. */
  async #checkServer(): Promise<void> {
    const response = await fetch(`${this.#origin}${this.#config.prefix}health`, { cache: 'no-store' });
    if (response.status === 404 || response.status === 410) return this.#end();
    if (!response.ok || response.redirected) return;
    const health = (await response.json().catch(() => undefined)) as { registry?: unknown } | undefined;
    if (health?.registry !== this.#config.registry) await this.#end();
  }

  /** Answers nothing from now on, and deletes its own database. That of pages may be another registry's. */
  async #end(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#ended = Date.now();
    if (this.#isOwn) await this.#scope.registration.unregister();
    await this.#kept.delete();
  }
}
