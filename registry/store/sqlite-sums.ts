import type Database from 'better-sqlite3';
import { ModcastError } from '../../schema/index.js';

/**
 * The columns that the column `sum` of a table covers, the row's key first. SQLite has no checksums: a
 * changed bit in a file gives another value, or another row, without an error. Bytes have their hash, and
 * manifests and entry points are hashed as a whole.
 */
export const SUMMED = {
  // Its links have a checksum of their own: without them the blob can still be used.
  blob: ['id', 'hash', 'size'],
  path: ['id', 'path'],
  channel: ['id', 'name', 'head'],
  deploy: [
    ...['number', 'channel_id', 'manifest', 'site_id', 'time', 'author', 'message', 'parent', 'git_commit'],
    ...['added', 'changed', 'removed', 'modules', 'bytes'],
  ],
  version: ['id', 'path_id', 'channel_id', 'from_deploy', 'to_deploy', 'blob_id', 'type'],
  directory: ['id', 'name'],
  file: ['directory_id', 'path', 'size', 'mtime', 'ctime', 'inode', 'hash'],
  token: ['id', 'hash', 'scope', 'created', 'expires', 'note', 'revoked'],
} as const;

export type SummedTable = keyof typeof SUMMED;

type Value = number | string | Buffer | null;

/** A prefix for each type: NULL, 0 and '' differ. */
const textOf = (value: Value): string =>
  value === null
    ? '-'
    : typeof value === 'string'
      ? `s${value}`
      : typeof value === 'number'
        ? `n${value}`
        : `b${value.toString('latin1')}`;

/** FNV-1a of 32 bits over UTF-16 code units. Stored in databases, so it must never change. */
function checksum(...values: Value[]): number {
  let sum = 0x811c9dc5;
  for (const value of values) {
    const text = textOf(value);
    for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
    sum = Math.imul(sum ^ 0xffff, 0x01000193);
  }
  return sum >>> 0;
}

/** Defines the SQL function `checksum` for a connection. */
export function defineChecksum(db: Database.Database): void {
  db.function(
    'checksum',
    { varargs: true, deterministic: true },
    checksum as (...values: unknown[]) => number,
  );
}

/** SQL: the checksum that a row should have. */
const sumOf = (table: SummedTable, alias: string): string =>
  `checksum(${SUMMED[table].map((column) => `${alias}.${column}`).join(', ')})`;

/** SQL: whether a row of the table, by its alias in the statement, is as it was written. */
export const soundRow = (table: SummedTable, alias: string): string =>
  `(${alias}.sum IS ${sumOf(table, alias)})`;

/** SQL that writes the checksum of the row with this key, the first column in SUMMED. */
export const sealRow = (table: SummedTable): string =>
  `UPDATE ${table} SET sum = ${sumOf(table, table)} WHERE ${SUMMED[table][0]} = ?`;

/** SQL: whether the links of a blob are as they were written. */
export const soundLinks = (alias: string): string =>
  `(${alias}.links_sum IS checksum(${alias}.id, ${alias}.links))`;

/** SQL that writes the checksum of a blob's links. */
export const SEAL_LINKS = 'UPDATE blob SET links_sum = checksum(id, links) WHERE id = ?';

/** A row is not as it was written, or cannot be found where another one says it is. */
export function damagedRow(what: string): ModcastError {
  return new ModcastError('store-damaged', `${what} is damaged in the database; run modcast verify`, {
    found: what,
  });
}
