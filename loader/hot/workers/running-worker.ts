import type { UpdatedWorker } from '../../api.js';
import { deferred } from '../../deferred.js';
import type { Release } from '../../transport/channel-client.js';
import { changedPaths } from '../updates/changes.js';
import {
  channelName,
  type Decision,
  type FromWorker,
  type StartedWorker,
  type ToWorker,
  type Verdict,
} from './worker-messages.js';

/**
 * How long a worker may say nothing, in milliseconds, before it counts as one that does not answer. It may
 * compute without a pause.
 */
const ANSWER_MS = 3000;

const KINDS = { Worker: 'worker', SharedWorker: 'shared-worker', Worklet: 'worklet' } as const;

/** What a worker tells beside its answers. */
export type Told = Exclude<FromWorker, { type: 'hello' | 'imported' | 'decided' | 'applied' | 'outdated' }>;

export interface RunningWorkerOptions {
  readonly worker: StartedWorker;
  /** The release from which the worker has started. */
  readonly first: Release;
  /** Natural URL of its script. */
  readonly script: string;
  /** The worker that has started it. Null for the page. */
  readonly parent: RunningWorker | null;
  /** Calls back after so many milliseconds unless cancelled. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** It has imported another module. */
  readonly imported: () => void;
  /** It can only be asked now, and a release came while it started. */
  readonly greetedLate: () => void;
  /** The worker waits until the promise settles, if it waits. */
  readonly told: (message: Told) => void | Promise<void>;
}

/** A worker or worklet of the page, as far as the page knows it. */
export class RunningWorker {
  readonly started: StartedWorker;
  /** As the application learns it. */
  readonly shown: UpdatedWorker;
  readonly first: Release;
  readonly parent: RunningWorker | null;
  #known: Release;
  #before: Release;
  /** Natural URLs of the modules that it has imported by itself. */
  readonly roots: Set<string>;
  readonly #options: RunningWorkerOptions;
  #channel: BroadcastChannel | null;
  #hasGreeted = false;
  #couldNotStart = false;
  #update = 0;
  #decided = deferred<Decision>();
  #applied = deferred<void>();
  /** Grows with each message of the worker, and with each answer that it gets. */
  #signs = 0;
  /** What the worker waits for. */
  #owed = 0;
  /** An update has failed, or the worker was not asked: to be tried again. */
  #isOutdated = false;
  /** It did not answer, and has said nothing since. */
  #isSilent = false;

  constructor(options: RunningWorkerOptions) {
    const { worker, first, script, parent } = options;
    this.#options = options;
    this.started = worker;
    this.shown = { kind: KINDS[worker.kind], url: script, name: worker.name };
    this.first = first;
    this.parent = parent;
    this.#known = first;
    this.#before = first;
    this.roots = new Set([script]);
    this.#channel = worker.speaks ? new BroadcastChannel(channelName(worker.id)) : null;
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#receive(data));
    // A shared worker, or one of a worker, may have said everything before.
    this.post({ type: 'greet' });
  }

  /** The last release that it has taken in, or that concerned nothing of it. */
  get known(): Release {
    return this.#known;
  }

  set known(release: Release) {
    this.#before = this.#known;
    this.#known = release;
  }

  /** The releases from which it may start a worker now. */
  get releases(): readonly Release[] {
    return [this.#known, this.#before, this.first];
  }

  /** It has an error that it does not handle. */
  fail(): void {
    if (!this.#hasGreeted) this.#couldNotStart = this.started.speaks;
  }

  /** Whether it ended before its modules ran: one of them was missing, for example. */
  get couldNotStart(): boolean {
    return this.#couldNotStart;
  }

  /** Whether its modules can be replaced. */
  get isHot(): boolean {
    return this.#hasGreeted && this.started.kind === 'Worker';
  }

  /** Whether it tells which modules it imports with `import()`. */
  get hasGreeted(): boolean {
    return this.#hasGreeted;
  }

  /** Whether a release concerns it: some files differ from those that it runs. */
  mayDiffer({ manifest }: Release): boolean {
    return this.#isOutdated || changedPaths(this.#known.manifest, manifest).length > 0;
  }

  post(message: ToWorker): void {
    this.#channel?.postMessage(message);
  }

  /** What the worker decides about a release. Undefined when it does not answer. */
  async ask(release: Release): Promise<Decision | undefined> {
    const update = ++this.#update;
    this.#decided = deferred();
    // The worker leaves an update out that is older than its question.
    this.#applied.resolve();
    this.#applied = deferred();
    this.post({ type: 'update', update, first: this.first, release });
    if (this.#isSilent) return undefined;
    const over = deferred<undefined>();
    const stop = this.#listenForSilence(() => over.resolve(undefined));
    const decision = await Promise.race([this.#decided.promise, over.promise]);
    stop();
    this.#isSilent = decision === undefined;
    return decision;
  }

  /** @returns a promise that resolves when the worker has applied the update, or has ended */
  tell(verdict: Verdict): Promise<void> {
    this.post({ type: 'verdict', update: this.#update, verdict });
    return this.#applied.promise;
  }

  /** It does not run any more. */
  end(): void {
    this.#channel?.close();
    this.#channel = null;
    this.#decided.resolve({ reason: null, files: [] });
    this.#applied.resolve();
  }

  #listenForSilence(onSilence: () => void): () => void {
    let cancel = () => {};
    const listen = () => {
      const signs = this.#signs;
      cancel = this.#options.after(ANSWER_MS, () => {
        if (this.#signs === signs && this.#owed === 0) onSilence();
        else listen();
      });
    };
    listen();
    return () => cancel();
  }

  #receive(message: FromWorker): void {
    this.#signs++;
    this.#isSilent = false;
    switch (message.type) {
      case 'decided':
        if (message.update === this.#update) this.#decided.resolve(message.decision);
        return;
      case 'applied':
        if (message.update !== this.#update) return;
        this.#isOutdated = message.isOutdated;
        return this.#applied.resolve();
      case 'outdated':
        this.#isOutdated = true;
        return;
      case 'hello': {
        const isFirst = !this.#hasGreeted;
        this.#hasGreeted = true;
        this.#import(message.imported);
        // While it starts, a deleted file that it runs is passed over.
        if (!isFirst || !this.isHot || changedPaths(this.first.manifest, this.#known.manifest).length === 0)
          return;
        this.#isOutdated = true;
        return this.#options.greetedLate();
      }
      case 'imported':
        return this.#import([message.url]);
      default:
        this.#owed++;
        void Promise.resolve(this.#options.told(message)).finally(() => {
          this.#owed--;
          this.#signs++;
        });
    }
  }

  #import(urls: readonly string[]): void {
    for (const url of urls) this.roots.add(url);
    this.#options.imported();
  }
}
