import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../registry/index.js';
import { publish } from '../../contract/store-fixture.js';

/** Rows of faults/CLI.md that only a process shows. */

const MAIN = path.resolve(import.meta.dirname, '../../../dist/bin/modcast.js');
const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, MODCAST_DB: undefined };

/** Deploys 1 and 2 on production. */
let site: string;

beforeAll(async () => {
  site = mkdtempSync(path.join(tmpdir(), 'modcast-faults-'));
  mkdirSync(path.join(site, '.modcast'));
  const store = await openSqliteStore(path.join(site, '.modcast/registry.db'));
  for (const text of ['1\n', '2\n']) await publish(store, [['a.mjs', text]], { channel: 'production' });
  await store.close();
});
afterAll(() => rmSync(site, { recursive: true }));

const shell = (command: string, cwd = site) =>
  spawnSync('sh', ['-c', command], {
    cwd,
    encoding: 'utf8',
    env: { ...env, MODCAST: MAIN, NODE: process.execPath },
    timeout: 30_000,
  });

const CALL = '"$NODE" "$MODCAST"';

describe.runIf(existsSync('/dev/full'))('`log > /dev/full`', () => {
  it.each(['log', 'show 1:a.mjs', '--help'])('%s: one line with a code', (command) => {
    const { stderr, status } = shell(`${CALL} ${command} > /dev/full`);
    expect({ stderr, status }).toEqual({
      stderr: 'modcast: cannot write to standard output: no space left on the device (ENOSPC) (disk-full)\n',
      status: 1,
    });
  });

  it('is JSON with --json', () => {
    const { stderr, status } = shell(`${CALL} log --json > /dev/full`);
    expect([JSON.parse(stderr), status]).toMatchObject([
      { error: { code: 'disk-full', found: 'ENOSPC' } },
      1,
    ]);
  });

  it('does not change the exit code if standard error is full too', () => {
    expect(shell(`${CALL} log > /dev/full 2> /dev/full`).status).toBe(1);
  });
});

describe('`publish --db /dev/null`', () => {
  it.each(['publish .', 'serve . --port 0'])('%s is refused and leaves nothing behind', (command) => {
    const there = mkdtempSync(path.join(tmpdir(), 'modcast-db-'));
    writeFileSync(path.join(there, 'a.mjs'), '1');
    const devices = () => readdirSync('/dev').filter((name) => name.startsWith('null'));
    const before = devices();
    const { stderr, status } = shell(`${CALL} ${command} --db /dev/null`, there);
    expect(stderr).toMatch(/^modcast: database \/dev\/null: .*a device.* \(store-foreign\)\n$/);
    expect(status).toBe(1);
    expect(devices()).toEqual(before);
    expect(readdirSync(there)).toEqual(['a.mjs']);
    rmSync(there, { recursive: true });
  });
});

describe('several `publish` at once, no `--expect`', () => {
  /** Runs commands at the same time. */
  const together = (cwds: readonly string[], args: (n: number) => readonly string[]) =>
    Promise.all(
      cwds.map(async (cwd, n) => {
        const child = spawn(process.execPath, [MAIN, ...args(n)], {
          cwd,
          env,
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        let said = '';
        child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
        child.stdout.resume();
        const [code] = (await once(child, 'close')) as [number];
        return { code, said };
      }),
    );

  it('all make their deploy', { timeout: 60_000 }, async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'modcast-together-'));
    const sites = Array.from({ length: 6 }, (_, n) => path.join(root, `site${n}`));
    sites.forEach((directory, n) => {
      mkdirSync(directory);
      writeFileSync(path.join(directory, 'a.mjs'), `export default ${n};`);
    });
    const db = path.join(root, 'r.db');
    const published = await together(sites, () => ['publish', '--db', db]);
    expect(published).toEqual(sites.map(() => ({ code: 0, said: '' })));
    const store = await openSqliteStore(db);
    expect((await store.deploys({ channel: 'production' })).map(({ number }) => number)).toEqual([
      6, 5, 4, 3, 2, 1,
    ]);
    const rolled = await together(sites.slice(0, 4), (n) => ['rollback', String(n + 1), '--db', db]);
    expect(rolled).toEqual(sites.slice(0, 4).map(() => ({ code: 0, said: '' })));
    await store.close();
    rmSync(root, { recursive: true });
  });
});
