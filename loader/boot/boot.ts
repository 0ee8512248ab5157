import type { BootSource } from '../../schema/message.js';
import { preferredUrlKind } from '../linking/module-url.js';
import type { TargetKind } from '../linking/choose-target.js';
import { createPageDeploy, provideRuntime, type PageDeploy } from '../linking/page-deploy.js';
import { deferred } from '../deferred.js';
import { isGecko } from '../page/engine.js';
import { pageUrl, readHeldPage, whenParsed } from '../page/held-page.js';
import { NativeScripts } from '../page/native-scripts.js';
import { runMarker, type MarkerOptions } from '../page/marker.js';
import { KnownPolicies } from '../page/known-policies.js';
import { probePolicy, setScriptText, trustScripts, type Allowed } from '../page/policy.js';
import { leaveAsWritten, prepareScripts } from '../page/prepare-script.js';
import { natively } from '../page/run-natively.js';
import { ProgressBar } from '../page/progress.js';
import type { Guard } from '../guard/guard.js';
import type { Running } from '../page-state.js';
import type { Services } from '../services.js';
import type { Release } from '../transport/channel-client.js';
import { fetchBlob, fetchPack } from '../transport/plain-files.js';
import { choose, type Choice } from './choose.js';
import { awaitGreeting } from './greeting.js';
import { HotLoader } from './hot-loader.js';
import { reportBooted } from './report-booted.js';

type Prepare = (
  release: Release,
  permitted: TargetKind,
  fetchMissing: boolean,
  runsOverHttp?: boolean,
) => PageDeploy;

/** One page load: chooses what the page runs, brings it here, and runs the page's own scripts once. */
export class Boot {
  readonly #services: Services;
  readonly #guard: Guard;
  readonly #hotLoader: HotLoader;
  readonly #policies: KnownPolicies;
  /** Resolves when the socket has been tried: a policy may have blocked or reported it. */
  readonly #tried = deferred<void>();
  readonly #allowed: Promise<Allowed>;
  /** Why the page cannot boot. Undefined where it can, or a policy forbids it. */
  #failure: string | undefined;
  /** Why a message of the server could not be read. */
  #unread: string | undefined;
  /** Bytes of blobs that came over the socket. */
  #received = 0;

