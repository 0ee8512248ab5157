import type { SiteModule } from '../../../importmap/site.js';
import type { Hash } from '../../../schema/hash.js';
import type { Path } from '../../../schema/path.js';

/** The modules of the newest manifest. */
export interface PlanGraph {
  /** The module at a natural URL. Undefined when the manifest has none. */
  moduleAt(url: string): SiteModule | undefined;
  /** Natural URLs of a module's static imports. Undefined while its blob is not in the page. */
  importsOf(module: SiteModule): readonly string[] | undefined;
  parses(module: SiteModule): boolean;
}

/** The modules and import map rules of the page. */
export interface PlanRecords {
  isRunning(url: string): boolean;
  /** Whether linked modules import the running instance by another name than its natural URL. */
  isRenamed(url: string): boolean;
  /** Whether the engine may have tried the natural URL without success. */
  isUnusable(url: string): boolean;
  /** Whether the browser may have loaded modules that are in no record. */
  readonly hasExternal: boolean;
  /** Whether the import map has a rule for the natural URL. Such a rule never changes. */
  hasRule(url: string): boolean;
  /** The version to which the rule leads. */
  ruleHash(url: string): Hash | undefined;
  /** Whether the page has a target for the natural URL. */
  hasTarget(url: string): boolean;
  /** Whether import maps can be added while the page runs. */
  readonly laterMaps: boolean;
}

/**
 * The name of a new instance: its natural URL; its own target; or, for a module that a cycle imports before
 * its target exists, an alias that an import map rule leads to the target.
 */
export type Naming = 'natural' | 'target' | 'alias';

export interface PlannedModule {
  readonly module: SiteModule;
  readonly naming: Naming;
}

export type PlanOutcome =
  /** Modules that need an instance. Each follows the modules that it imports, except in cycles. */
  | { readonly kind: 'order'; readonly order: readonly PlannedModule[] }
  /** Blobs that are not in the page, each with the path of a module. */
  | { readonly kind: 'missing'; readonly missing: ReadonlyMap<Hash, Path> }
  /** Modules that close a cycle and need an alias, in an engine that takes no later import map. */
  | { readonly kind: 'circular'; readonly urls: readonly string[] }
  /** The manifest has no module at `url` any more. */
  | { readonly kind: 'gone'; readonly url: string; readonly importer: SiteModule | undefined }
  | { readonly kind: 'unparsed'; readonly module: SiteModule };

export interface Plan {
  readonly outcome: PlanOutcome;
  /** Natural URLs that the registry does not have. The browser loads them. */
  readonly external: ReadonlySet<string>;
  /** Whether the plan runs a module that does not parse, so that its imports are unknown. */
  readonly runsUnparsed: boolean;
}

export interface PlanRequest {
  readonly roots: readonly string[];
  /** Modules that get another instance although one runs. */
  readonly force: ReadonlySet<string>;
  /** Whether a module that does not parse ends the plan, or runs so that the browser reports the error. */
  readonly unparsed: 'refuse' | 'run';
}

/** Plans the instances that the roots need. Changes nothing. */
export function planInstances(graph: PlanGraph, records: PlanRecords, request: PlanRequest): Plan {
  const { order, missing, circular, external, runsUnparsed, refused } = walk(graph, records, request);
  const plan = (outcome: PlanOutcome): Plan => ({ outcome, external, runsUnparsed });
  if (refused !== undefined) return plan(refused);
  if (missing.size > 0) return plan({ kind: 'missing', missing });
  const hasExternal = records.hasExternal || external.size > 0 || runsUnparsed;
  const renamed = renamedModules(graph, records, order, request.force, hasExternal);
  const aliased = [...circular].filter((url) => renamed.has(url));
  if (aliased.length > 0 && !records.laterMaps) return plan({ kind: 'circular', urls: aliased });
  const namingOf = (url: string): Naming => {
    if (!renamed.has(url)) return 'natural';
    return circular.has(url) ? 'alias' : 'target';
  };
  return plan({ kind: 'order', order: order.map((module) => ({ module, naming: namingOf(module.url) })) });
}

interface Walk {
  readonly order: SiteModule[];
  readonly missing: Map<Hash, Path>;
  /** Modules that were met again while their imports were being walked. */
  readonly circular: Set<string>;
  readonly external: Set<string>;
  runsUnparsed: boolean;
  refused: PlanOutcome | undefined;
}

/** Depth first, without recursion: import chains can be as long as the site has modules. */
function walk(graph: PlanGraph, records: PlanRecords, { roots, force, unparsed }: PlanRequest): Walk {
  const found: Walk = {
    order: [],
    missing: new Map(),
    circular: new Set(),
    external: new Set(),
    runsUnparsed: false,
    refused: undefined,
  };
  const state = new Map<string, 'open' | 'done'>();
  const stack: { module: SiteModule; imports: readonly string[]; next: number }[] = [];

  const enter = (url: string, importer: SiteModule | undefined): void => {
    if (state.get(url) === 'open') found.circular.add(url);
    if (state.has(url)) return;
    const module = graph.moduleAt(url);
    if (module === undefined) {
      // A rule of the import map outlives the file and would lead to its old version.
      if (records.isRunning(url) || records.hasTarget(url)) found.refused = { kind: 'gone', url, importer };
      else found.external.add(url);
      return;
    }
    if (records.isRunning(url) && !force.has(url)) return;
    const imports = graph.importsOf(module);
    if (imports === undefined) found.missing.set(module.hash, module.path);
    if (!graph.parses(module)) {
      if (unparsed === 'refuse') {
        found.refused = { kind: 'unparsed', module };
        return;
      }
      found.runsUnparsed = true;
    }
    state.set(url, 'open');
    stack.push({ module, imports: imports ?? [], next: 0 });
  };

  for (const root of roots) {
    enter(root, undefined);
    for (let top = stack.at(-1); top !== undefined && found.refused === undefined; top = stack.at(-1)) {
      const url = top.imports[top.next++];
      if (url !== undefined) {
        enter(url, top.module);
        continue;
      }
      found.order.push(top.module);
      state.set(top.module.url, 'done');
      stack.pop();
    }
    if (found.refused !== undefined) break;
  }
  return found;
}

/** The modules of an order that cannot be imported by their natural URLs. */
function renamedModules(
  graph: PlanGraph,
  records: PlanRecords,
  order: readonly SiteModule[],
  force: ReadonlySet<string>,
  hasExternal: boolean,
): Set<string> {
  const renamed = new Set<string>();
  for (const { url, hash } of order) {
    const canBeNatural = records.hasRule(url)
      ? records.ruleHash(url) === hash
      : records.laterMaps && !hasExternal;
    if (force.has(url) || records.isUnusable(url) || !canBeNatural) renamed.add(url);
  }
  // The target of an existing rule is linked already: it imports natural URLs only.
  const linked = order.filter(({ url }) => !renamed.has(url) && records.hasRule(url));
  const importsRenamed = (module: SiteModule): boolean =>
    (graph.importsOf(module) ?? []).some((url) => renamed.has(url) || records.isRenamed(url));
  for (let more = true; more;) {
    more = false;
    for (const module of linked) {
      if (renamed.has(module.url) || !importsRenamed(module)) continue;
      renamed.add(module.url);
      more = true;
    }
  }
  return renamed;
}
