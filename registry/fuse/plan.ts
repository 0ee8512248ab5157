import { isPlaceOfUrl, NAMESPACE, type Path } from '../../schema/index.js';
import { evaluationOrder, findCycles, type FuseGraph, type FuseNode } from './fuse-graph.js';
import { ExportResolver, findConflicting, type Binding } from './resolve-export.js';

/** Another version may join other modules: a change of what this file decides has to change it. */
export const PLAN_VERSION = '5';

/** Modules that are joined into one, in evaluation order. */
export interface Run {
  /** The path of its last member: it stays when members are added or removed before it. */
  readonly name: Path;
  readonly members: readonly Path[];
}

/** How the modules of a deploy are joined. */
export interface FusePlan {
  readonly graph: FuseGraph;
  readonly exports: ExportResolver;
  readonly runs: readonly Run[];
  /** The run of each module that is in one. */
  readonly runOf: ReadonlyMap<Path, Run>;
  /** Why each other module that a page or worker reaches stays single. */
  readonly singles: ReadonlyMap<Path, string>;
  /** Modules from which a page, a worker or an `import()` starts. */
  readonly roots: readonly Path[];
  /**
   * For each member that is a root, or that a single module imports: the runs (by name), single modules
   * and URLs
   * that it reaches, in evaluation order.
   */
  readonly order: ReadonlyMap<Path, readonly Path[]>;
}

export interface StructureOptions {
  readonly graph: FuseGraph;
  /** Modules from which pages and workers start. */
  readonly entries: readonly Path[];
  /** Modules that could not be joined when it was tried, with the reason. */
  readonly refused?: ReadonlyMap<Path, string>;
}

export interface CutOptions {
  /** Bytes of a module. */
  readonly sizeOf: (path: Path) => number;
  /** A number of 32 bits for each path: it decides where runs are cut. */
  readonly digest: (path: Path) => number;
  /** Bytes from which a run may be cut. Default 256 KiB. */
  readonly minBytes?: number;
  /** Bytes that a run has at most, unless one module is larger. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Members that a run has at least. Default 2: to join one alone gains nothing. */
  readonly minMembers?: number;
}

/** What follows from imports and exports alone: where a text changes without these, it stays. */
export interface SiteStructure {
  readonly exports: ExportResolver;
  readonly cycles: ReadonlyMap<Path, readonly Path[]>;
  readonly roots: readonly Root[];
  /** Modules by their first place in the orders of the roots, with why each cannot be joined. */
  readonly reasons: ReadonlyMap<Path, string | undefined>;
  /** Whether a module always comes directly after another one. */
  readonly follows: (before: Path, path: Path) => boolean;
}

/** From `minBytes` on, one module in so many ends its run. */
const CUT_EVERY = 32;

/** Where a page or worker starts to evaluate: an entry, or the target of an `import()`. */
export interface Root {
  readonly path: Path;
  /** What it evaluates that may not have been evaluated before it. */
  readonly order: readonly Path[];
}

/** Why a module cannot be joined, by what it and its imports say. */
function reasonFor(
  node: FuseNode,
  graph: FuseGraph,
  exports: ExportResolver,
  cycles: ReadonlyMap<Path, readonly Path[]>,
): string | undefined {
  if (node.reason !== undefined) return node.reason;
  const cycle = cycles.get(node.path);
  if (cycle !== undefined) return `is in an import cycle: ${[...cycle.slice(0, 3)].join(', ')}`;
  const conflict = exports.conflicts(node.path)[0];
  if (conflict !== undefined) return `re-exports ${conflict} from several modules`;
  if (exports.isOpaque(node.path)) return 're-exports everything of a module outside the site';
  const record = node.record!;
  for (const { exported, specifier, name } of record.indirectExports) {
    const target = node.targets.get(specifier)!;
    if (target.kind === 'outside') return `re-exports ${exported} of a module outside the site`;
    const binding = exports.resolve(target.path, name);
    if (binding === null) return `re-exports ${exported}, which ${target.path} does not export`;
  }
  // Only the import of such a module itself says what it is.
  const isScript = (binding: Binding | null) => binding === null || graph.get(binding.path)!.record !== null;
  if (record.indirectExports.length + record.starExports.length > 0) {
    const other = [...exports.names(node.path)].find((name) => !isScript(exports.resolve(node.path, name)));
    if (other !== undefined) return `re-exports ${other} of a module that is not JavaScript`;
  }
  for (const { specifier, imports } of record.requests) {
    const target = node.targets.get(specifier)!;
    if (target.kind === 'outside') continue;
    const { path } = target;
    const other = imports.find(
      ({ name }) => isScript({ path, name }) && !isScript(exports.resolve(path, name)),
    );
    if (other !== undefined) return `imports ${other.name} of a module that is not JavaScript from ${path}`;
    const missing = imports.find(({ name }) => name !== NAMESPACE && !exports.resolve(target.path, name));
    if (missing !== undefined) return `imports ${missing.name}, which ${target.path} does not export`;
  }
  return undefined;
}

