import Database from 'better-sqlite3';
import { ModcastError, type ErrorCode } from '../../schema/index.js';

/** SQLite's result codes by prefix: an extended code starts with its primary one. */
const MEANINGS: readonly [prefix: string, code: ErrorCode, message: string][] = [
  ['SQLITE_BUSY', 'store-busy', 'another process has kept it locked for too long; try again'],
  [
    'SQLITE_FULL',
    'store-full',
    'there is no space left for this change, which was not written; free space and try again',
  ],
  ['SQLITE_CORRUPT', 'store-damaged', 'the file is damaged; restore it from a backup'],
  ['SQLITE_NOTADB', 'store-foreign', 'the file is not a database'],
  [
    'SQLITE_CANTOPEN',
    'store-unavailable',
    'it cannot be opened there; see that the place may be written, or keep the database elsewhere with --db',
  ],
  [
    'SQLITE_READONLY',
    'store-unavailable',
    'it may not be written; see its owner and permissions, or use a copy of it elsewhere with --db',
  ],
  ['SQLITE_PERM', 'store-unavailable', 'it may not be used; see its owner and permissions'],
  ['SQLITE_IOERR', 'store-unavailable', 'reading or writing it failed'],
];

/** Converts SQLite's errors with an outside cause to ModcastError. Other errors stay the same. */
export function explainSqliteError(error: unknown, file: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const meaning = MEANINGS.find(([prefix]) => error.code.startsWith(prefix));
  if (meaning === undefined) return error;
  const [, code, message] = meaning;
  return new ModcastError(code, `database ${file}: ${message}`, { found: error.code, cause: error });
}

/**
 * The same for an error of opening a database: its statements never change, so one that SQLite refuses means
 * a damaged schema.
 */
export function explainSchemaError(error: unknown, file: string): unknown {
  if (!(error instanceof Database.SqliteError) || error.code !== 'SQLITE_ERROR') {
    return explainSqliteError(error, file);
  }
  const message = `database ${file}: its schema is damaged (${error.message}); restore the file from a backup`;
  return new ModcastError('store-damaged', message, { found: error.code, cause: error });
}
