import { naturalUrl, pathOfUrl, urlOfPlace, type Resolver } from '../../importmap/index.js';
import { placeOfUrl, type Hash, type Manifest, type Path } from '../../schema/index.js';
import type { ModuleRecord } from './module-record.js';

/** Where a static import leads: to a module of the site, or to a URL that is loaded as without fusing. */
export type Target =
  | { readonly kind: 'module'; readonly path: Path }
  | { readonly kind: 'outside'; readonly url: string };

/**
 * A module of the site with what it imports, as a page resolves it. Or a place in the evaluation order
 * that is
 * none of these modules, `placeOfUrl`: one of another site, or another instance of one of these.
 */
export interface FuseNode {
  readonly path: Path;
  /** Null for a URL. */
  readonly hash: Hash | null;
  /** Null for JSON and style sheets, and for what does not parse. */
  readonly record: ModuleRecord | null;
  /** By specifier. */
  readonly targets: ReadonlyMap<string, Target>;
  /** Modules of the site that it imports statically, in source order. */
  readonly imports: readonly Path[];
  /** Modules of the site that a literal `import()` names. */
  readonly dynamic: readonly Path[];
  /** Modules of the site from which it starts workers, by literal URLs. */
  readonly workers: readonly Path[];
  /** Modules that a computed `import()` may name: those of one directory that begin as its specifier does. */
  readonly computed: readonly Path[];
  /** Why it stays a single module, by what the module itself says; undefined if it can be joined. */
  readonly reason: string | undefined;
}

export type FuseGraph = ReadonlyMap<Path, FuseNode>;

const JAVASCRIPT = 'text/javascript';

/** A node without a record. */
const NOTHING = {
  record: null,
  targets: new Map<string, Target>(),
  imports: [],
  dynamic: [],
  workers: [],
  computed: [],
};

interface Resolved {
  readonly target: Target;
  /** Why the importer stays single. */
  readonly reason?: string;
}

/** Undefined for what does not resolve. */
function resolve(
  resolver: Resolver,
  { specifier, attributes = '' }: { readonly specifier: string; readonly attributes?: string },
  base: string,
  { root, manifest: { modules } }: GraphSource,
): Resolved | undefined {
  const resolution = resolver.resolve(specifier, base);
  if (resolution.state !== 'resolved') return undefined;
  const { url } = resolution;
  const outside: Target = { kind: 'outside', url };
  if (!url.startsWith(new URL('/', root).href)) return { target: outside };
  const name = JSON.stringify(specifier);
  const path = pathOfUrl(root, url);
  const file = path === undefined ? undefined : modules.get(path);
  if (path === undefined || file === undefined) {
    return { target: outside, reason: `imports ${name}, which is not in the deploy` };
  }
  // Another spelling, query or fragment is another instance.
  if (naturalUrl(root, path) !== url) {
    return { target: outside, reason: `imports ${name}, another instance of ${path}` };
  }
  if (file.type === JAVASCRIPT && attributes !== '') {
    return { target: { kind: 'outside', url: `${url}#` }, reason: `imports ${name}, not as JavaScript` };
  }
  return { target: { kind: 'module', path } };
}

interface GraphSource {
  /** A URL that stands for the site's. */
  readonly root: string;
  readonly manifest: Manifest;
  /** Asked for JavaScript modules only. Null for what does not parse. */
  readonly recordOf: (hash: Hash) => ModuleRecord | null;
  readonly resolver: Resolver;
}

