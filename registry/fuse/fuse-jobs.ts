import { EMPTY_IMPORT_MAP, parseImportMap, PLACEHOLDER_ROOT, Resolver } from '../../importmap/index.js';
import {
  isPlaceOfUrl,
  type ExportGroup,
  type FusedRun,
  type Hash,
  type Manifest,
  type ManifestRow,
  type Path,
  type SiteImportMap,
} from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { createGraph } from './fuse-graph.js';
import { JOIN_VERSION, joinRun, MemberRefused } from './join.js';
import { readRecord, type ModuleRecord } from './module-record.js';
import { planRuns, type FusePlan } from './plan.js';
import { runRecipe, type RunRecipe } from './run-source.js';

/** The bytes of modules, by hash. */
export type Sources = readonly (readonly [Hash, Uint8Array])[];

/** Finds the runs of a deploy. */
export interface PlanJob {
  readonly kind: 'plan';
  readonly modules: readonly ManifestRow[];
  readonly importMap: SiteImportMap | null;
  /** Modules from which pages and workers start. */
  readonly entries: readonly Path[];
  /** JavaScript modules that the thread has not seen yet. */
  readonly sources: Sources;
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

export type FuseJob = PlanJob | JoinJob;

/** A run that may not be joined yet. Equal keys are of equal runs. */
export type PlannedRun = Omit<FusedRun, 'hash' | 'size'> & { readonly key: Hash };

export interface PlanResult {
  readonly runs: readonly PlannedRun[];
  readonly exports: ReadonlyMap<Path, readonly ExportGroup[]>;
  readonly roots: readonly Path[];
  readonly order: ReadonlyMap<Path, readonly Path[]>;
  /** Why each other module that is reached stays single. */
  readonly singles: ReadonlyMap<Path, string>;
}

export type JoinResult =
  | { readonly state: 'joined'; readonly code: string; readonly map: string | null }
  | { readonly state: 'refused'; readonly paths: readonly Path[]; readonly reason: string };

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/** Decides where runs are cut. The same for a path in every deploy. */
function digest(path: Path): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < path.length; at++) sum = Math.imul(sum ^ path.charCodeAt(at), 0x01000193);
  return (sum ^ (sum >>> 15)) >>> 0;
}

function exportGroups(plan: FusePlan, path: Path): ExportGroup[] {
  const groups = new Map<Path, [string, string][]>();
  for (const exported of plan.exports.names(path)) {
    const { path: from, name } = plan.exports.resolve(path, exported)!;
    const group = groups.get(from);
    if (group === undefined) groups.set(from, [[exported, name]]);
    else group.push([exported, name]);
  }
  return [...groups].map(([from, names]) => ({ from, names }));
}

/** Does the work of fusing. Most of its time goes into parsing and joining, so it belongs in a thread. */
export class FuseJobs {
  readonly #records = new Map<Hash, ModuleRecord | null>();
  #recipes: ReadonlyMap<Path, RunRecipe> = new Map();

  run<J extends FuseJob>(job: J): Promise<J extends PlanJob ? PlanResult : JoinResult>;
  async run(job: FuseJob): Promise<PlanResult | JoinResult> {
    return job.kind === 'plan' ? this.#plan(job) : this.#join(job);
  }

  #plan({ modules, importMap, entries, sources, refused }: PlanJob): PlanResult {
    for (const [hash, bytes] of sources) this.#records.set(hash, record(bytes));
    const manifest: Manifest = {
      modules: new Map(modules.map(([path, hash, size, type]) => [path, { hash, size, type }])),
      entries,
      importMap,
    };
    // Records of versions that no deploy of late has are not kept.
    const named = new Set(modules.map(([, hash]) => hash));
    if (this.#records.size > 4 * named.size + 1000) {
      for (const hash of this.#records.keys()) if (!named.has(hash)) this.#records.delete(hash);
    }
    const map = importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(importMap, PLACEHOLDER_ROOT).map;
    const plan = planRuns({
      graph: createGraph(manifest, (hash) => this.#records.get(hash) ?? null, new Resolver(map)),
      entries,
      sizeOf: (path) => manifest.modules.get(path)!.size,
      digest,
      refused: new Map(refused),
    });
    const recipes = new Map(plan.runs.map((run) => [run.name, runRecipe(run, plan)]));
    this.#recipes = recipes;
    return {
      runs: plan.runs.map(({ name, members }) => {
        const recipe = recipes.get(name)!;
        const { runs, modules: singles, dynamic } = recipe;
        return { name, members, runs, modules: singles, dynamic, key: keyOf(recipe) };
      }),
      exports: new Map([...plan.runOf.keys()].map((path) => [path, exportGroups(plan, path)])),
      roots: plan.roots.filter((path) => !isPlaceOfUrl(path)),
      order: plan.order,
      singles: plan.singles,
    };
  }

  async #join({ run, sources, sourcemap }: JoinJob): Promise<JoinResult> {
    const texts = new Map(sources.map(([hash, bytes]) => [hash, decoder.decode(bytes)]));
    const recipe = this.#recipes.get(run)!;
    try {
      const joined = await joinRun(recipe, (hash) => texts.get(hash)!, sourcemap);
      return { state: 'joined', ...joined };
    } catch (error) {
      const paths = error instanceof MemberRefused ? [error.member] : recipe.members.map(({ path }) => path);
      return { state: 'refused', paths, reason: String(error) };
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

const keyOf = (recipe: RunRecipe): Hash => blake3(encoder.encode(JSON.stringify([JOIN_VERSION, recipe])));
