import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { ModcastError } from '../../schema/index.js';
import { explainSqliteError } from './sqlite-errors.js';
import { openFile } from './sqlite-open.js';

/** The server of a database, for messages. */
export interface ServerNote {
  readonly pid: number;
  /** Empty when the server has no directory. */
  readonly directory: string;
  /** The channel that follows the directory. */
  readonly channel: string;
  /** Milliseconds since 1970. */
  readonly started: number;
}

/**
 * Milliseconds to wait for the lock. Two processes that start at the same time may block each other briefly.
 */
const WAIT_MS = 250;

/** Connections that hold a lock. Without a reference they would be collected, and their locks lost. */
const held = new Set<Database.Database>();

/** The real path of a file, so that links to it give the same name. */
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
    const note = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const { pid, directory, channel, started } = note;
    const texts = typeof directory === 'string' && typeof channel === 'string';
    const readable = texts && typeof pid === 'number' && typeof started === 'number';
    return readable ? { pid, directory, channel, started } : null;
  } catch {
    // The note is missing until it is written, and may have been edited.
    return null;
  }
}

/** ISO time, or the number itself when it is not a valid time. */
const timeOf = (time: number): string =>
  Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);

function locked(file: string, note: ServerNote | null): ModcastError {
  const holder =
    note === null
      ? 'another process'
      : `process ${note.pid} for ${note.directory || `channel ${note.channel}`} since ${timeOf(note.started)}`;
  const message = `database ${file} is served by ${holder}; stop that process, or serve from another database`;
  return new ModcastError('store-locked', message, {
    expected: 'no other server of this database',
    found: note,
  });
}

/**
 * Makes this process the only server of a database, until it releases the lock or ends. The lock is an open
 * EXCLUSIVE transaction of SQLite on the file `<file>-server`, which the system drops with the process. The
 * note is in `<file>-server.note`: with this extension it is not a file of the site, also when the database
 * is in the served directory.
 *
 * @throws ModcastError `store-locked` (found: the holder's note), `store-native`, `store-unavailable`
 */
export async function lockDatabase(file: string, note: ServerNote): Promise<{ release(): Promise<void> }> {
  const name = realName(file);
  const noteFile = `${name}-server.note`;
  const db = openFile(`${name}-server`, WAIT_MS);
  try {
    // Do not create a journal file, which a killed process would leave behind.
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
      // Before the lock is released: the next holder writes its own note.
      rmSync(noteFile, { force: true });
      db.close();
    },
  };
}

function isLocked(file: string): boolean {
  const db = openFile(file, 0);
  try {
    // Reading takes a shared lock, so two processes that check at the same time do not block each other.
    db.pragma('schema_version');
    return false;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return true;
    throw explainSqliteError(error, file);
  } finally {
    db.close();
  }
}

/** The current server of a database. Null when there is none. */
export function serverOf(file: string): ServerNote | null {
  const name = realName(file);
  const note = readNote(`${name}-server.note`);
  // A killed process leaves its note, so only the lock tells whether it runs.
  return note !== null && isLocked(`${name}-server`) ? note : null;
}

/**
 * Refuses a deploy to a channel that a server reads from a directory: pages would mix its modules with the
 * directory's files, and the next save would undo it.
 *
 * @throws ModcastError `channel-followed` (found: the server's note)
 */
export function refuseFollowed(file: string, channel: string): void {
  const note = serverOf(file);
  if (note === null || note.directory === '' || note.channel !== channel) return;
  const message =
    `channel ${channel} follows ${note.directory} (process ${note.pid} since ${timeOf(note.started)}), and the next ` +
    'save there would undo this; change the files themselves, or stop that process first';
  throw new ModcastError('channel-followed', message, {
    expected: 'a channel that no running server reads from a directory',
    found: note,
  });
}
