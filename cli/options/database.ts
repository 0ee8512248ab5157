import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { closestEntry, didYouMean } from '../../registry/closest.js';
import { DATABASE_FOLDER, makeDatabaseFolder } from '../../registry/store/database-folder.js';
import { openSqliteStore } from '../../registry/store/sqlite.js';
import type { Store } from '../../registry/store/store.js';
import { ModcastError } from '../../schema/index.js';
import type { Io } from '../io.js';
import { shellWord } from '../output/shell.js';

export interface DatabaseOptions {
  db?: string;
}

/** Relative to the directory of a site. */
const DEFAULT_DATABASE = path.join(DATABASE_FOLDER, 'registry.db');

/**
 * Adds `--db`, for `withStore`.
 * @param places where the default one may be
 */
export function databaseOption(
  command: Command,
  places = 'here, in a parent directory, or in a folder here',
): Command {
  return command.option(
    '--db <file>',
    `SQLite database (default: $MODCAST_DB, else .modcast/registry.db ${places})`,
  );
}

/** The database in a directory, else in the nearest parent that has one. */
function nearest(directory: string): string | undefined {
  for (let at = path.resolve(directory); ; at = path.dirname(at)) {
    const file = path.join(at, DEFAULT_DATABASE);
    if (existsSync(file)) return file;
    if (at === path.dirname(at)) return undefined;
  }
}

/** The databases of sites in folders of the directory: `modcast publish public` makes one there. */
async function belowDirectory(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .toSorted()
    .map((name) => path.join(name, DEFAULT_DATABASE))
    .filter((file) => existsSync(path.join(directory, file)));
}

/** The nearest database, else the only one in a folder of the directory. */
async function defaultDatabase(directory: string): Promise<string | undefined> {
  const [first, ...others] = await belowDirectory(directory);
  const below = first === undefined || others.length > 0 ? undefined : path.join(directory, first);
  return nearest(directory) ?? below;
}

/**
 * The absolute path of the database that a command uses.
 * @throws ModcastError `database-missing`
 */
export async function findDatabase(io: Pick<Io, 'cwd' | 'env'>, options: DatabaseOptions): Promise<string> {
  const named = options.db ?? (io.env['MODCAST_DB'] || undefined);
  if (named === undefined) {
    const file = await defaultDatabase(io.cwd);
    if (file !== undefined) return file;
    const below = await belowDirectory(io.cwd);
    const next =
      below.length === 0
        ? 'Create one with `modcast serve` or `modcast publish`, or name one with --db'
        : `Choose one below it: ${below.map((file) => `--db ${shellWord(file)}`).join(', ')}`;
    throw new ModcastError(
      'database-missing',
      `no ${DEFAULT_DATABASE} in ${io.cwd} or in a directory above it. ${next}`,
      { expected: DEFAULT_DATABASE, found: io.cwd },
    );
  }
  const file = path.resolve(io.cwd, named);
  if (existsSync(file)) return file;
  const near = didYouMean(await closestEntry(file));
  const source = options.db === undefined ? 'MODCAST_DB' : '--db';
  throw new ModcastError('database-missing', `no such database: ${file} (from ${source})${near}`, {
    expected: 'a database',
    found: file,
  });
}

/**
 * Opens the database that the options name, runs `work`, and closes it. A server can use it at the same time.
 *
 * @param create creates a missing database, as `placeDatabase` places it. Only for commands that write.
 * @throws ModcastError `database-missing`, and the codes of opening a store
 */
export async function withStore<T>(
  io: Pick<Io, 'cwd' | 'env'>,
  options: DatabaseOptions,
  work: (store: Store, file: string) => Promise<T>,
  { create }: { create?: Place } = {},
): Promise<T> {
  const file = create ? await placeDatabase(io, options, create) : await findDatabase(io, options);
  const store = await openSqliteStore(file, { create: create !== undefined });
  try {
    return await work(store, file);
  } finally {
    await store.close();
  }
}

/** What a database is for that may have to be created: the site in the current directory, or any. */
type Place = 'for-site' | 'for-any';

/**
 * The absolute path of the database of a command that creates a missing one: at `--db` or MODCAST_DB, else in
 * the current directory. A site gets none of those below it, which are those of other sites.
 */
export async function placeDatabase(
  io: Pick<Io, 'cwd' | 'env'>,
  options: DatabaseOptions,
  place: Place,
): Promise<string> {
  const named = options.db ?? (io.env['MODCAST_DB'] || undefined);
  if (named !== undefined) return path.resolve(io.cwd, named);
  const found = place === 'for-site' ? nearest(io.cwd) : await defaultDatabase(io.cwd);
  const file = found ?? path.join(io.cwd, DEFAULT_DATABASE);
  await makeDatabaseFolder(file);
  return file;
}
