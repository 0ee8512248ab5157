import type { Contexts } from '../contexts.js';
import type { ImporterGraph } from '../modules/importer-graph.js';
import type { Instances } from '../modules/instances.js';
import type { Batch, ModuleInstance } from '../modules/module-instance.js';
import type { ModuleRecords } from '../modules/module-records.js';

export interface SwapDependencies {
  readonly records: Pick<ModuleRecords, 'running'>;
  readonly instances: Pick<Instances, 'create' | 'import' | 'retire' | 'rollBack' | 'supersede'>;
  readonly contexts: Pick<Contexts, 'dispose' | 'drop' | 'reach'>;
  readonly importers: Pick<ImporterGraph, 'renew'>;
}

export interface SwapOptions {
  /** What becomes of a module that does not parse: see `Instances.create`. */
  readonly unparsed?: 'refuse' | 'run';
  /** Whether a root whose instance cannot be created is imported nevertheless. */
  readonly importsAnyway?: (error: unknown) => boolean;
  /**
   * What becomes of forced modules that no root imports statically. Retired ones get a new instance when
   * imported.
   */
  readonly unreached?: 'keep' | 'retire';
  /** How a root is imported. */
  readonly import?: (url: string) => Promise<unknown>;
  /** Resolves when imports that are still pending are given up. */
  readonly superseded?: Promise<void>;
  /** Waits for code of the page. */
  readonly lend?: <T>(pageCode: Promise<T>) => Promise<T>;
  /** New instances that stay although their root failed. */
  readonly held?: (batch: Batch, root: string) => ReadonlySet<string>;
}

export interface SwapResult {
  /** Namespaces of the roots that run. */
  readonly modules: ReadonlyMap<string, unknown>;
  readonly failed: readonly { readonly root: string; readonly error: unknown }[];
  /** Roots that were given up while their import was pending, with that import. */
  readonly pending: ReadonlyMap<string, Promise<unknown>>;
  /** New instances that the given-up roots import, themselves included. */
  readonly givenUp: readonly ModuleInstance[];
  /** Whether a module that ran before has another instance, or none. */
  isReplaced(url: string): boolean;
  /** Drops what the old instances registered and frees their URLs. To be called after their callbacks. */
  finish(): void;
}

/** See `createSwap`. */
export type Swap = (
  roots: readonly string[],
  force: ReadonlySet<string>,
  options?: SwapOptions,
) => Promise<SwapResult>;

interface Created {
  readonly byRoot: Map<string, Batch>;
  readonly retired: Batch | undefined;
  readonly ready: string[];
  readonly failed: { root: string; error: unknown }[];
}

interface Imported {
  readonly modules: Map<string, unknown>;
  readonly pending: Map<string, Promise<unknown>>;
  readonly failed: { root: string; error: unknown }[];
}

const PENDING = Symbol('pending');
const NONE: ReadonlySet<string> = new Set();

/**
 * The one way to replace instances. Creates instances of the roots, of the forced modules that they import
 * and of all that does not run yet; disposes the old instances; imports the roots. A root that fails, or that
 * is given up, is rolled back with its imports, except for what the other roots use: then the old instances
 * go on running.
 *
 * It starts synchronously, see `Instances.create`.
 */