/** The roots of a site: its entries, and what literal `import()` names, with what each evaluates. */
function findRoots(graph: FuseGraph, entries: readonly Path[]): Root[] {
  const starts = [...new Set(entries)].filter((path) => graph.has(path));
  const closures = new Map<Path, readonly Path[]>();
  /** By dynamic root: what every page that can import it has loaded. */
  const loaded = new Map<Path, Set<Path>>();
  for (const entry of starts) {
    const order = evaluationOrder(graph, entry, new Set());
    closures.set(entry, order);
    const own = new Set(order);
    const reached = new Set<Path>(own);
    const wave = [...own];
    const seen = new Set<Path>();
    // Many roots have the same sets before them.
    const common = new Map<Set<Path>, Set<Path>>();
    const both = (before: Set<Path>) => {
      let found = common.get(before);
      if (found === undefined) {
        found = new Set([...before].filter((path) => own.has(path)));
        common.set(before, found);
      }
      return found;
    };
    for (let path = wave.pop(); path !== undefined; path = wave.pop()) {
      for (const root of graph.get(path)!.dynamic) {
        if (!graph.has(root) || seen.has(root)) continue;
        seen.add(root);
        const before = loaded.get(root);
        loaded.set(root, before === undefined ? own : both(before));
        for (const found of evaluationOrder(graph, root, reached)) {
          reached.add(found);
          wave.push(found);
        }
      }
    }
  }
  const isStart = new Set(starts);
  return [
    ...starts.map((path) => ({ path, order: closures.get(path)! })),
    ...[...loaded]
      .filter(([path]) => !isStart.has(path))
      .map(([path, before]) => {
        // It evaluates at least itself, also where the page has done so before.
        const order = before.has(path) ? [path] : evaluationOrder(graph, path, before);
        return { path, order };
      }),
  ];
}

/**
 * Modules in an order in which they can be imported, so that they are evaluated in the given one. A cycle has
 * to be entered where its root enters it: at the module that is evaluated last.
 */
function startOrder(modules: readonly Path[], cycles: ReadonlyMap<Path, readonly Path[]>): Path[] {
  const last = new Map<readonly Path[], Path>();
  for (const path of modules) {
    const cycle = cycles.get(path);
    if (cycle !== undefined) last.set(cycle, path);
  }
  return modules.map((path) => last.get(cycles.get(path) ?? []) ?? path);
}

/** For each module, the modules with a top-level await that it waits for, as a text that can be compared. */
function findAwaited(graph: FuseGraph): Map<Path, string> {
  const importers = new Map<Path, Path[]>();
  for (const { path, imports } of graph.values()) {
    for (const imported of imports) {
      const list = importers.get(imported);
      if (list === undefined) importers.set(imported, [path]);
      else list.push(path);
    }
  }
  const awaited = new Map<Path, string>();
  for (const { path, record } of graph.values()) {
    if (record?.hasTopLevelAwait !== true) continue;
    const seen = new Set<Path>([path]);
    const wave: Path[] = [path];
    for (let at = wave.pop(); at !== undefined; at = wave.pop()) {
      awaited.set(at, `${awaited.get(at) ?? ''}\n${path}`);
      for (const importer of importers.get(at) ?? []) {
        if (seen.has(importer)) continue;
        seen.add(importer);
        wave.push(importer);
      }
    }
  }
  return awaited;
}

