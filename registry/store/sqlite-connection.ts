import type Database from 'better-sqlite3';
import { open } from 'node:fs/promises';
import { ModcastError } from '../../schema/index.js';

/** Values of `synchronous` with which a commit is on disk before it is acknowledged. */
const FULL = 2;

/**
 * An open database. Every write uses `writing`, one IMMEDIATE transaction, so that it never fails half-way
 * because of the lock. Several reads that must agree use `reading`.
 */
export class Connection {
  readonly db: Database.Database;
  readonly file: string;
  #written = false;
  #isSyncing = false;
  /** Whether something was committed since the last sync began. */
  #isBehind = false;

  constructor(db: Database.Database, file: string) {
    this.db = db;
    this.file = file;
  }

  prepare<Row = unknown>(sql: string): Database.Statement<unknown[], Row> {
    return this.db.prepare<unknown[], Row>(sql);
  }

  /** A statement with a single column. */
  pluck<Value>(sql: string): Database.Statement<unknown[], Value> {
    return this.db.prepare<unknown[], Value>(sql).pluck();
  }

  /** A statement whose rows are arrays: half the cost of objects for thousands of rows. */
  rows<Row>(sql: string): Database.Statement<unknown[], Row> {
    return this.db.prepare<unknown[], Row>(sql).raw();
  }

  writing<Args extends unknown[], Result>(work: (...args: Args) => Result): (...args: Args) => Result {
    const transaction = this.db.transaction(work);
    return (...args) => this.#noticed(() => transaction.immediate(...args));
  }

  /**
   * Like `writing`, but returns some milliseconds before the transaction is on disk. It survives a killed
   * process. A power failure loses at most the newest such transactions, and none that `writing`
   * acknowledged.
   */
  writingBehind<Args extends unknown[], Result>(work: (...args: Args) => Result): (...args: Args) => Result {
    const transaction = this.db.transaction(work);
    return (...args) => {
      const result = this.#noticed(() => {
        this.db.pragma('synchronous = NORMAL');
        try {
          return transaction.immediate(...args);
        } finally {
          this.db.pragma('synchronous = FULL');
        }
      });
      void this.#syncLog();
      return result;
    };
  }

  reading<Args extends unknown[], Result>(work: (...args: Args) => Result): (...args: Args) => Result {
    const transaction = this.db.transaction(work);
    return (...args) => transaction.deferred(...args);
  }

  #noticed<Result>(write: () => Result): Result {
    const result = write();
    if (!this.#written) {
      // better-sqlite3 builds SQLite so that a WAL database falls back to NORMAL with its first write.
      assertDurable(this.db, this.file);
      this.#written = true;
    }
    return result;
  }

  /**
   * A commit is durable once the log is on disk, and SQLite syncs the log before it copies from it. SQLite's
   * locks are on the other two files, so closing this one releases none. A save commits several times: what
   * is committed during a sync shares the next one.
   */
  async #syncLog(): Promise<void> {
    this.#isBehind = true;
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    while (this.#isBehind) {
      this.#isBehind = false;
      try {
        const log = await open(`${this.file}-wal`, 'r+');
        await log.datasync().finally(() => log.close());
      } catch {
        // A closed database has no log and does not need it. If the disk fails, the next transaction that
        // waits for it fails too.
      }
    }
    this.#isSyncing = false;
  }
}

/** @throws ModcastError `store-unsafe` when commits may be lost by a power failure */
export function assertDurable(db: Database.Database, file: string): void {
  const mode = db.pragma('journal_mode', { simple: true });
  const synchronous = db.pragma('synchronous', { simple: true });
  if (mode === 'wal' && synchronous === FULL) return;
  const found = `journal_mode=${String(mode)} synchronous=${String(synchronous)}`;
  throw new ModcastError(
    'store-unsafe',
    `database ${file}: SQLite does not store commits durably: ${found}`,
    {
      expected: `journal_mode=wal synchronous=${FULL}`,
      found,
    },
  );
}
