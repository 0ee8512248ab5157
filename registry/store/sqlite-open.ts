import { statSync, type Stats } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { ModcastError } from '../../schema/index.js';
import { MIGRATIONS } from './migrations.js';
import { Connection, assertDurable } from './sqlite-connection.js';
import { explainSqliteError, explainSchemaError } from './sqlite-errors.js';
import { assertSchema } from './sqlite-schema.js';
import { defineChecksum } from './sqlite-sums.js';

/** "MCST": distinguishes a modcast database from other SQLite files. */
const APPLICATION_ID = 0x4d435354;

/** In older versions, a checkpoint during a write could corrupt the WAL. */
const OLDEST_SQLITE = [3, 51, 3];

/** Milliseconds that a statement waits for another process's write. */
const BUSY_MS = 5000;

/** Milliseconds between retries where SQLite does not wait by itself. */
const RETRY_MS = 10;

/** Bytes of the smallest page of SQLite. */
const SMALLEST_DATABASE = 512;

/** @throws ModcastError `store-unsafe` */
export function assertSqliteVersion(version: string): void {
  const parts = version.split('.').map(Number);
  for (const [i, oldest] of OLDEST_SQLITE.entries()) {
    const part = parts[i] ?? 0;
    if (part > oldest) return;
    if (part < oldest) {
      const expected = `SQLite ${OLDEST_SQLITE.join('.')} or newer`;
      throw new ModcastError(
        'store-unsafe',
        `better-sqlite3 has SQLite ${version}; modcast needs ${expected}`,
        {
          expected,
          found: version,
        },
      );
    }
  }
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    // Part of the path is not a directory, or not readable.
    return undefined;
  }
}

function kindOf(stat: Stats): string {
  if (stat.isFIFO()) return 'a pipe';
  return stat.isSocket() ? 'a socket' : 'a device';
}

/** @throws ModcastError `store-unavailable`, `store-foreign` */
function assertPlace(file: string): void {
  const unavailable = (problem: string, expected: string) =>
    new ModcastError('store-unavailable', `database ${file}: ${problem}`, { expected, found: file });
  const directory = path.dirname(file);
  if (statOf(directory)?.isDirectory() !== true) {
    throw unavailable(`there is no directory ${directory}`, 'a directory');
  }
  const stat = statOf(file);
  if (stat?.isDirectory() === true) throw unavailable('this is a directory', 'a file');
  if (stat !== undefined && !stat.isFile()) {
    const message = `database ${file}: this is no regular file, but ${kindOf(stat)}; name a file with --db`;
    throw new ModcastError('store-foreign', message, { expected: 'a regular file', found: kindOf(stat) });
  }
  // SQLite rejects other files, but treats a file of one byte as an empty database.
  if (stat !== undefined && stat.size > 0 && stat.size < SMALLEST_DATABASE) {
    const message = `database ${file}: the file is not a database`;
    throw new ModcastError('store-foreign', message, {
      expected: `at least ${SMALLEST_DATABASE} bytes`,
      found: stat.size,
    });
  }
}

/**
 * Opens a file with SQLite. The file is not read before its first use.
 *
 * @param file absolute, because better-sqlite3 gives names like ":memory:" and "file:…" a special meaning
 * @param timeout milliseconds that a statement waits for another process's lock
 * @throws ModcastError `store-native`, `store-unavailable`, `store-foreign`
 */
export function openFile(file: string, timeout: number): Database.Database {
  assertPlace(file);
  try {
    return new Database(file, { timeout });
  } catch (cause) {
    if (cause instanceof Database.SqliteError) throw explainSqliteError(cause, file);
    const message =
      'the native part of better-sqlite3 is missing or was built for another Node: ' +
      'run "npm rebuild better-sqlite3" where modcast is installed';
    throw new ModcastError('store-native', message, {
      expected: `better-sqlite3 built for Node ${process.version}, ${process.platform}-${process.arch}`,
      found: cause instanceof Error ? cause.message : cause,
      cause,
    });
  }
}

