import {
  byCodeUnit,
  SerialQueue,
  type FusedRun,
  type Hash,
  type Manifest,
  type ManifestModule,
  type Path,
} from '../../schema/index.js';
import type { VerifiedBlobs } from '../content/verified-blobs.js';
import { blake3 } from '../hash.js';
import { JobWorker } from '../job-worker.js';
import type { FuseStore, StoredFusion, StoredRun } from './fuse-store.js';
import { rowsToPlan, withChanged, withPathsOf } from './plan-changes.js';
import {
  FuseJobs,
  NOT_JOINED,
  type FuseJob,
  type JoinResult,
  type PlannedRun,
  type PlanResult,
  type ReadResult,
  type Sources,
  type WholePlan,
} from './fuse-jobs.js';

/** A manifest, by its hash, to be joined. */
export interface FuseTarget {
  readonly deploy: { readonly manifest: Hash };
  readonly manifest: Manifest;
}

/** The fusion of a deploy. Its bytes say more, for browsers. */
export interface FusedDeploy extends StoredFusion {
  /** Why each module that is in no run stays single. */
  readonly singles: ReadonlyMap<Path, string>;
}

export interface FuserOptions {
  readonly blobs: Pick<VerifiedBlobs, 'read'>;
  readonly store: FuseStore;
  /** Whether a directory is watched. */
  readonly isWatching?: boolean;
  /** Called with the runs done, and all. */
  readonly onProgress?: (done: number, all: number) => void;
}

/**
 * Milliseconds without work after which the worker ends. It holds what it knows of every module of the site,
 * which a worker that starts again reads from the store.
 */
const IDLE_MS = 30_000;

/** The same where a save may follow at any time. */
const WATCHING_IDLE_MS = 10 * 60_000;

const JAVASCRIPT = 'text/javascript';

/** Modules that a worker reads in one go. */
const BATCH = 64;

export interface FuseControl {
  /** Whether a newer deploy has made this one obsolete. */
  readonly isOld: () => boolean;
  /** Waits until there is time for the next step, which takes some tens of milliseconds. */
  readonly pause: () => Promise<void>;
}

const AT_ONCE: FuseControl = { isOld: () => false, pause: () => Promise.resolve() };

/** Joins the modules of deploys into runs. */
export class Fuser {
  readonly #options: FuserOptions;
  readonly #worker: JobWorker<FuseJob>;
  /** Does the jobs where no worker starts. */
  #here: FuseJobs | undefined;
  /** Modules that the worker has parsed. */
  readonly #parsed = new Set<Hash>();
  /** What the worker has planned last. */
  #planned: { readonly manifest: Manifest; readonly plan: WholePlan; isNewest: boolean } | undefined;
  /** Modules that could not be joined: path and hash, with the reason. */
  readonly #refused = new Map<string, string>();
  /** Done when the records of what was parsed are in the store. */
  #storing: Promise<void> = Promise.resolve();
  /** Steps of several deploys take turns. A run is joined right after its plan. */
  readonly #queue = new SerialQueue();

  constructor(options: FuserOptions, file = new URL('./fuse-worker.js', import.meta.url)) {
    this.#options = options;
    const onEnd = () => {
      this.#parsed.clear();
      this.#planned = undefined;
    };
    const idle = options.isWatching === true ? WATCHING_IDLE_MS : IDLE_MS;
    this.#worker = new JobWorker(file, { kind: 'process', idle, onEnd });
  }

  /** Joins all runs of a deploy that are not joined yet. Null if it has become obsolete. */
  fuse(target: FuseTarget, control: FuseControl): Promise<FusedDeploy | null>;
  fuse(target: FuseTarget): Promise<FusedDeploy>;
  async fuse({ deploy, manifest }: FuseTarget, { isOld, pause } = AT_ONCE): Promise<FusedDeploy | null> {
    await this.#read(manifest, pause);
    const joined = new Map<Hash, StoredRun>();
    const tried = new Set<Hash>();
    while (!isOld()) {
      await pause();
      const done = await this.#queue.run(async () => {
        const { runs } = await this.#plan(manifest);
        for (const run of runs) {
          if (tried.has(run.key)) continue;
          tried.add(run.key);
          const found = await this.#options.store.run(run.key);
          const bytes = found ?? (await this.#join(run, manifest));
          if (bytes !== undefined) joined.set(run.key, bytes);
          this.#options.onProgress?.(joined.size, runs.length);
          // The next deploy may be waiting for its plan.
          if (found === undefined) return null;
        }
        if (runs.every(({ key }) => joined.has(key))) {
          const fused = await this.#describe(deploy.manifest, await this.#plan(manifest), joined);
          await this.#options.store.putFusion(fused);
          await this.#storing;
          return fused;
        }
        // A module has refused to be joined: the other ones are planned again.
        if (this.#planned !== undefined) this.#planned.isNewest = false;
        return null;
      });
      if (done !== null) return done;
    }
    return null;
  }