/** Finds in which order modules are evaluated, and which of them cannot be joined. */
export function findStructure({ graph, entries, refused }: StructureOptions): SiteStructure {
  const exports = new ExportResolver(graph);
  const cycles = findCycles(graph);
  const awaited = findAwaited(graph);
  const roots = findRoots(graph, entries);
  /** By module: its place in the order of each root that evaluates it. */
  const places = new Map<Path, Map<Root, number>>();
  for (const root of roots) {
    for (const [at, path] of root.order.entries()) {
      let own = places.get(path);
      if (own === undefined) places.set(path, (own = new Map()));
      own.set(root, at);
    }
  }
  const reasons = new Map<Path, string | undefined>();
  const conflicting = findConflicting(graph, exports);
  for (const path of places.keys()) {
    const known = refused?.get(path) ?? conflicting.get(path);
    reasons.set(path, known ?? reasonFor(graph.get(path)!, graph, exports, cycles));
  }
  const follows = (before: Path, path: Path) => {
    const [a, b] = [places.get(before)!, places.get(path)!];
    if (a.size !== b.size || awaited.get(before) !== awaited.get(path)) return false;
    return [...b].every(([root, at]) => a.get(root) === at - 1);
  };
  return { exports, cycles, roots, reasons, follows };
}

/**
 * Cuts what the roots evaluate into runs. Members of a run follow each other directly wherever they are
 * evaluated, are evaluated by the same roots, and wait for the same top-level awaits: so a run evaluates
 * nothing that its root would not, and nothing in another order.
 */
export function cutRuns(structure: SiteStructure, options: CutOptions): Pick<FusePlan, 'runs' | 'singles'> {
  const { roots, reasons, follows } = structure;
  const { sizeOf, digest, minMembers = 2 } = options;
  const { minBytes = 256 * 1024, maxBytes = 1024 * 1024 } = options;
  const rootPaths = new Set(roots.map(({ path }) => path));
  const singles = new Map<Path, string>();
  const runs: Run[] = [];
  let members: Path[] = [];
  let bytes = 0;
  const endRun = () => {
    if (members.length >= minMembers) runs.push({ name: members.at(-1)!, members });
    else for (const path of members) singles.set(path, 'has no neighbour to be joined with');
    members = [];
    bytes = 0;
  };
  const done = new Set<Path>();
  for (const root of roots) {
    for (const path of root.order) {
      if (done.has(path)) continue;
      done.add(path);
      const reason = reasons.get(path);
      if (reason !== undefined) {
        endRun();
        if (!isPlaceOfUrl(path)) singles.set(path, reason);
        continue;
      }
      const before = members.at(-1);
      if (before !== undefined && (!follows(before, path) || bytes + sizeOf(path) > maxBytes)) endRun();
      members.push(path);
      bytes += sizeOf(path);
      if (rootPaths.has(path) || (bytes >= minBytes && digest(path) % CUT_EVERY === 0)) endRun();
    }
    endRun();
  }
  return { runs, singles };
}

export function planOf(
  graph: FuseGraph,
  { exports, cycles, roots }: SiteStructure,
  { runs, singles }: Pick<FusePlan, 'runs' | 'singles'>,
): FusePlan {
  const runOf = new Map(runs.flatMap((run) => run.members.map((path) => [path, run] as const)));
  const order = new Map<Path, readonly Path[]>();
  const addOrder = (path: Path, modules: readonly Path[]) => {
    if (!runOf.has(path) || order.has(path)) return;
    const scripts = modules.filter((each) => isPlaceOfUrl(each) || graph.get(each)!.record !== null);
    const pieces = startOrder(scripts, cycles).map((each) => runOf.get(each)?.name ?? each);
    order.set(path, [...new Set(pieces)]);
  };
  for (const path of new Set(roots.flatMap((root) => root.order))) {
    if (runOf.has(path)) continue;
    for (const imported of graph.get(path)!.imports) {
      if (!order.has(imported)) addOrder(imported, evaluationOrder(graph, imported, new Set()));
    }
  }
  // What an `import()` names leaves out what its page has loaded, which such an importer may not have.
  for (const root of roots) addOrder(root.path, root.order);
  return { graph, exports, runs, runOf, singles, roots: [...new Set(roots.map(({ path }) => path))], order };
}
