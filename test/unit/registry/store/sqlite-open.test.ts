import { mkdir, readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { MIGRATIONS } from '../../../../registry/store/migrations.js';
import { explainSqliteError } from '../../../../registry/store/sqlite-errors.js';
import { assertSqliteVersion, openDatabase } from '../../../../registry/store/sqlite-open.js';
import { openSqliteStore } from '../../../../registry/store/sqlite.js';
import { temporaryDirectory } from './temporary.js';

const at = temporaryDirectory();

const pragma = (db: Database.Database, name: string) => db.pragma(name, { simple: true });

describe('durability', () => {
  test('is full when the database is made, opened again, and after the first write', () => {
    for (const _ of ['made', 'opened again']) {
      const connection = openDatabase(at('a.db'));
      const { db } = connection;
      const settings = () =>
        ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout'].map((name) => pragma(db, name));
      expect(settings()).toEqual(['wal', 2, 1, 5000]);
      connection.writing(() => db.exec(`INSERT OR IGNORE INTO path (path) VALUES ('a')`))();
      expect(settings()).toEqual(['wal', 2, 1, 5000]);
      db.close();
    }
  });

  test('that SQLite has lowered is noticed at the first write', () => {
    openDatabase(at('a.db')).db.close();
    const connection = openDatabase(at('a.db'));
    connection.db.pragma('synchronous = NORMAL');
    const write = connection.writing(() => connection.db.exec(`INSERT INTO path (path) VALUES ('a')`));
    expect(write).toThrow(
      expect.objectContaining({ code: 'store-unsafe', found: 'journal_mode=wal synchronous=1' }),
    );
    connection.db.close();
  });

  test('is off for one transaction only, also for the first one and one that fails', () => {
    openDatabase(at('a.db')).db.close();
    const connection = openDatabase(at('a.db'));
    const { db } = connection;
    const during: unknown[] = [];
    const write = connection.writingBehind((path: string | null) => {
      during.push(pragma(db, 'synchronous'));
      db.prepare('INSERT INTO path (path) VALUES (?)').run(path);
    });
    write('a');
    expect([...during, pragma(db, 'synchronous')]).toEqual([1, 2]);
    expect(() => write(null)).toThrow('NOT NULL');
    expect([...during, pragma(db, 'synchronous')]).toEqual([1, 1, 2]);
    expect(db.prepare('SELECT path FROM path').pluck().all()).toEqual(['a']);
    db.close();
  });

  test('needs a SQLite without the WAL bug', () => {
    for (const version of ['3.51.3', '3.51.10', '3.52.0', '3.53.2', '4.0.0']) assertSqliteVersion(version);
    for (const version of ['3.51.2', '3.9.9', '3.50.4', '2.99.99']) {
      expect(() => assertSqliteVersion(version)).toThrow(
        expect.objectContaining({ code: 'store-unsafe', found: version }),
      );
    }
  });
});

describe('a file that is not a modcast database is refused and not changed:', () => {
  const refused = async (file: string) => {
    const before = await readFile(file);
    const error = await openSqliteStore(file).catch((reason: unknown) => reason);
    expect(await readFile(file)).toEqual(before);
    return error;
  };

  test('a text', async () => {
    await writeFile(at('a.db'), 'export default 1;\n'.repeat(1000));
    expect(await refused(at('a.db'))).toMatchObject({ code: 'store-foreign', found: 'SQLITE_NOTADB' });
    for (const size of [1, 2, 100, 511, 512, 513, 4095, 4096]) {
      await writeFile(at('short.db'), 'x'.repeat(size));
      expect(await refused(at('short.db'))).toMatchObject({ code: 'store-foreign' });
    }
  });

  test('another program’s database, whether it names itself or not', async () => {
    for (const [name, sql] of [
      ['tables.db', 'CREATE TABLE t (a)'],
      ['named.db', 'PRAGMA application_id = 1196444487'],
      ['versioned.db', 'PRAGMA user_version = 1'],
    ] as const) {
      const db = new Database(at(name));
      db.exec(sql);
      db.close();
      const error = await refused(at(name));
      expect(error).toMatchObject({ code: 'store-foreign' });
      expect(String(error)).toContain('another program');
    }
  });

  test('a newer modcast’s database', async () => {
    const newer = openDatabase(at('a.db'), [...MIGRATIONS, 'CREATE TABLE more (a)']);
    newer.db.close();
    const error = await refused(at('a.db'));
    const found = MIGRATIONS.length + 1;
    expect(error).toMatchObject({ code: 'store-newer', expected: MIGRATIONS.length, found });
    expect(String(error)).toMatch(new RegExp(`version ${found} and was written by a newer modcast`));
  });
});

describe('a place that cannot have a database is reported:', () => {
  test('a directory', async () => {
    await mkdir(at('a.db'));
    const error = await openSqliteStore(at('a.db')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'store-unavailable' });
    expect(String(error)).toContain('is a directory');
  });

  test('a missing directory, and a file instead of a directory', async () => {
    await writeFile(at('file'), '');
    for (const place of ['none', 'file']) {
      const error = await openSqliteStore(at(`${place}/a.db`)).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'store-unavailable' });
      expect(String(error)).toContain(`there is no directory ${at(place)}`);
    }
  });

  test('one that SQLite may not write to', async () => {
    await mkdir(at('a.db-wal'));
    await expect(openSqliteStore(at('a.db'))).rejects.toMatchObject({ code: 'store-unavailable' });
  });
});

