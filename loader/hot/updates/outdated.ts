import type { ImporterGraph } from '../modules/importer-graph.js';
import type { ModuleInstance } from '../modules/module-instance.js';
import type { ModuleRecords } from '../modules/module-records.js';
import type { SwapResult } from './swap.js';

/**
 * Modules that a swap was to replace and did not, although they need another instance in the version that
 * they have: they import an instance that is gone, or they were to be replaced for such a reason before.
 *
 * @param starts natural URLs of the modules with which the update began
 * @param replaced natural URLs of all that were to be replaced
 */
export function outdatedAfter(
  { isReplaced }: Pick<SwapResult, 'isReplaced'>,
  starts: readonly string[],
  replaced: ReadonlySet<string>,
  modules: {
    readonly records: Pick<ModuleRecords, 'running' | 'isNewest'>;
    readonly importers: Pick<ImporterGraph, 'importsOf'>;
  },
): string[] {
  const { records, importers } = modules;
  const again = new Set(starts.filter((url) => records.isNewest(url)));
  const importsGone = (instance: ModuleInstance) => [...importers.importsOf(instance)].some(isReplaced);
  return [...replaced].filter((url) => {
    const instance = records.running.get(url);
    return instance !== undefined && !isReplaced(url) && (again.has(url) || importsGone(instance));
  });
}