/**
 * The schema version of a modcast database or an empty one.
 * @throws ModcastError `store-foreign`, `store-newer`
 */
function readVersion(db: Database.Database, file: string, latest: number): number {
  const id = db.pragma('application_id', { simple: true });
  const version = db.pragma('user_version', { simple: true }) as number;
  if (id !== APPLICATION_ID) {
    const things = db.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get();
    if (id !== 0 || version !== 0 || things !== 0) {
      const message = `database ${file}: this database belongs to another program; it was not changed`;
      throw new ModcastError('store-foreign', message, { expected: APPLICATION_ID, found: id });
    }
  }
  if (version > latest) {
    const message =
      `database ${file}: its schema has version ${version} and was written by a newer modcast; ` +
      `this one knows versions up to ${latest}: update modcast`;
    throw new ModcastError('store-newer', message, { expected: latest, found: version });
  }
  return version;
}

/**
 * Refuses a file that is no database of modcast, without writing anything. The file may be missing.
 * @throws ModcastError `store-unavailable`, `store-foreign`, `store-newer`, `store-damaged`
 */
export function assertOwn(name: string): void {
  const file = path.resolve(name);
  assertPlace(file);
  if ((statOf(file)?.size ?? 0) === 0) return;
  const db = openFile(file, BUSY_MS);
  try {
    readVersion(db, file, MIGRATIONS.length);
  } catch (error) {
    throw explainSqliteError(error, file);
  } finally {
    db.close();
  }
}

/** Switches to WAL, with retries: SQLite does not wait when two processes do this at the same time. */
function useWal(db: Database.Database): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; ; waited += RETRY_MS) {
    try {
      db.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
      if (!busy || waited >= BUSY_MS) throw error;
      Atomics.wait(pause, 0, 0, RETRY_MS);
    }
  }
}

/** @throws ModcastError `store-foreign` for an empty database where none may be created */
function assertCreated(version: number, file: string): void {
  if (version > 0) return;
  throw new ModcastError('store-foreign', `database ${file}: the file is empty; it is not a database`, {
    expected: 'a modcast database',
    found: 'an empty file',
  });
}

function migrate(connection: Connection, migrations: readonly string[]): void {
  const { db, file } = connection;
  connection.writing(() => {
    // Read again under the lock: another process may have migrated in the meantime.
    const version = readVersion(db, file, migrations.length);
    for (const step of migrations.slice(version)) db.exec(step);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${migrations.length}`);
  })();
}

export interface OpenOptions {
  /** Creates a database in a missing or empty file. Default: true. */
  readonly create?: boolean;
}

/**
 * Opens a database, creates it if needed, and migrates its schema.
 *
 * @throws ModcastError `store-native`, `store-unavailable`, `store-foreign`, `store-newer`, `store-unsafe`,
 *   `store-damaged`, `store-busy`
 */
export function openDatabase(
  name: string,
  migrations: readonly string[] = MIGRATIONS,
  { create = true }: OpenOptions = {},
): Connection {
  const file = path.resolve(name);
  let db: Database.Database | undefined;
  try {
    if (!create) assertCreated(statOf(file)?.size ?? 0, file);
    db = openFile(file, BUSY_MS);
    assertSqliteVersion(db.prepare<[], string>('SELECT sqlite_version()').pluck().get()!);
    defineChecksum(db);
    const connection = new Connection(db, file);
    const version = connection.reading(readVersion)(db, file, migrations.length);
    if (!create) assertCreated(version, file);
    // Can only be set on an empty database. Lets the collector return space without rewriting the whole file.
    if (version === 0) db.pragma('auto_vacuum = INCREMENTAL');
    useWal(db);
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    assertDurable(db, file);
    if (version < migrations.length) migrate(connection, migrations);
    assertSchema(db, file, migrations, defineChecksum);
    return connection;
  } catch (error) {
    db?.close();
    throw explainSchemaError(error, file);
  }
}
