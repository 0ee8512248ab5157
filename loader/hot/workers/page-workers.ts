import { manifestOfUrl, withoutDeploy } from '../../../importmap/deploy-url.js';
import type { SiteModule } from '../../../importmap/site.js';
import type { Path } from '../../../schema/path.js';
import { createDebug } from '../../debug.js';
import { pageBase } from '../../page/native-document.js';
import type { Release } from '../../transport/channel-client.js';
import { workerUrlOf } from '../../workers/worker-url.js';
import type { UpdatedWorker } from '../../api.js';
import type { Contexts } from '../contexts.js';
import type { Problems } from '../errors/problems.js';
import type { ModuleRecords } from '../modules/module-records.js';
import type { PagePorts } from '../ports.js';
import { changedPaths } from '../updates/changes.js';
import { RunningWorker, type Told } from './running-worker.js';
import { watchWorkers } from './watch-workers.js';
import type { StartedWorker, Verdict } from './worker-messages.js';
import { WorkerModules, type Files } from './worker-modules.js';

export interface PageWorkersOptions {
  readonly ports: Pick<PagePorts, 'config' | 'blobPool' | 'channelClient' | 'outbox' | 'after'>;
  readonly records: Pick<ModuleRecords, 'runsFile' | 'isUnparsed' | 'site'>;
  readonly problems: Pick<Problems, 'setErrors' | 'refresh'>;
  /** The release that the page runs now. */
  readonly release: () => Release;
  /** A worker asks for a full reload of the page. */
  readonly reload: (reason: string) => void;
  /** Applies the newest release again. */
  readonly retry: () => void;
}

/** A worker in which no module accepts an update. */
export interface Unaccepted {
  readonly worker: UpdatedWorker;
  readonly reason: string;
}

const debug = createDebug('hot');

/** The workers and worklets that the page and its workers have started since hot reload is here. */
export class PageWorkers {
  readonly #options: PageWorkersOptions;
  readonly #modules: WorkerModules;
  readonly #running = new Map<string, RunningWorker>();
  /** What each runs, as far as that has been asked. */
  readonly #files = new WeakMap<RunningWorker, Files | Promise<Files>>();
  /** Those that were asked about the last release, and what they said. */
  #asked: { readonly worker: RunningWorker; readonly isHot: boolean; readonly reason: string | null }[] = [];
  /** Workers that apply an update. */
  #applying: Promise<unknown> = Promise.resolve();

  constructor(options: PageWorkersOptions) {
    this.#options = options;
    this.#modules = new WorkerModules(options.ports);
  }

  /** Watches which workers a page starts. */
  watch(scope: typeof globalThis): void {
    const { ports, release } = this.#options;
    const { root, workers } = ports.config;
    watchWorkers(scope, {
      base: pageBase,
      workerUrl: (url) => (workers && url.startsWith(root) ? workerUrlOf(url, root, release()) : url),
      started: (worker) => this.#add(worker, null, [release()]),
      ended: (id) => this.#remove(id),
      failed: (id) => this.#running.get(id)?.fail(),
    });
  }

