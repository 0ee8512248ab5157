import { ModuleGraph, ResolvedImports } from '../../../importmap/graph.js';
import { moduleAt, type SiteModule } from '../../../importmap/site.js';
import type { Hash } from '../../../schema/hash.js';
import type { Manifest } from '../../../schema/manifest.js';
import type { Release } from '../../transport/channel-client.js';
import type { HotError, HotUpdate, ModuleNamespace } from '../api.js';
import { changedPaths, hasLoaded, pagePath } from './changes.js';
import type { Contexts } from '../contexts.js';
import type { Entries } from './entries.js';
import type { Describe } from '../errors/describe.js';
import { CycleFailure, Failure } from '../errors/failure.js';
import type { ImporterGraph } from '../modules/importer-graph.js';
import type { HotPorts } from '../ports.js';
import { Patience } from './patience.js';
import type { PendingImports } from './pending-imports.js';
import type { Problems } from '../errors/problems.js';
import { propagate, type Boundary } from './propagate.js';
import { StylesheetSwap } from './stylesheet-swap.js';
import { Swap } from './swap.js';
import type { ModuleRecords } from '../modules/module-records.js';
import { StalledUpdates } from './stalled.js';

export interface UpdateQueueOptions {
  readonly ports: HotPorts & { readonly pageDeploy: NonNullable<HotPorts['pageDeploy']> };
  readonly versions: ModuleRecords;
  readonly importers: ImporterGraph;
  readonly pending: PendingImports;
  readonly entries: Entries;
  readonly contexts: Contexts;
  readonly problems: Problems;
  readonly reload: (reason: string) => void;
  readonly describe: Describe;
  /**
   * Finds out what the running modules import, where they came over HTTP and their links did not. False when that is
   * not to be had.
   */
  readonly survey: () => Promise<boolean>;
  /** The page's modules have run, so that it is known what they accept. */
  readonly booted: Promise<void>;
}

interface Invalidation {
  readonly url: string;
  /** The module with which a row of invalidations began. */
  readonly first: string;
}

/** A natural URL as Vite's events name it. */
const shown = (url: string): string =>
  url.startsWith(location.origin) ? url.slice(location.origin.length) : url;

/** Takes deploys into the running page, one after the other; of those that come meanwhile the newest. */
export class UpdateQueue {
  readonly #options: UpdateQueueOptions;
  readonly #styleSheets = new StylesheetSwap();
  #turn: Promise<void>;
  #next: Release | undefined;
  /** What the page is made of, modules apart. */
  #known: Manifest;
  #release: Release;
  readonly #invalidated: Invalidation[] = [];
  /** Modules that need another instance although they themselves have not changed, as one failed: it is tried again. */
  readonly #owed = new Set<string>();
  readonly #waiting = new StalledUpdates();
  /** Style sheets whose new versions could not be loaded. */
  readonly #unloaded = new Set<string>();
  #patience: Patience | undefined;
  /** What is in turn behind what is being taken in. */
  #waiters = 0;
  /** What the application took care of itself, in which version. */
  readonly #taken = new Map<string, Hash>();
  /** Who is invalidating, while the callbacks of an update caused by an invalidation run. */
  #first: string | undefined;

  constructor(options: UpdateQueueOptions) {
    this.#options = options;
    this.#release = options.ports.pageDeploy.release;
    this.#known = this.#release.manifest;
    this.#turn = options.booted;
  }

  /** Before anything is taken in: what the site was when the page was loaded. */
  begin(served: Manifest): void {
    this.#known = served;
  }

