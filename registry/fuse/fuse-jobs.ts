import {
  EMPTY_MANIFEST,
  encodeFusion,
  isPlaceOfUrl,
  type FusedRun,
  type Hash,
  type Manifest,
  type ManifestRow,
  type Path,
  type SiteImportMap,
} from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { JOIN_VERSION, joinRun, MemberRefused, plainReason } from './join.js';
import { readRecord, type ModuleRecord } from './module-record.js';
import type { Run } from './plan.js';
import type { RunRecipe } from './run-source.js';
import { SitePlanner, type SitePlan } from './site-planner.js';

/** The bytes of modules, by hash. */
export type Sources = readonly (readonly [Hash, Uint8Array])[];

/** Parses modules, for later plans. */
export interface ReadJob {
  readonly kind: 'read';
  readonly sources: Sources;
  /** Records of others, as an earlier job returned them. */
  readonly records: Sources;
}

/** The records of a job's sources, encoded. */
export interface ReadResult {
  readonly records: Sources;
}

/** Finds the runs of a deploy. */
export interface PlanJob {
  readonly kind: 'plan';
  /** A URL that stands for the site's. */
  readonly root: string;
  readonly modules: readonly ManifestRow[];
  /** Whether these are only the rows that differ from the plan before, which had the same paths. */
  readonly isDifference: boolean;
  readonly importMap: SiteImportMap | null;
  /** Modules from which pages and workers start. */
  readonly entries: readonly Path[];
  /** JavaScript modules that the worker has not seen yet. */
  readonly sources: Sources;
  /** Records of others, as an earlier job returned them. */
  readonly records: Sources;
  /** Modules that could not be joined, with the reason. */
  readonly refused: readonly (readonly [Path, string])[];
}

/** Joins a run of the last plan. */
export interface JoinJob {
  readonly kind: 'join';
  readonly run: Path;
  readonly sources: Sources;
  readonly sourcemap: boolean;
}

/** Describes the last plan for browsers. */
export interface EncodeJob {
  readonly kind: 'encode';
  readonly manifest: Hash;
  /** What is joined, by the name of the run. */
  readonly joined: ReadonlyMap<Path, StoredRun>;
}

export type FuseJob = ReadJob | PlanJob | JoinJob | EncodeJob;

/** The bytes of a run, as a fusion names them. */
export type StoredRun = Pick<FusedRun, 'hash' | 'digest' | 'size'>;

export const NOT_JOINED: StoredRun = { hash: null, digest: null, size: 0 };

/** A run that may not be joined yet. Equal keys are of equal runs. */
export type PlannedRun = Omit<FusedRun, 'hash' | 'digest' | 'size'> & { readonly key: Hash };

/** A whole plan, or the runs that differ from the one before. */
export type PlanResult = ReadResult & {
  /** Whether the worker has forgotten the modules of other deploys. */
  readonly forgot: boolean;
  readonly plan: WholePlan | { readonly state: 'changed'; readonly runs: readonly PlannedRun[] };
};

/** What a server needs of a plan. The worker knows more, such as the exports of every member. */
export interface WholePlan {
  readonly state: 'whole';
  readonly runs: readonly PlannedRun[];
  /** Why each other module that is reached stays single. */
  readonly singles: ReadonlyMap<Path, string>;
}

export type JoinResult =
  | { readonly state: 'joined'; readonly code: string; readonly map: string | null }
  | { readonly state: 'refused'; readonly paths: readonly Path[]; readonly reason: string };

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/** Does the work of fusing. It parses and joins, which takes long, so it belongs in another process. */
export class FuseJobs {
  readonly #records = new Map<Hash, ModuleRecord | null>();
  #planner: SitePlanner | undefined;
  #manifest: Manifest = EMPTY_MANIFEST;
  #planned: SitePlan | undefined;