  /** Whether one of them could not start. */
  get hasFailed(): boolean {
    return [...this.#running.values()].some(({ couldNotStart }) => couldNotStart);
  }

  /** Releases whose blobs the workers may need. */
  get releases(): Release[] {
    return [...this.#running.values()].map(({ first }) => first);
  }

  /** Natural URLs of the modules that workers and worklets load first. */
  get roots(): string[] {
    return [...this.#running.values()].flatMap(({ started, roots }) => (started.isModule ? [...roots] : []));
  }

  /** Whether a worker is known to run a file. What is not known yet is found out, and then shown. */
  runsFile(path: Path): boolean {
    let found = false;
    for (const worker of this.#running.values()) {
      const files = this.#files.get(worker) ?? this.#askFiles(worker);
      if (files instanceof Promise) void files.then(() => this.#options.problems.refresh());
      else if (files !== 'all' && files.has(path)) found = true;
    }
    return found;
  }

  /** Asks those about a release that may run another version. @returns those that need a reload */
  async ask(release: Release): Promise<Unaccepted[]> {
    const concerned = [...this.#running.values()].filter((worker) => worker.mayDiffer(release));
    this.#asked = await Promise.all(
      concerned.map(async (worker) => {
        const { isHot } = worker;
        return { worker, isHot, reason: await this.#reasonOf(worker, release) };
      }),
    );
    if (concerned.length > 0) debug('workers', this.#asked);
    return this.#asked.flatMap(({ worker, reason }) =>
      reason === null ? [] : [{ worker: worker.shown, reason }],
    );
  }

  /** Tells those that were asked what becomes of the release. One that does not accept it cannot apply it. */
  tell(release: Release, verdict: Verdict): void {
    const applying = this.#asked.splice(0).flatMap(({ worker, isHot, reason }) => {
      const own = verdict === 'apply' && reason !== null ? 'wait' : verdict;
      if (own !== 'wait') worker.known = release;
      const done = isHot ? worker.tell(own) : undefined;
      return own === 'apply' ? (done ?? []) : [];
    });
    this.#applying = Promise.all([this.#applying, ...applying]);
  }

  /** Passes on a message of the application, or an event of the connection. */
  emit(topic: string, data: unknown): void {
    for (const worker of this.#running.values()) worker.post({ type: 'message', topic, data });
  }

  /** The same for an event that has two names. */
  emitEvent(event: Parameters<Contexts['emit']>[0]): void {
    for (const name of ['vite', 'modcast']) this.emit(`${name}:${event}`, {});
  }

  /** Resolves when no worker applies an update. */
  async idle(): Promise<void> {
    await this.#applying;
  }

  #askFiles(worker: RunningWorker): Promise<Files> {
    const asked: Promise<Files> = this.#modules.of(worker).then((files) => {
      if (this.#files.get(worker) === asked) this.#files.set(worker, files);
      return files;
    });
    this.#files.set(worker, asked);
    return asked;
  }

  /** Why a release needs a reload of the page. Null where the worker takes it, or is not concerned. */
  async #reasonOf(worker: RunningWorker, release: Release): Promise<string | null> {
    const name = nameOf(worker);
    const decision = worker.isHot ? await worker.ask(release) : undefined;
    if (decision !== undefined) {
      this.#files.set(worker, new Set(decision.files));
      return decision.reason === null ? null : `${name}: ${decision.reason}`;
    }
    const changed = changedPaths(worker.known.manifest, release.manifest);
    if (changed.length === 0) return null;
    const known = this.#files.get(worker) ?? 'all';
    // What was unknown may be known now.
    const files = await (known === 'all' ? this.#askFiles(worker) : known);
    const path = changed.find((one) => {
      const runs = files === 'all' ? this.#mayImport(one, release) : files.has(one);
      return runs && this.#canRun(one, release);
    });
    if (path === undefined) return null;
    return `${path} changed, and ${name} ${worker.isHot ? 'does not answer' : 'cannot replace it'}`;
  }

  /** Whether a classic worker may have imported a file, which is unknown. */
  #mayImport(path: Path, { manifest }: Release): boolean {
    return manifest.modules.get(path)?.type === 'text/javascript' && !this.#options.records.runsFile(path);
  }

  /** A file that was deleted, or does not parse, is no better than the one that runs. */
  #canRun(path: Path, { manifest }: Release): boolean {
    const { records } = this.#options;
    const module = manifest.modules.get(path);
    const at: SiteModule | undefined = module && { ...module, path, url: records.site.root + path };
    return at !== undefined && !records.isUnparsed(at);
  }

  /** @param releases those from which it may have started, the newest first */
  #add(worker: StartedWorker, parent: RunningWorker | null, releases: readonly Release[]): void {
    if (this.#running.has(worker.id)) return;
    const { ports } = this.#options;
    const manifest = manifestOfUrl(worker.target);
    const first = releases.find(({ hash }) => hash === manifest);
    const running: RunningWorker = new RunningWorker({
      // Without its release, it is unknown what it runs.
      worker: { ...worker, speaks: worker.speaks && first !== undefined },
      script: scriptOf(worker, ports.config),
      parent,
      first: first ?? releases[0]!,
      after: ports.after,
      imported: () => void this.#files.delete(running),
      greetedLate: () => this.#options.retry(),
      told: (message) => this.#told(running, message),
    });
    this.#running.set(worker.id, running);
  }

  #remove(id: string): void {
    const worker = this.#running.get(id);
    if (worker === undefined) return;
    this.#running.delete(id);
    worker.end();
    this.#options.problems.setErrors([], id);
    // A dedicated worker ends with the one that has started it.
    for (const { started, parent } of this.#running.values())
      if (parent === worker && started.kind === 'Worker') this.#remove(started.id);
  }

  async #told(worker: RunningWorker, message: Told): Promise<void> {
    const { ports, problems, reload } = this.#options;
    switch (message.type) {
      case 'started':
        return this.#add(message.worker, worker, worker.releases);
      case 'ended':
        return this.#remove(message.id);
      case 'failed':
        return this.#running.get(message.id)?.fail();
      case 'closed':
        return this.#remove(worker.started.id);
      case 'need': {
        const { blobPool, channelClient } = ports;
        await channelClient.need(message.hashes, message.closure);
        const blobs = message.hashes.flatMap((hash) => {
          const blob = blobPool.get(hash);
          return blob === undefined ? [] : [[hash, blob] as const];
        });
        return worker.post({ type: 'blobs', blobs });
      }
      case 'reload':
        return reload(`${nameOf(worker)}: ${message.reason}`);
      case 'errors':
        return problems.setErrors(message.errors, worker.started.id);
      case 'send':
        return ports.outbox.send({ type: 'message', topic: message.topic, data: message.data });
    }
  }
}

/** The natural URL of a worker's script, which may be given as it is below a deploy. */
function scriptOf({ url }: StartedWorker, { root, prefix }: PagePorts['config']): string {
  const rest = url.startsWith(prefix) ? url.slice(prefix.length) : '';
  const below = /^deploys\/\d+\/at\/(.*)$/s.exec(rest)?.[1];
  return below === undefined ? withoutDeploy(url) : root + below;
}

/** A worker as the console names it: `worker pieces/w.mjs "name"`. */
function nameOf({ shown }: RunningWorker): string {
  const { pathname, href } = new URL(shown.url);
  const path = href.startsWith(location.origin) ? pathname.slice(1) : href;
  return `${shown.kind.replace('-', ' ')} ${path}${shown.name === '' ? '' : ` "${shown.name}"`}`;
}