export function createSwap(dependencies: SwapDependencies): Swap {
  const { records, instances, contexts, importers } = dependencies;

  const createAll = async (
    roots: readonly string[],
    force: ReadonlySet<string>,
    { unparsed, importsAnyway, unreached }: SwapOptions,
  ): Promise<Created> => {
    const byRoot = new Map<string, Batch>();
    const ready: string[] = [];
    const failed: Created['failed'] = [];
    const left = new Set(force);
    for (const root of new Set(roots)) {
      try {
        if (!records.running.has(root) || left.has(root)) {
          const batch = await instances.create([root], left, unparsed);
          byRoot.set(root, batch);
          for (const url of batch.created.keys()) left.delete(url);
        }
        ready.push(root);
      } catch (error) {
        if (importsAnyway?.(error) === true) ready.push(root);
        else failed.push({ root, error });
      }
    }
    const retired = unreached === 'retire' && failed.length === 0 ? instances.retire(left) : undefined;
    return { byRoot, retired, ready, failed };
  };

  const disposeAll = async (old: readonly ModuleInstance[], superseded?: Promise<void>): Promise<void> => {
    for (const { url, target } of old) {
      if (target === undefined) continue;
      const disposing = contexts.dispose(url, target);
      await (superseded === undefined ? disposing : Promise.race([disposing, superseded]));
    }
  };

  const importAll = async (
    roots: readonly string[],
    { superseded, import: importRoot = (url) => instances.import(url) }: SwapOptions,
  ): Promise<Imported> => {
    const imported: Imported = { modules: new Map(), pending: new Map(), failed: [] };
    const importOne = async (root: string): Promise<void> => {
      try {
        const importing = importRoot(root);
        const module = await (superseded === undefined
          ? importing
          : Promise.race([importing, superseded.then(() => PENDING)]));
        if (module === PENDING) imported.pending.set(root, importing);
        else imported.modules.set(root, module);
      } catch (error) {
        imported.failed.push({ root, error });
      }
    };
    await Promise.all(roots.map(importOne));
    return imported;
  };

  const rollBackFailed = (
    batches: readonly Batch[],
    created: ReadonlyMap<string, ModuleInstance>,
    { modules, failed }: Imported,
    held: (root: string) => ReadonlySet<string>,
  ): void => {
    const kept = reachedFrom(modules.keys(), created);
    for (const { root } of failed) for (const url of held(root)) kept.add(url);
    for (const batch of batches) instances.rollBack(batch, (url) => !kept.has(url));
  };

  return async (roots, force, options = {}) => {
    const { superseded, held, lend = (pageCode) => pageCode } = options;
    const old = instancesOf(records.running, force);
    const creation = await createAll(roots, force, options);
    const { byRoot, retired } = creation;
    const batches = [...byRoot.values(), ...(retired === undefined ? [] : [retired])];
    const previous = batches.flatMap((batch) => [...batch.previous.values()].flatMap((one) => one ?? []));
    contexts.reach(previous.map(({ url }) => url));
    if (previous.length > 0) await lend(disposeAll(previous, superseded));
    const imported = await lend(importAll(creation.ready, options));

    const { modules, pending } = imported;
    const failed = [...creation.failed, ...imported.failed];
    const created = new Map(batches.flatMap((batch) => [...batch.created]));
    if (failed.length > 0 || pending.size > 0) {
      rollBackFailed(batches, created, imported, (root) => {
        const batch = byRoot.get(root);
        return (batch && held?.(batch, root)) ?? NONE;
      });
    }
    for (const instance of created.values()) {
      if (records.running.get(instance.url) === instance) importers.renew(instance);
      else if (instance.target !== undefined) contexts.drop(instance.target);
    }

    const isReplaced = (url: string): boolean => old.has(url) && records.running.get(url) !== old.get(url);
    const dropped = previous.flatMap(({ url, target }) => (isReplaced(url) ? (target ?? []) : []));
    const givenUp = reachedFrom(pending.keys(), created);
    return {
      modules,
      failed,
      pending,
      givenUp: [...created.values()].filter(({ url }) => givenUp.has(url)),
      isReplaced,
      finish() {
        for (const target of dropped) contexts.drop(target);
        instances.supersede(dropped);
      },
    };
  };
}

/** The namespace of the only root. @throws its failure */
export function onlyModule({ modules, failed }: SwapResult): unknown {
  const [failure] = failed;
  if (failure !== undefined) throw failure.error;
  return [...modules.values()][0];
}

function instancesOf(
  running: ReadonlyMap<string, ModuleInstance>,
  urls: Iterable<string>,
): Map<string, ModuleInstance> {
  const found = new Map<string, ModuleInstance>();
  for (const url of urls) {
    const instance = running.get(url);
    if (instance !== undefined) found.set(url, instance);
  }
  return found;
}

/** The roots and what their new instances import, as far as that has new instances. */
function reachedFrom(roots: Iterable<string>, created: ReadonlyMap<string, ModuleInstance>): Set<string> {
  const reached = new Set(roots);
  for (const url of reached) {
    for (const next of created.get(url)?.imports ?? []) reached.add(next);
  }
  return reached;
}