  constructor(services: Services, guard: Guard) {
    this.#services = services;
    this.#guard = guard;
    const { config, connection, channelClient, after } = services;
    // Until the page is parsed, it may occupy its entry in the browser's cache.
    const late = pageParsed().then(() => new Promise<void>((resolve) => after(3 * config.timeout, resolve)));
    this.#policies = new KnownPolicies({ config, url: pageUrl, late, ready: services.page.ready });
    const policies = this.#tried.promise.then(() => (config.native ? [] : this.#policies.read()));
    const trusted = policies.then((known) => this.#policies.permitConnection && trustScripts(known));
    this.#hotLoader = new HotLoader(services, trusted);
    // A policy in a <meta> applies from there on, so the whole page has to be parsed.
    this.#allowed = Promise.all([policies, trusted, pageParsed()])
      .then(([known, can]) =>
        can && !config.native ? probePolicy(config.nonce, preferredUrlKind(), known) : 'nothing',
      )
      // The page or the browser lacks what the probe needs.
      .catch((error: unknown): Allowed => {
        this.#failure = String(error);
        return 'nothing';
      });
    channelClient.on('received', (bytes) => (this.#received += bytes));
    // A page may have replaced what reads the server's messages.
    channelClient.on('problem', ({ code, message }) => {
      if (code === 'message-invalid') this.#unread = message;
    });
    // On a slow line a blob may take long.
    connection.on('frame', () => guard.signal());
    guard.ranWithout = (ms) => {
      services.page.settle({ pageDeploy: null, hot: undefined });
      reportBooted(services, { from: 'native', ms, deploy: null });
    };
  }

  start(): void {
    const { config, connection, events, after } = this.#services;
    if (config.socket && this.#policies.permitConnection) connection.connect();
    else connection.close();
    // The event of a violation comes before the next timer.
    after(0, this.#tried.resolve);
    const bar = config.progress ? new ProgressBar() : undefined;
    events.on('progress', ({ received, total }) => bar?.update(total === 0 ? 0 : received / total));
    this.#run()
      .catch((error: unknown) => {
        this.#failure = String(error);
        return this.#runNatively();
      })
      .finally(() => bar?.remove());
  }

  async #run(): Promise<void> {
    const { config, connection, blobPool, cacheWriter, cached, http, after } = this.#services;
    const greeting = awaitGreeting(this.#services);
    await Promise.all([pageParsed(), this.#tried.promise]);
    // Without a socket, the request for the policies is the first to be tried.
    if (!config.socket) await new Promise<void>((resolve) => after(0, resolve));
    if (!this.#policies.permitConnection) return this.#runNatively();
    const page = readHeldPage(this.#guard.held);
    const native = new NativeScripts(this.#guard.seen);
    const prepare: Prepare = (release, permitted, fetchMissing, runsOverHttp = false) =>
      createPageDeploy({
        ...this.#services,
        page,
        native,
        early: this.#guard.early,
        release,
        permitted,
        fetchMissing,
        runsOverHttp,
      });
    const chosen = choose({
      ...this.#services,
      ...http,
      ...greeting,
      isWhole(release) {
        const { linker, entries } = prepare(release, 'blob', false);
        return linker.isWhole(entries);
      },
      async fetchPacked(release) {
        const { records, complete } = await fetchPack(http, release.hash);
        const added = blobPool.addReceived(records);
        if (complete) void cacheWriter.store(release, added);
      },
    });
    // A page that its policy leaves alone does not wait for the server.
    const left = this.#allowed.then((allowed) => (allowed === 'nothing' ? null : chosen));
    const choice = await Promise.race([chosen, left]);
    if (choice === null) return this.#runNatively();
    // What the page has told it to have, the server does not send.
    if (connection.have !== null) await cached;
    await this.#runChoice(choice, prepare);
  }

  async #runChoice({ release, from }: Choice, prepare: Prepare): Promise<void> {
    const { config, channelClient, blobPool, http } = this.#services;
    const allowed = await this.#allowed;
    if (this.#guard.isRunning) return;
    if (release === null) this.#failure ??= this.#unread;
    if (release === null || allowed === 'nothing') return this.#runNatively();
    // A page that did not get the head over its socket uses the blobs that are here, and requests no others.
    const fetchMissing = allowed !== 'http' && (from !== 'http' || !config.socket);
    const isHttp = from === 'http';
    const { fusion } = release;
    if (fusion !== null && blobPool.get(fusion) === undefined) {
      if (isHttp) channelClient.addFetched(await fetchBlob(http, fusion));
      else if (fetchMissing) await channelClient.need([fusion], false);
    }
    const pageDeploy = prepare(release, allowed, fetchMissing, isHttp);
    const { linker, entries } = pageDeploy;
    await linker.start(entries);
    // Gecko takes no import map after another one or after a module.
    if (this.#guard.early || isGecko()) {
      const resolve = await pageResolve(config.nonce);
      if (resolve !== undefined && !linker.importTargets.settle(resolve)) {
        console.info(`modcast: ${REFUSED}`);
        return this.#runNatively();
      }
    }
    const hot = await this.#hotLoader.create(pageDeploy, allowed);
    this.#guard.errors.natural = provideRuntime(pageDeploy, config, hot);
    let source: BootSource = allowed === 'http' ? 'http' : from;
    // The server had nothing to send, or the socket was lost before it did.
    if (source === 'network' && this.#received === 0) source = linker.isWhole(entries) ? 'cache' : 'http';
    this.#runPage({ pageDeploy, hot }, source, allowed);
    addEventListener('load', () => linker.installMembers(), { once: true });
  }

  async #runNatively(): Promise<void> {
    const allowed = await this.#allowed;
    if (this.#guard.isRunning) return;
    if (!this.#policies.permitConnection) this.#services.connection.close();
    const { problem } = this.#services;
    if (this.#failure !== undefined) problem('boot-failed', `${this.#failure}; the page runs natively`);
    else if (allowed === 'nothing') problem('policy-forbids', FORBIDDEN);
    const hot = await this.#hotLoader.create(null, allowed);
    this.#runPage({ pageDeploy: null, hot }, 'native', allowed);
  }

  /** Runs the page's own scripts, unless the guard has given up on this boot. */
  #runPage(running: Running, from: BootSource, allowed: Allowed): void {
    const { config, page } = this.#services;
    const { pageDeploy } = running;
    const targetOf = (url: string) => pageDeploy?.linker.importTargets.targetOf(url);
    this.#guard.run({
      starts: () => page.settle(running),
      readsMap: (element) => pageDeploy?.brokenMaps.includes(element) ?? true,
      isHere: (url) => targetOf(url) !== undefined,
      ...(allowed === 'nothing'
        ? this.#failure === undefined
          ? leaveAsWritten
          : natively
        : prepareScripts({
            nonce: config.nonce,
            targetOf,
            kind: allowed,
            isLinked: pageDeploy !== null,
          })),
      done: (ms) => reportBooted(this.#services, { from, ms, deploy: pageDeploy?.release.deploy ?? null }),
    });
  }
}

const FORBIDDEN =
  'a policy permits no inline import map, Trusted Types policy modcast, or connection to the server; the page runs natively';

const REFUSED =
  'scripts have loaded modules or an import map before the boot, and this browser takes no other map; the page runs natively';

/** The page's own `import.meta.resolve`. */
const pageResolve = (nonce: string) =>
  new Promise<Parameters<MarkerOptions['ran']>[0]>((ran) => {
    runMarker({ setText: setScriptText, nonce, inOrder: false, ran });
  });

const pageParsed = () => new Promise<void>(whenParsed);
