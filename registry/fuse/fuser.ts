import {
  encodeFusion,
  manifestToJson,
  SerialQueue,
  type FusedRun,
  type Fusion,
  type Hash,
  type Manifest,
  type Path,
} from '../../schema/index.js';
import type { Head } from '../content/catalog.js';
import type { VerifiedBlobs } from '../content/verified-blobs.js';
import { blake3 } from '../hash.js';
import { JobThread } from '../job-thread.js';
import { FuseJobs, type FuseJob, type JoinResult, type PlannedRun, type PlanResult } from './fuse-jobs.js';

/** Joined runs by what they are made of. They can be dropped at any time. */
export interface RunStore {
  /** The hash of a run's bytes. */
  get(key: Hash): Promise<{ readonly hash: Hash; readonly size: number } | undefined>;
  put(key: Hash, hash: Hash, bytes: Uint8Array): Promise<void>;
}

/** The fusion of a deploy, as it is sent. */
export interface FusedDeploy {
  readonly fusion: Fusion;
  readonly hash: Hash;
  readonly bytes: Uint8Array;
  /** Why each module that is in no run stays single. */
  readonly singles: ReadonlyMap<Path, string>;
}

export interface FuserOptions {
  readonly blobs: Pick<VerifiedBlobs, 'read'>;
  readonly runs: RunStore;
  /** Called with the runs done, and all. */
  readonly onProgress?: (done: number, all: number) => void;
}

/** Milliseconds without a save after which the thread ends. It knows every module of the site. */
const IDLE_MS = 10 * 60_000;

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
  /** Plans and joins of a deploy belong together in the thread. */
  readonly #queue = new SerialQueue();

  constructor(options: FuserOptions, file = new URL('./fuse-worker.js', import.meta.url)) {
    this.#options = options;
    this.#thread = new JobThread(file, { idle: IDLE_MS, onEnd: () => this.#parsed.clear() });
  }

  /** Joins all runs of a deploy that are not joined yet. */
  fuse({ deploy, manifest }: Head): Promise<FusedDeploy> {
    return this.#queue.run(async () => {
      for (;;) {
        const plan = await this.#plan(manifest);
        const joined = await this.#joinAll(plan.runs, manifest);
        if (joined === undefined) continue;
        return fusedDeploy(deploy.manifest, plan, joined);
      }
    });
  }

  /** The fusion with the runs that are joined already. It takes no longer than to parse what has changed. */
  plan({ deploy, manifest }: Head): Promise<FusedDeploy> {
    return this.#queue.run(async () => {
      const plan = await this.#plan(manifest);
      const joined = new Map<Path, { hash: Hash; size: number }>();
      for (const { name, key } of plan.runs) {
        const found = await this.#options.runs.get(key);
        if (found !== undefined) joined.set(name, found);
      }
      return fusedDeploy(deploy.manifest, plan, joined);
    });
  }

  /**
   * The source map of a run: joined once more, as few are asked for. Null for a run that the deploy
   * has not.
   */
  sourceMap({ manifest }: Pick<Head, 'manifest'>, name: Path): Promise<string | null> {
    return this.#queue.run(async () => {
      const plan = await this.#plan(manifest);
      const run = plan.runs.find((each) => each.name === name);
      const result = run === undefined ? undefined : await this.#join(run, manifest, true);
      return result?.state === 'joined' ? result.map : null;
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
    const sources = await this.#sources([...unknown]);
    const { modules, importMap, entries } = manifestToJson(manifest);
    const refused = modules.flatMap(([path, hash]) => {
      const reason = this.#refused.get(`${hash} ${path}`);
      return reason === undefined ? [] : [[path, reason] as const];
    });
    const job = { kind: 'plan', modules, importMap, entries, sources, refused } as const;
    const result = (await this.#run(job)) as PlanResult;
    for (const [hash] of sources) this.#parsed.add(hash);
    return result;
  }

  /** Undefined if a module refuses to be joined: then the runs have to be planned again. */
  async #joinAll(
    runs: readonly PlannedRun[],
    manifest: Manifest,
  ): Promise<Map<Path, { hash: Hash; size: number }> | undefined> {
    const joined = new Map<Path, { hash: Hash; size: number }>();
    let isComplete = true;
    for (const run of runs) {
      const { name, key } = run;
      const found = await this.#options.runs.get(key);
      if (found !== undefined) {
        joined.set(name, found);
        continue;
      }
      const result = await this.#join(run, manifest, false);
      if (result.state === 'refused') {
        for (const path of result.paths) {
          this.#refused.set(`${manifest.modules.get(path)!.hash} ${path}`, result.reason);
        }
        isComplete = false;
        continue;
      }
      const bytes = new TextEncoder().encode(result.code);
      const made = { hash: blake3(bytes), size: bytes.length };
      await this.#options.runs.put(key, made.hash, bytes);
      joined.set(name, made);
      this.#options.onProgress?.(joined.size, runs.length);
    }
    return isComplete ? joined : undefined;
  }

  async #join({ name, members }: PlannedRun, manifest: Manifest, sourcemap: boolean): Promise<JoinResult> {
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

function fusedDeploy(
  manifest: Hash,
  plan: PlanResult,
  joined: ReadonlyMap<Path, { readonly hash: Hash; readonly size: number }>,
): FusedDeploy {
  const runs = plan.runs.map(({ name, members, runs: imported, modules, dynamic }): FusedRun => {
    const { hash = null, size = 0 } = joined.get(name) ?? {};
    return { name, hash, size, members, runs: imported, modules, dynamic };
  });
  const fusion = { manifest, runs, exports: plan.exports, roots: plan.roots, order: plan.order };
  const bytes = encodeFusion(fusion);
  return { fusion, bytes, hash: blake3(bytes), singles: plan.singles };
}
