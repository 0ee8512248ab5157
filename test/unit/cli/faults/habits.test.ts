import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSqliteStore } from '../../../../registry/index.js';
import { publish } from '../../../contract/store-fixture.js';
import { GitRepository } from '../../registry/git/git-repository.js';
import { modcast } from '../program.js';

/** Rows of faults/CLI.md: what people who know git and npm type, and mistyped paths. */

let site: string;

/** production: 1, 2, 4; dev: 3. */
beforeAll(async () => {
  site = mkdtempSync(path.join(tmpdir(), 'modcast-habits-'));
  mkdirSync(path.join(site, '.modcast'));
  const store = await openSqliteStore(path.join(site, '.modcast/registry.db'));
  const main: [string, string] = ['main.mjs', 'main\n'];
  const production = { channel: 'production' };
  await publish(store, [main, ['lib/disk.mjs', 'one\n'], ['lib/ring.mjs', 'ring\n']], production);
  await publish(store, [main, ['lib/disk.mjs', 'two\n'], ['lib/ring.mjs', 'ring\n']], production);
  await publish(store, [main], { channel: 'dev' });
  await publish(
    store,
    [
      ['main.mjs', 'other\n'],
      ['lib/disk.mjs', 'two\n'],
      ['Data/Café.json', '{}'],
    ],
    production,
  );
  await store.close();
});
afterAll(() => rmSync(site, { recursive: true }));

const run = (...args: string[]) => modcast(site, args);
const deploysOf = (out: string) => [...out.matchAll(/^deploy (\d+)/gm)].map(([, number]) => Number(number));

describe('`log -3`', () => {
  it('is `log -n 3`, and so for deploys', async () => {
    expect(deploysOf((await run('log', '-2')).out)).toEqual([4, 2]);
    expect(await run('log', '-2')).toEqual(await run('log', '-n', '2'));
    expect(await run('log', 'lib/disk.mjs', '-1')).toEqual(await run('log', 'lib/disk.mjs', '-n', '1'));
    expect(await run('log', '-1', 'lib/disk.mjs')).toEqual(await run('log', 'lib/disk.mjs', '-n', '1'));
    expect(await run('deploys', '-1', '--json')).toEqual(await run('deploys', '-n1', '--json'));
  });

  it.each([
    ['log', '-0'],
    ['log', '-n', '-3'],
    ['gc', '-3'],
  ])('%s %s is still refused', async (...args) => {
    expect(await run(...args)).toMatchObject({ code: 2, out: '' });
  });
});

describe('`log lib/`', () => {
  it.each(['lib/', 'lib', './lib', '/lib/'])('lists what the deploys changed in %s', async (directory) => {
    const { out, code } = await run('log', directory);
    expect(code).toBe(0);
    expect(deploysOf(out)).toEqual([4, 2, 1]);
    expect(out).toContain('  D  lib/ring.mjs\n');
    expect(out).not.toContain('main.mjs');
  });

  it('takes the other options of log', async () => {
    expect(deploysOf((await run('log', 'lib', '-n', '1', '--from', '2')).out)).toEqual([2]);
    expect((await run('log', 'lib/', '-p', '-2')).out).toContain('-one\n+two\n');
    const lines = (await run('log', 'lib', '--json')).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).changes.length)).toEqual([1, 1, 2]);
    expect(deploysOf((await run('log', '.')).out)).toEqual([4, 2, 1]);
  });
});

describe('`log lib/` after gc', () => {
  it('shows the deploy whose changes are not known', async () => {
    const store = await openSqliteStore(path.join(site, 'gc.db'));
    for (const text of ['1', '2', '3'])
      await publish(store, [
        ['lib/a.mjs', text],
        ['b.mjs', text],
      ]);
    await store.close();
    await run('gc', '--keep', '1', '--older-than', '0', '--db', 'gc.db');
    const { out } = await run('log', 'lib/', '--db', 'gc.db');
    expect(deploysOf(out)).toEqual([3]);
    expect(out).toContain('changes are not known');
    expect((await run('log', 'src/', '--db', 'gc.db')).code).toBe(1);
  });
});

describe('`show latest^`, `show HEAD`, `show 0`', () => {
  it.each([
    ['latest^', 2],
    ['production^', 2],
    ['production^^', 1],
    ['HEAD', 4],
    ['@', 4],
    ['HEAD~1', 2],
    ['HEAD^', 2],
    ['4^1', 2],
    ['4^0', 4],
    ['latest^~', 1],
  ])('%s is deploy %d', async (ref, number) => {
    expect((await run('show', ref)).out).toMatch(new RegExp(`^deploy ${number}\n`));
  });

  it('a deploy 0 is refused with the first and the newest number', async () => {
    expect((await run('show', '0')).err).toBe(
      'modcast: unknown ref "0": no deploy 0, the first one is 1, the newest is 4 (ref-unknown)\n',
    );
  });
});

