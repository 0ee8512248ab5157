import type { BlobPool } from '../../cache/blob-pool.js';
import { Failure } from '../errors/failure.js';
import type { ScopeDeploy } from '../ports.js';
import { moduleInstance, type Batch, type ModuleInstance } from './module-instance.js';
import type { ModuleRecords } from './module-records.js';
import type { PlannedModule } from './plan.js';
import type { UrlLifetime } from './url-lifetime.js';

export interface CreateOptions {
  readonly records: Pick<ModuleRecords, 'running' | 'set' | 'delete'>;
  readonly urls: UrlLifetime;
  readonly importTargets: ScopeDeploy['linker']['importTargets'];
  readonly resolver: ScopeDeploy['resolver'];
  readonly blobPool: Pick<BlobPool, 'get'>;
  /** Adds an import map to the page. Null in an engine that takes no later one. */
  readonly addImportMap: ((imports: Readonly<Record<string, string | null>>) => void) | null;
}

let aliases = 0;

/**
 * Creates the instances of a plan. From then on their natural URLs lead to them, until `rollBack`.
 *
 * @throws Failure when a module cannot run from a URL of its own; nothing has changed then
 */
export function createInstances(order: readonly PlannedModule[], options: CreateOptions): Batch {
  const { records, resolver, importTargets, blobPool, addImportMap } = options;
  const created = new Map<string, ModuleInstance>();
  const previous = new Map<string, ModuleInstance | undefined>();
  const aliasOf = new Map<string, string>();
  for (const { module, naming } of order) {
    if (naming === 'alias') aliasOf.set(module.url, `modcast:${++aliases}/${module.url}`);
  }
  // Before anything is linked: in a cycle a module is imported before it has a target.
  for (const [url, alias] of aliasOf) resolver.rename(url, alias);
  for (const planned of order) {
    const { module } = planned;
    const { url, hash } = module;
    previous.set(url, records.running.get(url));
    const address = addressOf(planned, aliasOf.get(url), options);
    if (address === undefined) {
      rollBack({ created, previous }, options);
      for (const aliased of aliasOf.keys()) resolver.rename(aliased, records.running.get(aliased)?.name);
      throw new Failure(`${module.path} cannot be replaced in a running page`, module.path);
    }
    const links = blobPool.get(hash)?.links ?? null;
    const instance = moduleInstance(module, links, resolver, address.target, address.name);
    created.set(url, instance);
    records.set(instance);
  }
  const rules: Record<string, string | null> = { ...(addImportMap && importTargets.importMap()?.imports) };
  for (const [url, alias] of aliasOf) rules[alias] = created.get(url)!.target!;
  if (addImportMap !== null && Object.keys(rules).length > 0) addImportMap(rules);
  return { created, previous };
}

/**
 * Where an instance is loaded from and how it is imported. Undefined when it cannot run from a URL of its
 * own.
 */
function addressOf(
  { module, naming }: PlannedModule,
  alias: string | undefined,
  { urls, importTargets, resolver }: CreateOptions,
): Pick<ModuleInstance, 'target' | 'name'> | undefined {
  const { url, hash } = module;
  if (naming === 'natural') {
    importTargets.prepare(module);
    return { target: importTargets.targetOf(url), name: undefined };
  }
  const target = importTargets.create(module);
  if (target === undefined) return undefined;
  urls.add(target, url);
  const name = alias ?? target;
  resolver.rename(url, name);
  importTargets.adopt(url, target, hash);
  return { target, name };
}

/**
 * Takes new instances back, so that the ones before run on. Skips those that have been replaced since.
 *
 * @param only limits it to some natural URLs
 */
export function rollBack(
  { created, previous }: Batch,
  { records, urls, importTargets, resolver }: CreateOptions,
  only: (url: string) => boolean = () => true,
): void {
  for (const [url, old] of previous) {
    if (!only(url) || records.running.get(url) !== created.get(url)) continue;
    urls.markUnusable(url);
    resolver.rename(url, old?.name);
    if (old === undefined) records.delete(url);
    else {
      records.set(old);
      importTargets.adopt(url, old.target, old.hash);
    }
    const target = created.get(url)?.target;
    if (target !== undefined) urls.supersede([target]);
  }
}
