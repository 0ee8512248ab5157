import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { ModcastError } from '../../schema/index.js';
import { explainSqliteError } from './sqlite-errors.js';
import { openFile } from './sqlite-open.js';

/** Who serves from a database, for people to read. */
export interface ServerNote {
  readonly pid: number;
  readonly directory: string;
  /** Milliseconds since 1970. */
  readonly started: number;
}

/** Two takers at one moment get in each other's way for a moment: one of them must then win. */
const WAIT_MS = 250;

/** Connections that hold a lock: a collected one would be closed, and its lock lost. */
const held = new Set<Database.Database>();

/** One name for one file, by whatever links it is reached. */
function realName(file: string): string {
  const absolute = path.resolve(file);
  try {
    return realpathSync(absolute);
  } catch {
    try {
      return path.join(realpathSync(path.dirname(absolute)), path.basename(absolute));
    } catch {
      return absolute;
    }
  }
}

function readNote(file: string): ServerNote | null {
  try {
    const { pid, directory, started } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const readable = typeof pid === 'number' && typeof directory === 'string' && typeof started === 'number';
    return readable ? { pid, directory, started } : null;
  } catch {
    // Between taking the lock and writing the note there is none, and anybody may have changed it.
    return null;
  }
}

/** A note may hold any number. */
const timeOf = (time: number): string =>
  Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);

function locked(file: string, note: ServerNote | null): ModcastError {
  const holder =
    note === null
      ? 'another process'
      : `process ${note.pid} for ${note.directory} since ${timeOf(note.started)}`;
  const message = `database ${file} is served by ${holder}; stop that process, or serve from another database`;
  return new ModcastError('store-locked', message, {
    expected: 'no other server of this database',
    found: note,
  });
}

/**
 * Makes this process the one server of a database, until it releases the lock or ends in whatever way: what is
 * held is SQLite's own lock, an open EXCLUSIVE transaction on the file `<file>-server`, which the system drops
 * with the process. The note goes to `<file>-server.note`: under another ending than a site's own files have, for a
 * database may lie in the directory that is served.
 *
 * @throws ModcastError `store-locked` (found: the holder's note), `store-native`, `store-unavailable`
 */
export async function lockDatabase(file: string, note: ServerNote): Promise<{ release(): Promise<void> }> {
  const name = realName(file);
  const noteFile = `${name}-server.note`;
  const db = openFile(`${name}-server`, WAIT_MS);
  try {
    // No journal file, which a killed process would leave behind.
    db.pragma('journal_mode = MEMORY');
    db.exec('BEGIN EXCLUSIVE');
    writeFileSync(noteFile, `${JSON.stringify(note)}\n`);
  } catch (error) {
    db.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw locked(name, readNote(noteFile));
    }
    throw explainSqliteError(error, `${name}-server`);
  }
  held.add(db);
  return {
    async release() {
      if (!held.delete(db)) return;
      // While the lock is still held: the next holder's note must stay.
      rmSync(noteFile, { force: true });
      db.close();
    },
  };
}