test('a truncated database is reported as damaged', async () => {
  await (await openSqliteStore(at('a.db'))).close();
  await truncate(at('a.db'), 4096 * 3);
  await expect(openSqliteStore(at('a.db')).then((store) => store.deploys())).rejects.toMatchObject({
    code: 'store-damaged',
  });
});

test('schema-text-flip: every changed bit of a definition is reported as damage', async () => {
  await (await openSqliteStore(at('a.db'))).close();
  const bytes = await readFile(at('a.db'));
  const db = new Database(at('a.db'));
  const definitions = db
    .prepare<[], string>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL')
    .pluck()
    .all();
  db.close();
  let flips = 0;
  for (const sql of definitions) {
    // Unused space may hold an older copy.
    const starts: number[] = [];
    for (let at = bytes.indexOf(sql); at !== -1; at = bytes.indexOf(sql, at + 1)) starts.push(at);
    expect(starts).not.toEqual([]);
    for (let byte = 0; byte < sql.length; byte += 17) {
      const flipped = Buffer.from(bytes);
      for (const start of starts) flipped[start + byte]! ^= 1 << (byte & 7);
      await writeFile(at('flipped.db'), flipped);
      await expect(openSqliteStore(at('flipped.db'))).rejects.toMatchObject({ code: 'store-damaged' });
      flips++;
    }
  }
  expect(flips).toBeGreaterThan(150);
});

test('names with a special meaning in SQLite are ordinary file names', async () => {
  await mkdir(at('place'));
  const own = process.cwd();
  process.chdir(at('place'));
  try {
    for (const name of [':memory:', 'file:a.db?mode=memory']) await (await openSqliteStore(name)).close();
  } finally {
    process.chdir(own);
  }
  expect(await readdir(at('place'))).toEqual([':memory:', 'file:a.db?mode=memory']);
});

describe('migrations', () => {
  const tables = (db: Database.Database) =>
    db.prepare(`SELECT name FROM sqlite_schema WHERE name LIKE 'extra%' ORDER BY name`).pluck().all();

  test('run in order, and only the missing ones', () => {
    const steps = ['CREATE TABLE extra1 (a)', 'ALTER TABLE extra1 ADD COLUMN b', 'CREATE TABLE extra2 (a)'];
    for (const [count, expected] of [
      [1, ['extra1']],
      [3, ['extra1', 'extra2']],
      [3, ['extra1', 'extra2']],
    ] as const) {
      const { db } = openDatabase(at('a.db'), steps.slice(0, count));
      expect(pragma(db, 'user_version')).toBe(count);
      expect(tables(db)).toEqual(expected);
      db.close();
    }
  });

  test('are all undone when one fails', () => {
    openDatabase(at('a.db'), ['CREATE TABLE extra1 (a)']).db.close();
    const steps = ['CREATE TABLE extra1 (a)', 'CREATE TABLE extra2 (a)', 'CREATE TABLE extra1 (a)'];
    expect(() => openDatabase(at('a.db'), steps)).toThrow('already exists');
    const { db } = openDatabase(at('a.db'), steps.slice(0, 1));
    expect(pragma(db, 'user_version')).toBe(1);
    expect(tables(db)).toEqual(['extra1']);
    db.close();
  });

  test('bring a database of any earlier version up to date and keep its content', async () => {
    for (let version = 1; version < MIGRATIONS.length; version++) {
      const file = at(`${version}.db`);
      openDatabase(file, MIGRATIONS.slice(0, version)).db.close();
      const db = new Database(file);
      db.exec(`INSERT INTO blob (hash, size) VALUES (x'${'ab'.repeat(32)}', 0)`);
      db.close();
      const store = await openSqliteStore(file);
      expect(await store.missing(['ab'.repeat(32)])).toEqual([]);
      expect(await store.tokens()).toEqual([]);
      const identity = await store.identity();
      expect(identity).toMatch(/^[0-9a-f]{32}$/);
      await store.close();
      const again = await openSqliteStore(file);
      expect(await again.identity()).toBe(identity);
      await again.close();
    }
  });
});

test('errors of SQLite with an outside cause say what to do; others stay the same', () => {
  for (const [code, expected] of [
    ['SQLITE_BUSY', 'store-busy'],
    ['SQLITE_BUSY_SNAPSHOT', 'store-busy'],
    ['SQLITE_FULL', 'store-full'],
    ['SQLITE_CORRUPT_VTAB', 'store-damaged'],
    ['SQLITE_READONLY_DIRECTORY', 'store-unavailable'],
    ['SQLITE_IOERR_FSYNC', 'store-unavailable'],
  ] as const) {
    const cause = new Database.SqliteError('x', code);
    expect(explainSqliteError(cause, 'a.db')).toMatchObject({ code: expected, found: code, cause });
  }
  const constraint = new Database.SqliteError('x', 'SQLITE_CONSTRAINT_UNIQUE');
  expect(explainSqliteError(constraint, 'a.db')).toBe(constraint);
});
