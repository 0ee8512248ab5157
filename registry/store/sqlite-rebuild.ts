import type Database from 'better-sqlite3';
import { rm } from 'node:fs/promises';
import type { Hash } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { siteHash } from './entry-points.js';
import type { Connection } from './sqlite-connection.js';
import { explainSqliteError } from './sqlite-errors.js';
import { openDatabase, openFile } from './sqlite-open.js';
import { soundLinks, soundRow, type SummedTable } from './sqlite-sums.js';

type Row = readonly unknown[];
type From = 'old' | 'copy';

/** Tables whose rows come from both databases. A row refers to rows of tables before it. */
const TABLES = ['channel', 'site', 'path', 'blob', 'deploy', 'version', 'token'] as const;
/** States that are made again when they are lost, so only the old database has them. */
const OWN_TABLES = ['directory', 'file', 'lease'] as const;

/** Milliseconds that a statement waits for another process. */
const BUSY_MS = 5000;

function soundness(table: string): string {
  if (table === 'site' || table === 'lease') return '1';
  const row = soundRow(table as SummedTable, 't');
  return table === 'blob' ? `${row} AND ${soundLinks('t')}` : row;
}

/** As many rows as can be read: from both ends up to the first damaged page. */
function* readableRows({ db }: Connection, from: From, table: string, columns: string): Generator<Row> {
  const order = table === 'file' || table === 'lease' ? [''] : ['ORDER BY rowid', 'ORDER BY rowid DESC'];
  for (const direction of order) {
    const sql = `SELECT ${columns} FROM ${from}.${table} t NOT INDEXED WHERE ${soundness(table)} ${direction}`;
    try {
      yield* db.prepare<[], Row>(sql).raw().iterate();
      return;
    } catch {
      // The other end, or the copy, has the rest.
    }
  }
}

function copyTable(connection: Connection, from: From, table: string): void {
  const { db } = connection;
  const names = db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table);
  const values = names.map(() => '?').join(', ');
  const insert = db.prepare(`INSERT OR IGNORE INTO main.${table} (${names.join(', ')}) VALUES (${values})`);
  // All first: a connection that is reading rows does not write.
  const rows = [...readableRows(connection, from, table, names.map((name) => `t.${name}`).join(', '))];
  for (const row of rows) {
    const [, hash, json] = row as [number, Buffer, string];
    if (table === 'site' && !siteHash(json).equals(hash)) continue;
    try {
      insert.run(...row);
    } catch {
      // Only a lease, which has no checksum, can be a row that does not fit its table.
    }
  }
}

/** The bytes of every blob, from the database whose bytes match the hash. */
function copyContent({ db }: Connection): void {
  const blobs = db.prepare<[], { id: number; hash: Hash }>(
    'SELECT id, lower(hex(hash)) AS hash FROM main.blob',
  );
  const insert = db.prepare('INSERT INTO main.content (blob_id, bytes) VALUES (?, ?)');
  const sources = ['old', 'copy'].map((from) =>
    db
      .prepare<[Buffer], Buffer>(
        `SELECT c.bytes FROM ${from}.content c WHERE c.blob_id = (SELECT id FROM main.blob WHERE hash = ?)`,
      )
      .pluck(),
  );
  for (const { id, hash } of blobs.all()) {
    for (const source of sources) {
      try {
        const bytes = source.get(Buffer.from(hash, 'hex'));
        if (bytes === undefined || blake3(bytes) !== hash) continue;
        insert.run(id, bytes);
        break;
      } catch {
        // The copy may have them.
      }
    }
  }
}

const identityOf = (db: Database.Database, from: From): unknown =>
  db
    .prepare(`SELECT identity FROM ${from}.registry GROUP BY identity ORDER BY count(*) DESC LIMIT 1`)
    .pluck()
    .get();

/**
 * Builds a database from the sound rows of a damaged one. A copy of it, such as a backup, supplies the others.
 *
 * @param made the new file
 * @returns false when the copy is one of another registry. Otherwise the caller has to check the result: the
 *   copy may lack what is damaged
 * @throws ModcastError the codes of opening a store
 */
export async function rebuildDatabase(damaged: string, copy: string, made: string): Promise<boolean> {
  await removeDatabase(made);
  const connection = openDatabase(made);
  const { db } = connection;
  try {
    db.pragma('foreign_keys = OFF');
    db.prepare('ATTACH ? AS old').run(damaged);
    db.prepare('ATTACH ? AS copy').run(copy);
    const identity = identityOf(db, 'old');
    if (identity !== identityOf(db, 'copy')) return false;
    connection.writing(() => {
      db.prepare('UPDATE main.registry SET identity = ?').run(identity);
      for (const table of TABLES)
        for (const from of ['old', 'copy'] as const) copyTable(connection, from, table);
      for (const table of OWN_TABLES) copyTable(connection, 'old', table);
      copyContent(connection);
    })();
    return true;
  } catch (error) {
    throw explainSqliteError(error, damaged);
  } finally {
    db.close();
  }
}

/** Replaces a database's content by that of another one, also while other processes have it open. */
export async function replaceDatabase(file: string, by: string): Promise<void> {
  const db = openFile(by, BUSY_MS);
  try {
    await db.backup(file);
  } catch (error) {
    throw explainSqliteError(error, file);
  } finally {
    db.close();
  }
}

/** Deletes a database with its log. */
export async function removeDatabase(file: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(file + suffix, { force: true });
}
