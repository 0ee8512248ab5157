import type Database from 'better-sqlite3';
import { rm } from 'node:fs/promises';
import type { Hash } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { siteHash } from './entry-points.js';
import { explainSqliteError } from './sqlite-errors.js';
import { openDatabase, openFile } from './sqlite-open.js';
import { defineChecksum, soundLinks, soundRow, type SummedTable } from './sqlite-sums.js';

type Row = readonly unknown[];

/** Tables whose rows come from both databases. A row refers to rows of tables before it. */
const TABLES = ['channel', 'site', 'path', 'blob', 'deploy', 'version', 'token', 'tag', 'base'] as const;
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
function* readableRows(from: Database.Database, table: string, columns: string): Generator<Row> {
  const order = table === 'file' || table === 'lease' ? [''] : ['ORDER BY rowid', 'ORDER BY rowid DESC'];
  for (const direction of order) {
    const sql = `SELECT ${columns} FROM ${table} t NOT INDEXED WHERE ${soundness(table)} ${direction}`;
    try {
      yield* from.prepare<[], Row>(sql).raw().iterate();
      return;
    } catch {
      // The other end, or the copy, has the rest.
    }
  }
}

function copyTable(to: Database.Database, from: Database.Database, table: string): void {
  const names = to.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table);
  const values = names.map(() => '?').join(', ');
  const insert = to.prepare(`INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${values})`);
  for (const row of readableRows(from, table, names.map((name) => `t.${name}`).join(', '))) {
    const [, hash, json] = row as [number, Buffer, string];
    if (table === 'site' && !siteHash(json).equals(hash)) continue;
    try {
      insert.run(...row);
    } catch {
      // Only a lease, which has no checksum, can be a row that does not fit its table.
    }
  }
}

/** The bytes of every blob, from the first database whose bytes match the hash. */
function copyContent(to: Database.Database, sources: readonly Database.Database[]): void {
  const blobs = to.prepare<[], { id: number; hash: Hash }>('SELECT id, lower(hex(hash)) AS hash FROM blob');
  const insert = to.prepare('INSERT INTO content (blob_id, bytes) VALUES (?, ?)');
  const reads = sources.map((from) =>
    from.prepare<[number], Buffer>('SELECT bytes FROM content WHERE blob_id = ?').pluck(),
  );
  for (const { id, hash } of blobs.all()) {
    for (const read of reads) {
      try {
        const bytes = read.get(id);
        if (bytes === undefined || blake3(bytes) !== hash) continue;
        insert.run(id, bytes);
        break;
      } catch {
        // The copy may have them.
      }
    }
  }
}

const identityOf = (db: Database.Database): unknown =>
  db.prepare('SELECT identity FROM registry GROUP BY identity ORDER BY count(*) DESC LIMIT 1').pluck().get();

/** Opened apart from the new database: an error of reading would roll back its transaction. */
function openToRead(file: string): Database.Database {
  const db = openFile(file, BUSY_MS);
  defineChecksum(db);
  return db;
}

/**
 * Builds a database from the sound rows of a damaged one. A copy of it, such as a backup, supplies the rest.
 *
 * @param made the new file
 * @returns false when the copy is one of another registry. Otherwise the caller has to check the result: the
 *   copy may lack what is damaged
 * @throws ModcastError the codes of opening a store
 */
export async function rebuildDatabase(damaged: string, copy: string, made: string): Promise<boolean> {
  await removeDatabase(made);
  const connection = openDatabase(made);
  const sources: Database.Database[] = [];
  try {
    const { db } = connection;
    for (const file of [damaged, copy]) sources.push(openToRead(file));
    const [old, other] = sources as [Database.Database, Database.Database];
    const identity = identityOf(old);
    if (identity !== identityOf(other)) return false;
    db.pragma('foreign_keys = OFF');
    connection.writing(() => {
      db.prepare('UPDATE registry SET identity = ?').run(identity);
      for (const table of TABLES) for (const from of sources) copyTable(db, from, table);
      for (const table of OWN_TABLES) copyTable(db, old, table);
      copyContent(db, sources);
    })();
    return true;
  } catch (error) {
    throw explainSqliteError(error, damaged);
  } finally {
    connection.db.close();
    for (const source of sources) source.close();
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