describe('`list`, `version`, `login`', () => {
  it('prints the version', async () => {
    expect(await run('version')).toEqual(await run('--version'));
    expect((await run('version')).code).toBe(0);
  });

  it.each([
    ['list', 'modcast deploys'],
    ['branch', 'modcast channels'],
    ['login', 'MODCAST_TOKEN'],
    ['deploy', 'modcast publish'],
    ['push', '--to'],
    ['revert', 'modcast rollback'],
    ['init', 'modcast serve'],
  ])('%s gets a hint: %s', async (command, hint) => {
    const { code, err } = await run(command);
    expect(code).toBe(2);
    expect(err.split('\n')[0]).toContain(hint);
    expect(err).not.toContain('Did you mean');
  });

  it('a typo still gets the similar command', async () => {
    expect((await run('deplois')).err).toContain('(Did you mean deploys?)');
    expect((await run('constructor')).err).toMatch(/^modcast: unknown command 'constructor'\n/);
  });

  it.each([
    [['log', 'latest'], 'modcast log --from latest'],
    [['log', '3'], 'modcast log --from 3'],
    [['log', 'dev'], 'modcast log --from dev'],
    [['show', 'lib/disk.mjs'], 'modcast show latest:lib/disk.mjs'],
    [['cat', 'lib/disk.mjs'], 'modcast show latest:lib/disk.mjs'],
    [['cat', '1:lib/ring.mjs'], 'modcast show 1:lib/ring.mjs'],
    [['diff', '1', 'production', 'lib/dsik.mjs'], 'lib/disk.mjs'],
  ])('%j gets the call that does it: %s', async (args, hint) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(hint);
    expect(err.trimEnd()).not.toContain('\n');
  });
});

describe('a mistyped path', () => {
  const commands = (name: string): string[][] => [
    ['log', name],
    ['blame', name],
    ['show', `4:${name}`],
    ['diff', '1', '4', name],
  ];

  it.each([
    ['lib/dsik.mjs', 'lib/disk.mjs'],
    ['lib/dis.mjs', 'lib/disk.mjs'],
    ['lib/disk', 'lib/disk.mjs'],
    ['disk.mjs', 'lib/disk.mjs'],
    ['src/disk.mjs', 'lib/disk.mjs'],
    ['Lib/Disk.mjs', 'lib/disk.mjs'],
    [String.raw`lib\disk.mjs`, 'lib/disk.mjs'],
    ['lob/disk.mjs', 'lib/disk.mjs'],
    ['Data/Cafe.json', 'Data/Café.json'],
    ['data/', 'Data/'],
  ])('%s: "did you mean %s?"', async (typed, meant) => {
    for (const args of commands(typed)) {
      const { code, out, err } = await run(...args);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/^modcast: .*; did you mean .*\? \(path-unknown\)\n$/);
      expect(err).toContain(`did you mean ${meant}?`);
    }
  });

  it('is looked for among deleted modules too, by log', async () => {
    expect((await run('log', 'lib/rign.mjs')).err).toContain('did you mean lib/ring.mjs?');
  });

  it('that is like no other gets no suggestion', async () => {
    for (const args of commands('wholly/different.css')) {
      expect((await run(...args)).err).not.toContain('did you mean');
    }
  });

  it.each(['./lib/disk.mjs', '/lib/disk.mjs', 'lib/disk.mjs'])('%s is taken', async (typed) => {
    for (const args of commands(typed)) expect((await run(...args)).code).toBe(0);
  });

  it('in decomposed characters is taken', async () => {
    for (const args of commands('Data/Café.json'.normalize('NFD'))) expect((await run(...args)).code).toBe(0);
  });

  it('of a module that was deleted, or added later, says so', async () => {
    expect((await run('blame', 'lib/ring.mjs')).err).toContain(
      'deploy 4 on production has no "lib/ring.mjs": deploy 4 deleted it',
    );
    expect((await run('show', '1:Data/Café.json')).err).toContain('deploy 4 added it');
  });

  it('of a directory or a database is suggested too', async () => {
    mkdirSync(path.join(site, 'public'));
    for (const [args, meant] of [
      [['publish', 'publc'], path.join(site, 'public')],
      [['diff', '1', './pubilc'], path.join(site, 'public')],
      [['export', '1', 'out', '--static', '--assets', 'publi'], path.join(site, 'public')],
      [['deploys', '--db', '.modcast/registy.db'], path.join(site, '.modcast/registry.db')],
    ] as const) {
      const { code, err } = await run(...args);
      expect(code).toBe(1);
      expect(err).toMatch(/^modcast: no such .*; did you mean \S+\? \([a-z-]+\)\n$/);
      expect(err).toContain(`did you mean ${meant}?`);
    }
    const git = new GitRepository();
    git.write('site/public/a.mjs', '1');
    git.commit('one');
    for (const typed of ['public', 'site/publc']) {
      const { err } = await run('import', '--git', git.directory, '--path', typed, '--db', 'git.db');
      expect(err).toContain('did you mean site/public?');
    }
    git.close();
  });
});
