import { promises } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, expect, it, vi } from 'vitest';
import { openDatabase } from '../../../../registry/store/sqlite-open.js';
import { temporaryDirectory } from './temporary.js';

/** Files share their modules with other tests. */
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

const at = temporaryDirectory();

/** The machine may be busy. */
const PATIENT = { timeout: 30_000 };

it('syncs the log once for what is committed during a sync, and again for what comes later', async () => {
  const connection = openDatabase(at('a.db'));
  const { db } = connection;
  const insert = db.prepare('INSERT INTO path (path) VALUES (?)');
  const write = connection.writingBehind((path: string) => insert.run(path));
  const started: (() => void)[] = [];
  const synced: string[][] = [];
  const datasync = () => {
    synced.push(db.prepare('SELECT path FROM path').pluck().all() as string[]);
    return new Promise<void>((resolve) => started.push(resolve));
  };
  const log = { datasync, close: async () => {} } as unknown as Awaited<ReturnType<typeof promises.open>>;
  const open = vi.spyOn(promises, 'open').mockResolvedValue(log);
  syncBuiltinESMExports();

  write('a');
  await vi.waitFor(() => expect(synced).toEqual([['a']]), PATIENT);
  for (const path of ['b', 'c', 'd']) write(path);
  expect(synced).toHaveLength(1);
  started[0]!();
  await vi.waitFor(() => expect(synced).toHaveLength(2), PATIENT);
  expect(synced[1]).toEqual(['a', 'b', 'c', 'd']);
  started[1]!();

  open.mockRejectedValueOnce(new Error('the disk is gone'));
  let count = 0;
  await vi.waitFor(() => {
    write(`e${count++}`);
    expect(synced).toHaveLength(3);
  }, PATIENT);
  started[2]!();
  db.close();
});
