import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSqliteStore } from '../../../registry/index.js';
import { publish } from '../../contract/store-fixture.js';

const MAIN = path.resolve(import.meta.dirname, '../../../dist/bin/modcast.js');
const env = { ...process.env, NO_COLOR: '1' };

/** A directory with a database: deploys 1 and 2 on production. */
let site: string;

beforeAll(async () => {
  site = mkdtempSync(path.join(tmpdir(), 'modcast-process-'));
  mkdirSync(path.join(site, '.modcast'));
  const store = await openSqliteStore(path.join(site, '.modcast/registry.db'));
  for (const text of ['1', '2']) await publish(store, [['a.mjs', text]], { channel: 'production' });
  await store.close();
});
afterAll(() => rmSync(site, { recursive: true }));

it('finds the database from a directory below, and ends quietly when its reader has gone', () => {
  const below = path.join(site, 'deep', 'below');
  mkdirSync(below, { recursive: true });
  const { stdout, stderr, status } = spawnSync(
    'sh',
    ['-c', `"${process.execPath}" "${MAIN}" log | head -n 1`],
    { cwd: below, encoding: 'utf8', env },
  );
  expect({ stdout, stderr, status }).toMatchObject({ stderr: '', status: 0 });
  expect(stdout).toMatch(/^deploy 2 · production/);
});

it('exits with the documented codes', () => {
  const code = (...args: string[]) =>
    spawnSync(process.execPath, [MAIN, ...args], { cwd: site, env, stdio: 'ignore' }).status;
  expect([code('deploys'), code('show', '99'), code('nope'), code('diff', '1', '2', '--exit-code')]).toEqual([
    0, 1, 2, 1,
  ]);
});
