import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { lockDatabase, refuseFollowed, serverOf } from '../../../../registry/store/lock.js';
import { temporaryDirectory } from './temporary.js';

const inDirectory = temporaryDirectory();
const note = { pid: 4711, directory: '/srv/site', channel: 'dev', started: Date.UTC(2026, 0, 2, 3, 4, 5) };
let directory: string;
let file: string;
beforeEach(() => {
  directory = inDirectory();
  file = inDirectory('modcast.db');
});

test('a second process gets an error with the server and advice', async () => {
  const lock = await lockDatabase(file, note);
  const refused = await lockDatabase(file, { ...note, pid: 1 }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'store-locked', found: note });
  expect(String(refused)).toMatch(/process 4711 for \/srv\/site since 2026-01-02T03:04:05.000Z; stop that/);
  await lock.release();
});

test('a released lock is free, leaves no note, and may be released twice', async () => {
  const first = await lockDatabase(file, note);
  expect(JSON.parse(await readFile(`${file}-server.note`, 'utf8'))).toEqual(note);
  await first.release();
  expect(existsSync(`${file}-server.note`)).toBe(false);
  const second = await lockDatabase(file, { ...note, pid: 2 });
  await first.release();
  await expect(lockDatabase(file, note)).rejects.toMatchObject({ code: 'store-locked', found: { pid: 2 } });
  await second.release();
});

test('a link to a database has the same lock; another database has its own', async () => {
  await mkdir(path.join(directory, 'real'));
  await writeFile(path.join(directory, 'real', 'modcast.db'), '');
  await symlink(path.join(directory, 'real'), path.join(directory, 'link'));
  await symlink(path.join(directory, 'real', 'modcast.db'), path.join(directory, 'other.db'));
  const lock = await lockDatabase(path.join(directory, 'real', 'modcast.db'), note);
  for (const name of ['link/modcast.db', 'other.db']) {
    await expect(lockDatabase(path.join(directory, name), note)).rejects.toMatchObject({
      code: 'store-locked',
    });
  }
  const own = await lockDatabase(file, note);
  await Promise.all([lock.release(), own.release()]);
});

test('a lock without a readable note still holds', async () => {
  const lock = await lockDatabase(file, note);
  for (const text of ['{"pi', 'null', '{}', '{"pid":1,"directory":"x"}']) {
    await writeFile(`${file}-server.note`, text);
    const refused = await lockDatabase(file, note).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'store-locked', found: null });
    expect(String(refused)).toContain('another process');
  }
  await writeFile(`${file}-server.note`, JSON.stringify({ ...note, started: 1e300 }));
  await expect(lockDatabase(file, note)).rejects.toMatchObject({ code: 'store-locked' });
  await lock.release();
});

test('a missing directory is reported', async () => {
  const refused = lockDatabase(path.join(directory, 'none', 'modcast.db'), note);
  await expect(refused).rejects.toMatchObject({ code: 'store-unavailable' });
});

test('the server is known while it holds the lock, not by a note that it left behind', async () => {
  expect(serverOf(file)).toBeNull();
  const lock = await lockDatabase(file, note);
  expect(serverOf(file)).toEqual(note);
  await lock.release();
  expect(serverOf(file)).toBeNull();
  await writeFile(`${file}-server.note`, JSON.stringify(note));
  expect(serverOf(file)).toBeNull();
});

test('a channel that follows a directory takes no other deploys; other channels do', async () => {
  const lock = await lockDatabase(file, note);
  expect(() => refuseFollowed(file, 'production')).not.toThrow();
  expect(() => refuseFollowed(file, 'dev')).toThrow(
    expect.objectContaining({
      code: 'channel-followed',
      found: note,
      message:
        'channel dev follows /srv/site (process 4711 since 2026-01-02T03:04:05.000Z), and the next save there ' +
        'would undo this; change the files themselves, or stop that process first',
    }),
  );
  await lock.release();
  const other = await lockDatabase(file, { ...note, directory: '' });
  expect(() => refuseFollowed(file, 'dev')).not.toThrow();
  await other.release();
});
