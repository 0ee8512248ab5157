import { splitPackageChanges, type Change, type PatchOptions } from '../../registry/history/index.js';
import type { Store } from '../../registry/index.js';
import type { Io } from '../io.js';
import { packageLines } from './changes.js';
import { formatStat } from './diff-stat.js';
import type { Write } from './pager.js';
import { formatPatch, patchJson, readCounts, readPatch, type PatchStyle } from './patch.js';

/** What a list of changes shows instead of their names. */
export interface DetailOptions extends PatchOptions, PatchStyle {
  readonly patch?: true;
  readonly stat?: true;
}

/**
 * Writes bars, patches or both.
 * @param withFiles show the files of packages too
 */
export async function writeDetails(
  io: Io,
  write: Write,
  store: Store,
  changes: readonly Change[],
  withFiles: boolean,
  options: DetailOptions,
): Promise<void> {
  const split = splitPackageChanges(withFiles ? [] : changes);
  const files = withFiles ? changes : split.others;
  for (const line of packageLines(io, split)) await write(line);
  if (files.length === 0) return;
  if (options.stat) await write(formatStat(io, files, await readCounts(files, store, store, options)));
  if (options.stat && options.patch) await write('\n');
  if (!options.patch) return;
  for (const change of files)
    await write(formatPatch(io, await readPatch(change, store, store, options), options));
}

/** What `--json` adds to a change for them. */
export async function detailsJson(store: Store, change: Change, options: DetailOptions) {
  if (!options.patch && !options.stat) return {};
  const patch = await readPatch(change, store, store, options);
  const { added, deleted, binary } = patch;
  return {
    ...(options.stat ? { added: binary ? null : added, deleted: binary ? null : deleted } : {}),
    ...(options.patch ? patchJson(patch) : {}),
  };
}
