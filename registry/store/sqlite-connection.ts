import type Database from 'better-sqlite3';
import { open } from 'node:fs/promises';
import { ModcastError } from '../../schema/index.js';

/** `synchronous` as SQLite tells it: a commit is on the disk before it is acknowledged. */
const FULL = 2;

/**
 * An open database. Every write goes through `writing`: one IMMEDIATE transaction, so that it never fails half-way
 * for want of the lock; several reads that must agree go through `reading`.
 */
export class Connection {
  readonly db: Database.Database;
  readonly file: string;
  #written = false;

  constructor(db: Database.Database, file: string) {
    this.db = db;
    this.file = file;
  }

  prepare<Row = unknown>(sql: string): Database.Statement<unknown[], Row> {
    return this.db.prepare<unknown[], Row>(sql);
  }

  /** A statement whose rows are their only column. */
  pluck<Value>(sql: string): Database.Statement<unknown[], Value> {
    return this.db.prepare<unknown[], Value>(sql).pluck();
  }

  /** A statement whose rows are arrays: half the cost of objects where there are thousands. */
  rows<Row>(sql: string): Database.Statement<unknown[], Row> {
    return this.db.prepare<unknown[], Row>(sql).raw();
  }

  writing<Args extends unknown[], Result>(work: (...args: Args) => Result): (...args: Args) => Result {
    const transaction = this.db.transaction(work);
    return (...args) => this.#noticed(() => transaction.immediate(...args));
  }

  /**
   * As `writing`, but is back before what it wrote is on the disk, where it comes some milliseconds later. A process
   * that is killed in between loses nothing, a power failure the newest of it: never more than from some such
   * transaction on, and none that `writing` has acknowledged.
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
   * The log is what a commit has to have on the disk, and SQLite has it there before it copies from it. SQLite's locks
   * are on the other two files: closing this one gives up none.
   */
  async #syncLog(): Promise<void> {
    try {
      const log = await open(`${this.file}-wal`, 'r+');
      await log.datasync().finally(() => log.close());
    } catch {
      // The log is gone when the database has been closed, which needs it no more; a disk that fails fails the next
      // transaction that waits for it.
    }
  }
}

/** @throws ModcastError `store-unsafe` when commits may be lost by a power failure */
export function assertDurable(db: Database.Database, file: string): void {
  const mode = db.pragma('journal_mode', { simple: true });
  const synchronous = db.pragma('synchronous', { simple: true });
  if (mode === 'wal' && synchronous === FULL) return;
  const found = `journal_mode=${String(mode)} synchronous=${String(synchronous)}`;
  throw new ModcastError('store-unsafe', `database ${file}: SQLite does not hold commits safely: ${found}`, {
    expected: `journal_mode=wal synchronous=${FULL}`,
    found,
  });
}
