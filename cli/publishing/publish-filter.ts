import { realpathSync } from 'node:fs';
import path from 'node:path';
import { SITE_FILTER, isInside, literalGlob, type FileFilter } from '../../registry/ingest/files.js';
import { filterOf, type FilterOptions } from '../options/filter.js';

function realName(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

/**
 * The files that a publish reads: the whole site by default, and never the registry's own database, which has
 * the hashes of its tokens.
 *
 * @param directory absolute
 * @param database absolute; undefined for one in a dot folder
 */
export function publishFilter(
  options: FilterOptions,
  directory: string,
  database: string | undefined,
): FileFilter {
  const filter = filterOf(options, SITE_FILTER);
  if (database === undefined) return filter;
  const root = realName(directory);
  const file = path.join(realName(path.dirname(database)), path.basename(database));
  if (!isInside(root, file)) return filter;
  const name = literalGlob(path.relative(root, file).split(path.sep).join('/'));
  // With those that SQLite and a server write next to it: `-wal`, `-shm`, `-server`, `-server.note`.
  return { ...filter, exclude: [...filter.exclude, name, `${name}-*`] };
}
