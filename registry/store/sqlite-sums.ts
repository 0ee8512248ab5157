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
  tag: ['id', 'name', 'deploy', 'time', 'author', 'message'],
  base: ['channel_id', 'deploy'],
} as const;

export type SummedTable = keyof typeof SUMMED;

type Value = number | string | Buffer | null;

const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * FNV-1a of 32 bits over bytes, or UTF-16 code units. NULL, 0 and '' differ. Stored in databases, so it must
 * never change.
 */
export function checksum(...values: readonly Value[]): number {
  let sum = FNV_START;
  const add = (unit: number): void => {
    sum = Math.imul(sum ^ unit, FNV_PRIME);
  };
  for (const value of values) {
    if (Buffer.isBuffer(value)) {
      add(0x62);
      for (let at = 0; at < value.length; at++) sum = Math.imul(sum ^ value[at]!, FNV_PRIME);
    } else {
      const text = value === null ? '-' : typeof value === 'string' ? `s${value}` : `n${value}`;
      for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), FNV_PRIME);
    }
    add(0xffff);
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

/** A row is not as it was written, or cannot be found where another one says it is. */
export function damagedRow(what: string): ModcastError {
  return new ModcastError('store-damaged', `${what} is damaged in the database; run modcast verify`, {
    found: what,
  });
}