  async run(job: FuseJob): Promise<PlanResult | JoinResult | ReadResult | Uint8Array> {
    if (job.kind === 'join') return this.#join(job);
    if (job.kind === 'encode') return this.#encode(job);
    const read = this.#read(job);
    return job.kind === 'plan' ? { ...read, ...this.#plan(job) } : read;
  }

  #read({ sources, records }: Pick<ReadJob, 'sources' | 'records'>): ReadResult {
    for (const [hash, bytes] of records) this.#records.set(hash, decodeRecord(bytes));
    const parsed = sources.map(([hash, bytes]) => {
      const found = record(bytes);
      this.#records.set(hash, found);
      return [hash, encodeRecord(found)] as const;
    });
    return { records: parsed };
  }

  #plan({
    root,
    modules: rows,
    isDifference,
    importMap,
    entries,
    refused,
  }: PlanJob): Omit<PlanResult, 'records'> {
    const modules = new Map(isDifference ? this.#manifest.modules : []);
    for (const [path, hash, size, type] of rows) modules.set(path, { hash, size, type });
    this.#manifest = { modules, entries, importMap };
    // Records of versions that no deploy of late has are not kept.
    const forgot = this.#records.size > 4 * modules.size + 1000;
    if (forgot) {
      const named = new Set([...modules.values()].map(({ hash }) => hash));
      for (const hash of this.#records.keys()) if (!named.has(hash)) this.#records.delete(hash);
    }
    const recordOf = (hash: Hash) => this.#records.get(hash) ?? null;
    if (this.#planner?.root !== root) this.#planner = new SitePlanner(root);
    this.#planned = this.#planner.plan(this.#manifest, recordOf, new Map(refused));
    const { plan, changed } = this.#planned;
    const isChange = changed !== null && isDifference;
    const planned = isChange ? plan.runs.filter(({ name }) => changed.has(name)) : plan.runs;
    const runs = planned.map((run) => this.#describe(run));
    if (isChange) return { forgot, plan: { state: 'changed', runs } };
    return { forgot, plan: { state: 'whole', runs, singles: plan.singles } };
  }

  #describe({ name, members }: Run): PlannedRun {
    const recipe = this.#planned!.recipes.get(name)!;
    const { runs, modules, dynamic } = recipe;
    return { name, members, runs, modules, dynamic, key: keyOf(recipe) };
  }

  #encode({ manifest, joined }: EncodeJob): Uint8Array {
    const { plan, exports, recipes } = this.#planned!;
    const runs = plan.runs.map(({ name, members }): FusedRun => {
      const { runs: imported, modules, dynamic } = recipes.get(name)!;
      return { name, ...(joined.get(name) ?? NOT_JOINED), members, runs: imported, modules, dynamic };
    });
    const roots = plan.roots.filter((path) => !isPlaceOfUrl(path));
    const { workers, order } = plan;
    return encodeFusion({ manifest, runs, exports, roots, workers, order });
  }

  async #join({ run, sources, sourcemap }: JoinJob): Promise<JoinResult> {
    const texts = new Map(sources.map(([hash, bytes]) => [hash, decoder.decode(bytes)]));
    const recipe = this.#planned!.recipes.get(run)!;
    try {
      const joined = await joinRun(recipe, (hash) => texts.get(hash)!, sourcemap);
      return { state: 'joined', ...joined };
    } catch (error) {
      const paths = error instanceof MemberRefused ? [error.member] : recipe.members.map(({ path }) => path);
      const reason = error instanceof MemberRefused ? error.message : plainReason(error);
      return { state: 'refused', paths, reason };
    }
  }
}

/** Null for what does not parse, or is not UTF-8: the browser decodes that in its own way. */
function record(bytes: Uint8Array): ModuleRecord | null {
  try {
    return readRecord(decoder.decode(bytes));
  } catch {
    return null;
  }
}

const encodeRecord = (read: ModuleRecord | null): Uint8Array => encoder.encode(JSON.stringify(read));

const decodeRecord = (bytes: Uint8Array): ModuleRecord | null =>
  JSON.parse(decoder.decode(bytes)) as ModuleRecord | null;

/** What a run's bytes follow from. */
const keyOf = ({ entry, members }: RunRecipe): Hash =>
  blake3(encoder.encode(JSON.stringify([JOIN_VERSION, entry, members])));
