import { EMPTY_IMPORT_MAP, parseImportMap, Resolver } from '../../importmap/index.js';
import type { ExportGroup, Hash, Manifest, Path } from '../../schema/index.js';
import { createGraph, type FuseGraph, type FuseNode } from './fuse-graph.js';
import type { ModuleRecord } from './module-record.js';
import {
  cutRuns,
  findStructure,
  planOf,
  type CutOptions,
  type FusePlan,
  type Run,
  type SiteStructure,
} from './plan.js';
import { runRecipe, type RunRecipe } from './run-source.js';

export interface SitePlan {
  readonly manifest: Manifest;
  readonly plan: FusePlan;
  /** By the name of the run. */
  readonly recipes: ReadonlyMap<Path, RunRecipe>;
  /** What each member of a run exports. */
  readonly exports: ReadonlyMap<Path, readonly ExportGroup[]>;
  /** Runs whose recipes are all that differs from the plan before; null if more does. */
  readonly changed: ReadonlySet<Path> | null;
}

interface Kept extends SitePlan {
  readonly structure: SiteStructure;
  readonly refused: ReadonlyMap<Path, string>;
}

export type RecordOf = (hash: Hash) => ModuleRecord | null;

/** Decides where runs are cut. The same for a path in every deploy. */
function digest(path: Path): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < path.length; at++) sum = Math.imul(sum ^ path.charCodeAt(at), 0x01000193);
  return (sum ^ (sum >>> 15)) >>> 0;
}

/** What says where in a text something is. Plans depend on everything else in a record. */
const PLACES = new Set(['start', 'end', 'lineBreaks', 'metas', 'reads']);

const shapeOf = (record: ModuleRecord | null): string =>
  JSON.stringify(record, (key, value: unknown) => (PLACES.has(key) ? undefined : value));

const sameList = (a: readonly Path[], b: readonly Path[]): boolean =>
  a.length === b.length && a.every((path, index) => path === b[index]);

const sameRuns = (a: readonly Run[], b: readonly Run[]): boolean =>
  a.length === b.length && a.every(({ members }, index) => sameList(members, b[index]!.members));

const sameReasons = (a: ReadonlyMap<Path, string>, b: ReadonlyMap<Path, string>): boolean =>
  a.size === b.size && [...a].every(([path, reason]) => b.get(path) === reason);

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

/**
 * Plans deploys one after the other. Most saves change texts, and neither imports nor exports: then what
 * follows from these is kept.
 */
export class SitePlanner {
  /** Members that a run has at least. Tests set 1, to join each module that can be joined. */
  static minMembers = 2;
  #last: Kept | undefined;

  /** @param root a URL that stands for the site's. It is always the same */
  constructor(readonly root: string) {}

  /** @param refused modules that could not be joined, with the reason */
  plan(manifest: Manifest, recordOf: RecordOf, refused: ReadonlyMap<Path, string>): SitePlan {
    const last = this.#last;
    const changed = last === undefined ? null : changedNodes(last, manifest, refused, recordOf);
    this.#last =
      changed === null ? planAll(manifest, recordOf, refused, this.root) : replan(last!, manifest, changed);
    return this.#last;
  }
}

const cutOptions = ({ modules }: Manifest): CutOptions => ({
  sizeOf: (path) => modules.get(path)!.size,
  digest,
  minMembers: SitePlanner.minMembers,
});

function planAll(
  manifest: Manifest,
  recordOf: RecordOf,
  refused: ReadonlyMap<Path, string>,
  root: string,
): Kept {
  const { importMap, entries } = manifest;
  const map = importMap === null ? EMPTY_IMPORT_MAP : parseImportMap(importMap, root).map;
  const graph = createGraph(manifest, recordOf, new Resolver(map), root);
  const structure = findStructure({ graph, entries, refused });
  const runs = cutRuns(structure, cutOptions(manifest));
  return described(planOf(graph, structure, runs), { manifest, structure, refused });
}

function described(plan: FusePlan, given: Pick<Kept, 'manifest' | 'structure' | 'refused'>): Kept {
  const recipes = new Map(plan.runs.map((run) => [run.name, runRecipe(run, plan)]));
  const exports = new Map([...plan.runOf.keys()].map((path) => [path, exportGroups(plan, path)]));
  return { ...given, plan, recipes, exports, changed: null };
}

/** Modules whose text changed; null if a plan depends on more of what changed. */
function changedNodes(
  last: Kept,
  manifest: Manifest,
  refused: ReadonlyMap<Path, string>,
  recordOf: RecordOf,
): FuseNode[] | null {
  const before = last.manifest;
  if (before.modules.size !== manifest.modules.size || !sameList(before.entries, manifest.entries))
    return null;
  if (JSON.stringify(before.importMap) !== JSON.stringify(manifest.importMap)) return null;
  if (!sameReasons(last.refused, refused)) return null;
  const changed: FuseNode[] = [];
  for (const [path, { hash, type }] of manifest.modules) {
    const old = before.modules.get(path);
    if (old === undefined || old.type !== type) return null;
    const node = last.plan.graph.get(path);
    if (old.hash === hash || node === undefined) continue;
    const record = node.record === null && type !== 'text/javascript' ? null : recordOf(hash);
    if (shapeOf(node.record) !== shapeOf(record)) return null;
    changed.push({ ...node, hash, record });
  }
  return changed;
}

function replan(last: Kept, manifest: Manifest, changed: readonly FuseNode[]): Kept {
  const { structure, refused } = last;
  const graph = new Map(last.plan.graph);
  for (const node of changed) graph.set(node.path, node);
  const cut = cutRuns(structure, cutOptions(manifest));
  // A text of another size may cut runs elsewhere.
  if (!sameRuns(cut.runs, last.plan.runs)) {
    return described(planOf(graph satisfies FuseGraph, structure, cut), { manifest, structure, refused });
  }
  const plan = { ...last.plan, graph };
  const recipes = new Map(last.recipes);
  const runs = new Set(changed.flatMap(({ path }) => plan.runOf.get(path) ?? []));
  for (const run of runs) recipes.set(run.name, runRecipe(run, plan));
  return { ...last, manifest, plan, recipes, changed: new Set([...runs].map(({ name }) => name)) };
}
