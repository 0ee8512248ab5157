import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { ModcastError } from '../../schema/index.js';
import { explainSqliteError } from './sqlite-errors.js';
import { openFile } from './sqlite-open.js';

/** Who serves from a database, for people to read. */
export interface ServerNote {
  readonly pid: number;
  /** Empty for a server without one. */
  readonly directory: string;
  /** The channel into which it reads the directory. */
  readonly channel: string;
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
    const note = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const { pid, directory, channel, started } = note;
    const texts = typeof directory === 'string' && typeof channel === 'string';
    const readable = texts && typeof pid === 'number' && typeof started === 'number';
    return readable ? { pid, directory, channel, started } : null;
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
      : `process ${note.pid} for ${note.directory || `channel ${note.channel}`} since ${timeOf(note.started)}`;
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

function isLocked(file: string): boolean {
  const db = openFile(file, 0);
  try {
    // Reading needs a lock that several may have, so that two who ask at one moment do not take each other for a server.
    db.pragma('schema_version');
    return false;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return true;
    throw explainSqliteError(error, file);
  } finally {
    db.close();
  }
}

/** Who serves from a database just now; null when nobody does. */
export function serverOf(file: string): ServerNote | null {
  const name = realName(file);
  const note = readNote(`${name}-server.note`);
  // A process that was killed leaves its note: the lock alone says whether it lives.
  return note !== null && isLocked(`${name}-server`) ? note : null;
}

/**
 * Refuses to make a deploy of a channel that a server reads from a directory: pages would run its modules beside the
 * directory's other files, and the next save would undo it.
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
