import type { Path } from '../../schema/index.js';
import { evaluationOrder, type FuseGraph } from './fuse-graph.js';

/** Where a page or worker starts to evaluate: an entry, or the target of an `import()`. */
export interface Root {
  readonly path: Path;
  /** What it evaluates that may not have been evaluated before it. */
  readonly order: readonly Path[];
}

/** The modules from which workers start, of all that pages and these workers reach. */
export function findWorkers(graph: FuseGraph, entries: readonly Path[]): Path[] {
  const workers = new Set<Path>();
  const reached = new Set(entries);
  for (const path of reached) {
    const node = graph.get(path);
    for (const worker of node?.workers ?? []) workers.add(worker);
    for (const next of [node?.imports, node?.dynamic, node?.workers])
      next?.forEach((one) => reached.add(one));
  }
  return [...workers];
}

/**
 * The roots of a site: what its pages and workers start from, and what literal `import()` names, with what
 * each evaluates.
 */
export function findRoots(graph: FuseGraph, entries: readonly Path[]): Root[] {
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
