import type { ModuleRecords } from '../modules/module-records.js';
import { Failure } from './failure.js';

/**
 * The imports of running modules whose file was deleted.
 *
 * @param isKnown whether the server has reported the file at a path
 */
export function deletedImports(
  records: Pick<ModuleRecords, 'deleted' | 'running'>,
  isKnown: (path: string) => boolean,
): Failure[] {
  const deleted = new Map(records.deleted().map(({ url, path }) => [url, path]));
  if (deleted.size === 0) return [];
  const failures: Failure[] = [];
  for (const { url, path, imports, dynamic } of records.running.values()) {
    // The author cannot fix a module that was deleted itself.
    if (deleted.has(url)) continue;
    for (const target of new Set([...imports, ...dynamic])) {
      const deletedPath = deleted.get(target);
      if (deletedPath === undefined || isKnown(deletedPath)) continue;
      failures.push(
        new Failure(`${deletedPath} does not exist any more, but ${path} imports it`, path, target),
      );
    }
  }
  return failures;
}
