import { naturalUrl, pathOfUrl, PLACEHOLDER_ROOT, type Resolver } from '../../importmap/index.js';
import type { Hash, Manifest, Path } from '../../schema/index.js';
import type { ModuleRecord } from './module-record.js';

/** Where a static import leads: to a module of the site, or to a URL outside of it. */
export type Target =
  | { readonly kind: 'module'; readonly path: Path }
  | { readonly kind: 'outside'; readonly url: string };

/** A module of the site with what it imports, as a page resolves it. */
export interface FuseNode {
  readonly path: Path;
  readonly hash: Hash;
  /** Null for JSON and style sheets, and for what does not parse. */
  readonly record: ModuleRecord | null;
  /** By specifier. */
  readonly targets: ReadonlyMap<string, Target>;
  /** Modules of the site that it imports statically, in source order. */
  readonly imports: readonly Path[];
  /** Modules of the site that a literal `import()` names. */
  readonly dynamic: readonly Path[];
  /** Why it stays a single module, by what the module itself says; undefined if it can be joined. */
  readonly reason: string | undefined;
}

export type FuseGraph = ReadonlyMap<Path, FuseNode>;

const JAVASCRIPT = 'text/javascript';

function resolve(resolver: Resolver, specifier: string, path: Path): Target | string {
  const resolution = resolver.resolve(specifier, naturalUrl(PLACEHOLDER_ROOT, path));
  if (resolution.state !== 'resolved') return `imports ${JSON.stringify(specifier)}, which does not resolve`;
  const { url } = resolution;
  if (!url.startsWith(new URL('/', PLACEHOLDER_ROOT).href)) return { kind: 'outside', url };
  // Another query or fragment is another instance.
  if (/[?#]/.test(url)) return `imports ${JSON.stringify(specifier)}, a URL with a query or a fragment`;
  const target = pathOfUrl(PLACEHOLDER_ROOT, url);
  if (target === undefined || naturalUrl(PLACEHOLDER_ROOT, target) !== url) {
    return `imports ${JSON.stringify(specifier)}, which is no file of the site`;
  }
  return { kind: 'module', path: target };
}

function createNode(
  path: Path,
  manifest: Manifest,
  record: ModuleRecord | null,
  resolver: Resolver,
): FuseNode {
  const { hash, type } = manifest.modules.get(path)!;
  const targets = new Map<string, Target>();
  const imports: Path[] = [];
  let reason = type === JAVASCRIPT ? record?.reason : `is ${type}, not JavaScript`;
  if (record === null) reason ??= 'does not parse';
  for (const { specifier } of record?.requests ?? []) {
    const target = resolve(resolver, specifier, path);
    if (typeof target === 'string') {
      reason ??= target;
      continue;
    }
    targets.set(specifier, target);
    if (target.kind === 'outside') continue;
    if (manifest.modules.has(target.path)) imports.push(target.path);
    else reason ??= `imports ${target.path}, which is not in the deploy`;
  }
  const dynamic = (record?.dynamicImports ?? []).flatMap(({ specifier }) => {
    const target = specifier === undefined ? '' : resolve(resolver, specifier, path);
    const isOwn = typeof target !== 'string' && target.kind === 'module' && manifest.modules.has(target.path);
    return isOwn ? [target.path] : [];
  });
  return { path, hash, record, targets, imports: [...new Set(imports)], dynamic, reason };
}

/** Finds what the modules of a deploy import. `recordOf` is asked for JavaScript modules only. */
export function createGraph(
  manifest: Manifest,
  recordOf: (hash: Hash) => ModuleRecord | null,
  resolver: Resolver,
): FuseGraph {
  const graph = new Map<Path, FuseNode>();
  for (const [path, { hash, type }] of manifest.modules) {
    const isModule = type === JAVASCRIPT || type === 'application/json' || type === 'text/css';
    if (!isModule) continue;
    graph.set(path, createNode(path, manifest, type === JAVASCRIPT ? recordOf(hash) : null, resolver));
  }
  return graph;
}

/** The members of import cycles, each with its cycle. Tarjan's algorithm, without recursion. */
export function findCycles(graph: FuseGraph): Map<Path, readonly Path[]> {
  const index = new Map<Path, number>();
  const low = new Map<Path, number>();
  const onStack = new Set<Path>();
  const stack: Path[] = [];
  const cycles = new Map<Path, readonly Path[]>();
  for (const start of graph.keys()) {
    if (index.has(start)) continue;
    const work: { readonly path: Path; next: number }[] = [{ path: start, next: 0 }];
    while (work.length > 0) {
      const top = work.at(-1)!;
      const { path } = top;
      if (top.next === 0) {
        index.set(path, index.size);
        low.set(path, index.get(path)!);
        stack.push(path);
        onStack.add(path);
      }
      const imported = graph.get(path)!.imports[top.next++];
      if (imported !== undefined) {
        if (!index.has(imported)) work.push({ path: imported, next: 0 });
        else if (onStack.has(imported)) low.set(path, Math.min(low.get(path)!, index.get(imported)!));
        continue;
      }
      work.pop();
      const parent = work.at(-1)?.path;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent)!, low.get(path)!));
      if (low.get(path) !== index.get(path)) continue;
      const members = stack.splice(stack.indexOf(path));
      for (const member of members) onStack.delete(member);
      const isCycle = members.length > 1 || graph.get(path)!.imports.includes(path);
      if (isCycle) for (const member of members) cycles.set(member, members);
    }
  }
  return cycles;
}

/** The static closure of a module in evaluation order, as ECMA-262 InnerModuleEvaluation walks it. */
export function evaluationOrder(graph: FuseGraph, root: Path, except: ReadonlySet<Path>): Path[] {
  const seen = new Set<Path>();
  const order: Path[] = [];
  const stack: { readonly node: FuseNode; next: number }[] = [];
  const enter = (path: Path) => {
    const node = graph.get(path);
    if (node === undefined || seen.has(path) || except.has(path)) return;
    seen.add(path);
    stack.push({ node, next: 0 });
  };
  enter(root);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const imported = top.node.imports[top.next++];
    if (imported !== undefined) enter(imported);
    else {
      order.push(top.node.path);
      stack.pop();
    }
  }
  return order;
}