  /** A deploy has come whole. */
  deliver(release: Release): void {
    this.#next = release;
    this.#inTurn(async () => {
      const next = this.#next;
      this.#next = undefined;
      if (next !== undefined) await this.#update(next);
    });
  }

  /** Takes in anew what is to be tried again. */
  #again(): void {
    this.deliver(this.#next ?? this.#release);
  }

  /** Resolves when all that has been delivered is taken in. */
  async idle(): Promise<void> {
    for (let turn; turn !== this.#turn;) await (turn = this.#turn);
  }

  /** A module's new instance cannot do. */
  invalidate(url: string, message: string | undefined): void {
    const { contexts, versions } = this.#options;
    const first = this.#first ?? url;
    this.#invalidated.push({ url, first });
    contexts.emit('invalidate', { path: shown(url), message, firstInvalidatedBy: shown(first) });
    console.info(
      `modcast: ${versions.pathOf(url)} invalidated itself${message === undefined ? '' : `: ${message}`}`,
    );
    this.#inTurn(async () => {
      const all = this.#invalidated.splice(0);
      this.#first = all[0]?.first;
      const urls = all.map((one) => one.url);
      await this.#modules([], urls);
      this.#first = undefined;
    });
  }

  #inTurn(work: () => Promise<void>): void {
    this.#patience?.hurry();
    this.#waiters++;
    const next = () => {
      this.#waiters--;
      return work();
    };
    this.#turn = this.#turn.then(next).catch((error: unknown) => {
      this.#options.ports.problem('hot-failed', String(error));
    });
  }

  async #update(release: Release): Promise<void> {
    const { ports, versions, importers, reload } = this.#options;
    const changed = changedPaths(this.#known, release.manifest);
    this.#release = release;
    this.#known = release.manifest;
    versions.site = { root: ports.config.root, manifest: release.manifest };
    if (changed.length > 0 && !ports.announce(release.deploy, changed)) {
      for (const { url, hash } of versions.stale()) this.#taken.set(url, hash);
      ports.moved(release);
      return;
    }
    if (changed.length > 0 && !(await this.#options.survey())) return reload(changed.join(', '));
    const page = pagePath(ports.config.root);
    if (page !== undefined && changed.includes(page) && this.#isOther(page)) return reload(page);
    const sheets = this.#sheets(new Set([...changed, ...this.#unloaded]));
    this.#unloaded.clear();
    const used = changed.find((path) => !sheets.has(path) && this.#isUsedOtherwise(path));
    if (used !== undefined) return reload(used);
    await this.#exchange(sheets);
    const renewed = this.#waiting.renewed(versions.site);
    // Whoever holds what the browser found there would hold another instance than the others.
    const alone = versions.appeared().flatMap((url) => importers.dynamicOf(url));
    for (const url of [...renewed, ...alone]) this.#owed.add(url);
    const stale = versions
      .stale()
      .filter((module) => this.#taken.get(module.url) !== module.hash && !this.#waiting.has(module));
    const missing = new Set(stale.map(({ hash }) => hash).filter((hash) => !ports.blobPool.has(hash)));
    if (missing.size > 0) await ports.channelClient.need(missing, true);
    // What does not parse waits until it does.
    const sound = stale.filter((module) => !versions.isBroken(module));
    const starts = new Set(sound.map(({ url }) => url));
    for (const url of this.#owed)
      if (versions.running.has(url) && moduleAt(versions.site, url)) starts.add(url);
    this.#owed.clear();
    if (await this.#modules([...starts], [])) {
      ports.moved(release);
      versions.tidy();
    }
  }

  /** The page's own HTML may be newer than what the manifest said when it was loaded. */
  #isOther(page: string): boolean {
    const { hot } = this.#options.ports.config;
    const now = this.#known.modules.get(page)?.hash;
    return now !== undefined && hot?.page !== now;
  }

  /** Those of the changed paths that the page links as style sheets, or that such a one imports. */
  #sheets(changed: Iterable<string>): Map<string, Hash> {
    const found = new Map<string, Hash>();
    for (const path of changed) {
      const module = this.#known.modules.get(path);
      if (module?.type !== 'text/css') continue;
      if (this.#styleSheets.linksOf(this.#urlOf(path)).length > 0) found.set(path, module.hash);
    }
    return found;
  }

  async #exchange(sheets: ReadonlyMap<string, Hash>): Promise<void> {
    if (sheets.size === 0) return;
    const { contexts } = this.#options;
    const started = performance.now();
    const updates = [...sheets.keys()].map((path): HotUpdate => {
      const at = shown(this.#urlOf(path));
      return { type: 'css-update', path: at, acceptedPath: at, timestamp: Date.now() };
    });
    contexts.emit('beforeUpdate', { type: 'update', updates });
    const failed = await this.#styleSheets.exchange(
      new Map([...sheets].map(([path, hash]) => [this.#urlOf(path), hash])),
    );
    // A server that is gone is there again before the next update is.
    for (const path of sheets.keys()) if (failed.has(this.#urlOf(path))) this.#unloaded.add(path);
    contexts.emit('afterUpdate', { type: 'update', updates });
    const paths = [...sheets.keys()].join(', ');
    console.info(`modcast: updated ${paths} in ${Math.round(performance.now() - started)} ms`);
  }

  /** Loaded by other means than an import: by a classic script, a worker, a `fetch`. */
  #isUsedOtherwise(path: string): boolean {
    const { versions, ports } = this.#options;
    const module = this.#known.modules.get(path);
    if (module === undefined || module.type === 'text/html') return false;
    if (versions.runs(path) || versions.wasTried(path)) return false;
    return hasLoaded(ports.config.root, ports.config.prefix, path);
  }

  #urlOf(path: string): string {
    return this.#options.versions.urlOf(path);
  }

  /** @returns false when the page is about to be loaded again */
  async #modules(starts: readonly string[], invalidated: readonly string[]): Promise<boolean> {
    const { ports, versions, importers, contexts, problems, reload, describe } = this.#options;
    if (starts.length === 0 && invalidated.length === 0) {
      problems.setErrors(this.#standing());
      return true;
    }
    const started = performance.now();
    // Not before it is asked for: what accepts itself needs none of it.
    let known: ReturnType<ImporterGraph['ofAll']> | undefined;
    const importersOf = (url: string) => (known ??= importers.ofAll()).get(url) ?? [];
    const instance = (url: string) => versions.running.get(url)?.target ?? '';
    const propagation = propagate(starts, invalidated, {
      importersOf,
      acceptsItself: (url) => contexts.acceptsItself(instance(url)),
      accepts: (importer, url) => contexts.accepts(instance(importer), url),
    });
    const { boundaries, replaced } = propagation;
    const unaccepted =
      propagation.unaccepted ?? (await this.#options.entries.stoppedAbove(starts, importersOf));
    const paths = (urls: Iterable<string>) => [...urls].map((url) => versions.pathOf(url)).join(', ');
    if (unaccepted !== null || ports.targets === 'http') {
      // A page that cannot start is no better than one that runs an older version.
      const stuck = await this.#brokenBelow(ports.pageDeploy.entries);
      if (stuck.length > 0) {
        const broken = stuck.map(({ path }) => describe(new Failure(`${path} does not parse`, path)));
        problems.setErrors([...broken, ...this.#standing()]);
        for (const url of starts) if (versions.isNewest(url)) this.#owed.add(url);
        console.info(`modcast: waiting for ${paths(stuck.map(({ url }) => url))} to be mended`);
        return true;
      }
      reload(unaccepted === null ? paths(starts) : unaccepted.map((url) => versions.pathOf(url)).join(' → '));
      return false;
    }
    const updates = boundaries.map(({ boundary, accepted }): HotUpdate => {
      const type = 'js-update';
      return { type, path: shown(boundary), acceptedPath: shown(accepted), timestamp: Date.now() };
    });
    contexts.emit('beforeUpdate', { type: 'update', updates });
    const accepted = new Set(boundaries.map((boundary) => boundary.accepted));
    const patience = new Patience(ports.after, this.#waiters > 0, () => paths(accepted));
    this.#patience = patience;
    const superseded = patience.ends;
    const transaction = new Swap({
      versions,
      contexts,
      importers,
      starts,
      replaced,
      boundaries,
      superseded,
    });
    const { failed, modules, givenUp, behind } = await transaction.run().finally(() => patience.settle());
    this.#options.pending.renew();
    const cycle = failed.find(({ error }) => error instanceof CycleFailure);
    if (cycle !== undefined) {
      reload(String((cycle.error as Error).message));
      return false;
    }
    for (const { accepted: url } of failed) this.#owed.add(url);
    if (givenUp === null) for (const url of behind) this.#owed.add(url);
    if (givenUp !== null) this.#waiting.add(givenUp, () => this.#again());
    const thrown = this.#callBack(transaction, boundaries, modules);
    await this.#prune();
    for (const { error } of failed) console.error(error);
    // What nothing imports any more, as who did has changed too, is nobody's problem.
    const runs = (url: string) => versions.running.has(url);
    for (const url of this.#waiting.retain(runs)) this.#owed.add(url);
    const errors = failed
      .filter(({ accepted: url }) => runs(url))
      .map(({ accepted: url, error }) => describe(error, versions.pathOf(url)));
    const isOpen = errors.length > 0 || (givenUp !== null && [...givenUp.accepted.keys()].some(runs));
    // What kept them from being replaced is gone, and no update need follow.
    if (!isOpen && [...this.#owed].some(runs)) this.#again();
    errors.push(...thrown);
    for (const [url, failure] of givenUp?.accepted ?? []) {
      if (!runs(url)) continue;
      console.warn(`modcast: ${failure.message}`);
      contexts.emit('error', { type: 'error', err: describe(failure) });
    }
    for (const err of errors) contexts.emit('error', { type: 'error', err });
    problems.setErrors([...errors, ...this.#standing()]);
    contexts.emit('afterUpdate', { type: 'update', updates });
    const done = boundaries.filter(({ accepted }) => modules.has(accepted));
    if (done.length > 0) {
      const by = done.some(({ boundary }) => !starts.includes(boundary))
        ? `, accepted by ${paths(new Set(done.map(({ boundary }) => boundary)))}`
        : '';
      console.info(`modcast: updated ${paths(starts)} in ${Math.round(performance.now() - started)} ms${by}`);
    }
    return true;
  }

  /** What does not parse of all that modules reach in their newest versions. */
  async #brokenBelow(urls: readonly string[]): Promise<SiteModule[]> {
    const { ports, versions } = this.#options;
    const imports = new ResolvedImports(ports.pageDeploy.resolver);
    const graph = new ModuleGraph(versions.site, imports, (hash) => ports.blobPool.get(hash)?.links);
    // What is imported for the first time the server has not sent if it was there before.
    await ports.channelClient.needClosure(graph, urls);
    return graph.closure(urls).modules.filter((module) => versions.isBroken(module));
  }

  /** Tells those that accepted. @returns what they threw */
  #callBack(
    transaction: Swap,
    boundaries: readonly Boundary[],
    modules: ReadonlyMap<string, unknown>,
  ): HotError[] {
    const errors: HotError[] = [];
    for (const { boundary, accepted } of boundaries) {
      if (!modules.has(accepted)) continue;
      for (const { urls, callback } of transaction.acceptorsOf(boundary, accepted)) {
        try {
          callback(urls.map((url) => (url === accepted ? (modules.get(url) as ModuleNamespace) : undefined)));
        } catch (error) {
          console.error(error);
          errors.push(this.#options.describe(error));
        }
      }
    }
    transaction.finish();
    return errors;
  }

  /** Modules that nothing imports any more go. */
  async #prune(): Promise<void> {
    const { versions, importers, contexts } = this.#options;
    const pruned = importers.unreached();
    if (pruned.length === 0) return;
    contexts.emit('beforePrune', { type: 'prune', paths: pruned.map(({ url }) => shown(url)) });
    for (const { url, target = '' } of pruned) await contexts.dispose(url, target);
    for (const { url, target = '' } of pruned) await contexts.prune(url, target);
    versions.retire(pruned.map(({ url }) => url));
    for (const { target = '' } of pruned) contexts.drop(target);
    versions.supersede(pruned.flatMap(({ target }) => target ?? []));
  }

  /** What is wrong until a file is another. */
  #standing(): HotError[] {
    return [...this.#lost(), ...this.#waiting.failures.map((failure) => this.#options.describe(failure))];
  }

  /** Modules that are imported although their file is gone. */
  #lost(): HotError[] {
    const { versions, problems, describe } = this.#options;
    const lost: HotError[] = [];
    const gone = new Map(versions.deleted().map(({ url, path }) => [url, path]));
    if (gone.size === 0) return lost;
    for (const { url, path, imports, dynamic } of versions.running.values()) {
      // What is gone itself nobody can mend.
      if (gone.has(url)) continue;
      for (const target of new Set([...imports, ...dynamic])) {
        // Why it was left out the server has said.
        if (!gone.has(target) || problems.tellsOf(gone.get(target)!)) continue;
        const message = `${gone.get(target)} is not there any more, but ${path} imports it`;
        lost.push(describe(new Failure(message, path, target)));
      }
    }
    return lost;
  }
}