  /** The fusion with the runs that are joined already. It takes no longer than to parse what has changed. */
  plan({ deploy, manifest }: FuseTarget): Promise<FusedDeploy> {
    return this.#queue.run(async () => {
      const plan = await this.#plan(manifest);
      const joined = new Map<Hash, StoredRun>();
      for (const { key } of plan.runs) {
        const found = await this.#options.store.run(key);
        if (found !== undefined) joined.set(key, found);
      }
      return this.#describe(deploy.manifest, plan, joined);
    });
  }

  /**
   * The source map of a run, as JSON. Its sources are the paths of the members.
   *
   * @returns undefined if the deploy has no such run
   */
  sourceMap(manifest: Manifest, name: Path): Promise<string | undefined> {
    return this.#queue.run(async () => {
      const { runs } = await this.#plan(manifest);
      const planned = runs.find((run) => run.name === name);
      if (planned === undefined) return undefined;
      const result = await this.#runJoin(planned, manifest, true);
      return result.state === 'joined' ? (result.map ?? undefined) : undefined;
    });
  }

  close(): Promise<void> {
    return this.#worker.close();
  }

  /** Lets the worker parse what it does not know, bit by bit. */
  async #read({ modules }: Manifest, pause: () => Promise<void>): Promise<void> {
    const unknown = this.#unknown([...modules.values()]);
    for (let at = 0; at + BATCH < unknown.length; at += BATCH) {
      await pause();
      await this.#queue.run(async () => {
        const batch = unknown.slice(at, at + BATCH);
        const known = await this.#known(batch);
        this.#putRecords(((await this.#run({ kind: 'read', ...known })) as ReadResult).records);
        for (const hash of batch) this.#parsed.add(hash);
      });
    }
  }

  /** What is known of modules that the worker does not know: the records of some, the bytes of others. */
  async #known(hashes: readonly Hash[]): Promise<{ readonly sources: Sources; readonly records: Sources }> {
    const records = await this.#options.store.records(hashes);
    const known = new Set(records.map(([hash]) => hash));
    return { records, sources: await this.#sources(hashes.filter((hash) => !known.has(hash))) };
  }

  /** Stores records after those before. */
  #putRecords(records: Sources): void {
    if (records.length === 0) return;
    this.#storing = this.#storing.then(() => this.#options.store.putRecords(records));
    // fuse() awaits it, and rejects then.
    this.#storing.catch(() => {});
  }

  #unknown(files: readonly ManifestModule[]): Hash[] {
    const unknown = files.filter(({ hash, type }) => type === JAVASCRIPT && !this.#parsed.has(hash));
    return [...new Set(unknown.map(({ hash }) => hash))];
  }

  async #plan(manifest: Manifest): Promise<WholePlan> {
    const before = this.#planned;
    if (before?.manifest === manifest && before.isNewest) return before.plan;
    const { modules, isDifference } = rowsToPlan(before?.manifest, manifest);
    const unknown = await this.#known(this.#unknown([...manifest.modules.values()]));
    const { importMap, entries } = manifest;
    const refused =
      this.#refused.size === 0
        ? []
        : [...manifest.modules].flatMap(([path, { hash }]) => {
            const reason = this.#refused.get(`${hash} ${path}`);
            return reason === undefined ? [] : [[path, reason] as const];
          });
    const rest = { ...unknown, entries: entries.toSorted(byCodeUnit), refused };
    const { root } = this.#options.store;
    const job = { kind: 'plan', root, modules, isDifference, importMap, ...rest } as const;
    // Where it fails, the worker may know the deploy or not.
    this.#planned = undefined;
    const result = (await this.#run(job)) as PlanResult;
    if (result.forgot) this.#parsed.clear();
    for (const { hash } of manifest.modules.values()) this.#parsed.add(hash);
    this.#putRecords(result.records);
    const plan =
      result.plan.state === 'whole'
        ? withPathsOf(manifest, result.plan)
        : withChanged(before!.plan, result.plan.runs);
    this.#planned = { manifest, plan, isNewest: true };
    return plan;
  }

  /** The worker writes the document: of a large site it has a megabyte. */
  async #describe(
    manifest: Hash,
    { runs: planned, singles }: WholePlan,
    stored: ReadonlyMap<Hash, StoredRun>,
  ): Promise<FusedDeploy> {
    const runs = planned.map(({ key, ...run }): FusedRun => ({ ...run, ...NOT_JOINED, ...stored.get(key) }));
    const joined = new Map(
      planned.flatMap(({ name, key }) => {
        const run = stored.get(key);
        return run === undefined ? [] : [[name, run] as const];
      }),
    );
    const bytes = (await this.#run({ kind: 'encode', manifest, joined })) as Uint8Array;
    return { fusion: { manifest, runs }, bytes, hash: blake3(bytes), singles };
  }

  /** Undefined if a module refuses to be joined. */
  async #join({ name, key, members }: PlannedRun, manifest: Manifest): Promise<StoredRun | undefined> {
    const result = await this.#runJoin({ name, members }, manifest, false);
    if (result.state === 'refused') {
      for (const path of result.paths) {
        this.#refused.set(`${manifest.modules.get(path)!.hash} ${path}`, result.reason);
      }
      return undefined;
    }
    const bytes = new TextEncoder().encode(result.code);
    return this.#options.store.putRun(key, bytes);
  }

  async #runJoin(
    { name, members }: Pick<PlannedRun, 'name' | 'members'>,
    manifest: Manifest,
    sourcemap: boolean,
  ): Promise<JoinResult> {
    const sources = await this.#sources(members.map((path) => manifest.modules.get(path)!.hash));
    return (await this.#run({ kind: 'join', run: name, sources, sourcemap })) as JoinResult;
  }

  async #sources(hashes: readonly Hash[]): Promise<[Hash, Uint8Array][]> {
    const blobs = await this.#options.blobs.read(hashes);
    return [...blobs].map(([hash, { bytes }]) => [hash, bytes]);
  }

  async #run(job: FuseJob): Promise<unknown> {
    if (!this.#worker.isAbsent) {
      try {
        return await this.#worker.run(job);
      } catch (error) {
        if (!this.#worker.isAbsent) throw error;
      }
    }
    return (this.#here ??= new FuseJobs()).run(job);
  }
}