/** @param base the URL from which the module resolves its imports */
function createNode(path: Path, base: string, record: ModuleRecord | null, source: GraphSource) {
  const { manifest, resolver, root } = source;
  const { modules } = manifest;
  const targets = new Map<string, Target>();
  const imports: Path[] = [];
  let reason = record === null ? 'does not parse' : record.reason;
  for (const request of record?.requests ?? []) {
    const resolved = resolve(resolver, request, base, source);
    if (resolved === undefined) {
      reason ??= `imports ${JSON.stringify(request.specifier)}, which does not resolve`;
      continue;
    }
    const { target } = resolved;
    reason ??= resolved.reason;
    targets.set(request.specifier, target);
    if (target.kind === 'module') imports.push(target.path);
    // What is no JavaScript has no effects.
    else if (request.attributes === '') imports.push(placeOfUrl(target.url, root));
  }
  const dynamic = (record?.dynamicImports ?? []).flatMap(({ specifier }) => {
    if (specifier === undefined) return [];
    const target = resolve(resolver, { specifier }, base, source)?.target;
    if (target === undefined) return [];
    return [target.kind === 'module' ? target.path : placeOfUrl(target.url, root)];
  });
  const computed = (record?.computedImports ?? []).flatMap((beginning) => {
    const start = resolver.resolve(beginning, base);
    if (start.state !== 'resolved') return [];
    return [...modules.keys()].filter((one) => {
      const url = naturalUrl(root, one);
      return url.startsWith(start.url) && !url.slice(start.url.length).includes('/');
    });
  });
  const workers = (record?.workers ?? []).flatMap(({ url: given, byPage }) =>
    // Which page it is, nobody knows. To expect a worker that never starts does no harm.
    (byPage ? [base, root] : [base]).flatMap((from) => {
      const url = URL.canParse(given, from) ? new URL(given, from).href : '';
      const found = pathOfUrl(root, url);
      // Another spelling, query or fragment is another instance.
      const isOwn = found !== undefined && modules.get(found)?.type === JAVASCRIPT;
      return isOwn && naturalUrl(root, found) === url ? [found] : [];
    }),
  );
  const found = {
    imports: [...new Set(imports)],
    dynamic: [...new Set(dynamic)],
    workers: [...new Set(workers)],
    computed,
  };
  return { path, record, targets, ...found, reason };
}

/**
 * Finds what the modules of a deploy import.
 *
 * @param root a URL that stands for the site's
 */
export function createGraph(
  manifest: Manifest,
  recordOf: (hash: Hash) => ModuleRecord | null,
  resolver: Resolver,
  root: string,
): FuseGraph {
  const source = { root, manifest, recordOf, resolver };
  const graph = new Map<Path, FuseNode>();
  for (const [path, { hash, type }] of manifest.modules) {
    if (type === 'application/json' || type === 'text/css') {
      const reason = `is ${type}, not JavaScript`;
      graph.set(path, { ...NOTHING, path, hash, reason });
    } else if (type === JAVASCRIPT) {
      graph.set(path, {
        ...createNode(path, naturalUrl(root, path), recordOf(hash), source),
        hash,
      });
    }
  }
  addPlaces(graph, source);
  return graph;
}

/** Adds a node for each URL that modules import, with what other instances of modules import in turn. */
function addPlaces(graph: Map<Path, FuseNode>, source: GraphSource): void {
  const { root } = source;
  const { modules } = source.manifest;
  const missing = [...graph.values()].flatMap(({ imports, dynamic }) => [...imports, ...dynamic]);
  for (let place = missing.pop(); place !== undefined; place = missing.pop()) {
    if (graph.has(place)) continue;
    const url = urlOfPlace(root, place);
    const path = url.startsWith(root) && !url.endsWith('#') ? pathOfUrl(root, url) : undefined;
    const file = path === undefined ? undefined : modules.get(path);
    const record = file?.type === JAVASCRIPT ? source.recordOf(file.hash) : null;
    const { imports, dynamic, computed } = createNode(place, url, record, source);
    const reason = 'is no module at its own URL';
    graph.set(place, { ...NOTHING, path: place, hash: null, imports, dynamic, computed, reason });
    missing.push(...imports, ...dynamic);
  }
}

/**
 * The members of import cycles, each with a path that shows its cycle. Tarjan's algorithm, without
 * recursion.
 */
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
