import { setImmediate } from 'node:timers/promises';
import {
  encodeFusion,
  manifestToJson,
  SerialQueue,
  type FusedRun,
  type Hash,
  type Manifest,
  type Path,
} from '../../schema/index.js';
import type { VerifiedBlobs } from '../content/verified-blobs.js';
import { blake3 } from '../hash.js';
import { JobThread } from '../job-thread.js';
import type { FuseStore, StoredFusion, StoredRun } from './fuse-store.js';
import {
  FuseJobs,
  type FuseJob,
  type JoinResult,
  type PlannedRun,
  type PlanResult,
  type Sources,
} from './fuse-jobs.js';

/** A manifest, by its hash, to be joined. */
export interface FuseTarget {
  readonly deploy: { readonly manifest: Hash };
  readonly manifest: Manifest;
}

/** The fusion of a deploy. */
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
 * Milliseconds without work after which the thread ends. It holds what it knows of every module of the site,
 * which a thread that starts again reads from the store.
 */
const IDLE_MS = 30_000;

/** The same where a save may follow at any time. */
const WATCHING_IDLE_MS = 10 * 60_000;

/** Records that are stored at once: others wait for some milliseconds. */
const STORED_RECORDS = 200;

const JAVASCRIPT = 'text/javascript';

/** Joins the modules of deploys into runs. */
export class Fuser {
  readonly #options: FuserOptions;
  readonly #thread: JobThread<FuseJob>;
  /** Does the jobs where no thread starts. */
  #here: FuseJobs | undefined;
  /** Modules that the thread has parsed. */
  readonly #parsed = new Set<Hash>();
  /** Modules that could not be joined: path and hash, with the reason. */
  readonly #refused = new Map<string, string>();
  /** Done when the records of the last plan are in the store. */
  #storing: Promise<void> = Promise.resolve();
  /** Plans and joins of a deploy belong together in the thread. */
  readonly #queue = new SerialQueue();

  constructor(options: FuserOptions, file = new URL('./fuse-worker.js', import.meta.url)) {
    this.#options = options;
    const idle = options.isWatching === true ? WATCHING_IDLE_MS : IDLE_MS;
    this.#thread = new JobThread(file, { idle, onEnd: () => this.#parsed.clear() });
  }

  /** Joins all runs of a deploy that are not joined yet. */
  fuse({ deploy, manifest }: FuseTarget): Promise<FusedDeploy> {
    return this.#queue.run(async () => {
      for (;;) {
        const plan = await this.#plan(manifest);
        const joined = await this.#joinAll(plan.runs, manifest);
        if (joined === undefined) continue;
        const fused = fusedDeploy(deploy.manifest, plan, joined);
        await this.#options.store.putFusion(fused);
        await this.#storing;
        return fused;
      }
    });
  }

  /** The fusion with the runs that are joined already. It takes no longer than to parse what has changed. */
  plan({ deploy, manifest }: FuseTarget): Promise<FusedDeploy> {
    return this.#queue.run(async () => {
      const plan = await this.#plan(manifest);
      const joined = new Map<Path, StoredRun>();
      for (const { name, key } of plan.runs) {
        const found = await this.#options.store.run(key);
        if (found !== undefined) joined.set(name, found);
      }
      return fusedDeploy(deploy.manifest, plan, joined);
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
      const result = await this.#join(planned, manifest, true);
      return result.state === 'joined' ? (result.map ?? undefined) : undefined;
    });
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  async #plan(manifest: Manifest): Promise<PlanResult> {
    const unknown = new Set<Hash>();
    for (const { hash, type } of manifest.modules.values()) {
      if (type === JAVASCRIPT && !this.#parsed.has(hash)) unknown.add(hash);
    }
    const records = await this.#options.store.records([...unknown]);
    const known = new Set(records.map(([hash]) => hash));
    const sources = await this.#sources([...unknown].filter((hash) => !known.has(hash)));
    const { modules, importMap, entries } = manifestToJson(manifest);
    const refused = modules.flatMap(([path, hash]) => {
      const reason = this.#refused.get(`${hash} ${path}`);
      return reason === undefined ? [] : [[path, reason] as const];
    });
    const { root } = this.#options.store;
    const job = { kind: 'plan', root, modules, importMap, entries, sources, records, refused } as const;
    const result = (await this.#run(job)) as PlanResult;
    if (result.forgot) this.#parsed.clear();
    for (const { hash } of manifest.modules.values()) this.#parsed.add(hash);
    this.#storing = this.#putRecords(result.records);
    return result;
  }

  async #putRecords(records: Sources): Promise<void> {
    for (let at = 0; at < records.length; at += STORED_RECORDS) {
      await this.#options.store.putRecords(records.slice(at, at + STORED_RECORDS));
      await setImmediate();
    }
  }

  /** Undefined if a module refuses to be joined: then the runs have to be planned again. */
  async #joinAll(runs: readonly PlannedRun[], manifest: Manifest): Promise<Map<Path, StoredRun> | undefined> {
    const joined = new Map<Path, StoredRun>();
    let isComplete = true;
    for (const { name, key, members } of runs) {
      const found = await this.#options.store.run(key);
      if (found !== undefined) {
        joined.set(name, found);
        this.#options.onProgress?.(joined.size, runs.length);
        continue;
      }
      const result = await this.#join({ name, members }, manifest, false);
      if (result.state === 'refused') {
        for (const path of result.paths) {
          this.#refused.set(`${manifest.modules.get(path)!.hash} ${path}`, result.reason);
        }
        isComplete = false;
        continue;
      }
      const bytes = new TextEncoder().encode(result.code);
      joined.set(name, await this.#options.store.putRun(key, bytes));
      this.#options.onProgress?.(joined.size, runs.length);
    }
    return isComplete ? joined : undefined;
  }

  async #join(
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
    if (!this.#thread.isAbsent) {
      try {
        return await this.#thread.run(job);
      } catch (error) {
        if (!this.#thread.isAbsent) throw error;
      }
    }
    return (this.#here ??= new FuseJobs()).run(job);
  }
}

function fusedDeploy(manifest: Hash, plan: PlanResult, joined: ReadonlyMap<Path, StoredRun>): FusedDeploy {
  const runs = plan.runs.map(({ name, members, runs: others, modules, dynamic }): FusedRun => {
    const { hash = null, digest = null, size = 0 } = joined.get(name) ?? {};
    return { name, hash, digest, size, members, runs: others, modules, dynamic };
  });
  const fusion = { manifest, runs, exports: plan.exports, order: plan.order };
  const bytes = encodeFusion(fusion);
  return { fusion, bytes, hash: blake3(bytes), singles: plan.singles };
}
