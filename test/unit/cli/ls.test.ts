import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../registry/index.js';
import { publish } from '../../contract/store-fixture.js';
import { modcast } from './program.js';

const NOW = Date.UTC(2026, 10, 23, 12);
const DAY = 86_400_000;

let site: string;

/** production: 1, 2; dev: 3. There is a directory `dev`, too. */
beforeAll(async () => {
  site = mkdtempSync(path.join(tmpdir(), 'modcast-ls-'));
  const store = await openSqliteStore(path.join(site, 'r.db'));
  const production = { channel: 'production', author: 'ada', time: NOW - DAY };
  await publish(
    store,
    [
      ['main.mjs', '1\n'],
      ['lib/a.mjs', 'a\n'],
      ['dev/x.mjs', 'x'],
    ],
    {
      ...production,
      message: 'First light',
    },
  );
  await publish(
    store,
    [
      ['main.mjs', '2\n2\n'],
      ['lib/b.mjs', 'a\n'],
      ['dev/x.mjs', 'x'],
    ],
    {
      ...production,
      message: 'Two\n\nmore',
    },
  );
  await publish(store, [['other.mjs', 'o']], { channel: 'dev', time: NOW });
  await store.close();
});
afterAll(() => rmSync(site, { recursive: true }));

const run = (...args: string[]) => modcast(site, [...args, '--db', 'r.db']);
const names = async (...args: string[]) =>
  (await run('ls', ...args, '--name-only')).out.split('\n').filter(Boolean);

describe('modcast ls', () => {
  it('lists files and directories with sizes', async () => {
    const { out } = await run('ls');
    expect(out.replace(/[0-9a-f]{10}/g, '<hash>    ')).toBe(`\
size  hash        type             path
 1 B              1 file           dev/
 2 B              1 file           lib/
 4 B  <hash>      text/javascript  main.mjs
`);
    expect(JSON.parse((await run('ls', '--json')).out)).toMatchObject([
      { kind: 'directory', path: 'dev/', files: 1, size: 1 },
      { kind: 'directory', path: 'lib/', files: 1, size: 2 },
      { kind: 'file', path: 'main.mjs', size: 4, type: 'text/javascript' },
    ]);
  });

  it.each([
    [[], ['dev/', 'lib/', 'main.mjs']],
    [['-r'], ['dev/x.mjs', 'lib/b.mjs', 'main.mjs']],
    [['lib'], ['lib/b.mjs']],
    [['./lib/'], ['lib/b.mjs']],
    [
      ['lib', 'main.mjs'],
      ['lib/b.mjs', 'main.mjs'],
    ],
    [['1', 'lib/'], ['lib/a.mjs']],
    [['production~1:lib'], ['lib/a.mjs']],
    [['1:'], ['dev/', 'lib/', 'main.mjs']],
    // A channel goes first, as a branch in git.
    [['dev'], ['other.mjs']],
    [['./dev'], ['dev/x.mjs']],
    [
      ['.', '-r'],
      ['dev/x.mjs', 'lib/b.mjs', 'main.mjs'],
    ],
    [
      ['1', '.', 'lib', '-r'],
      ['dev/x.mjs', 'lib/a.mjs', 'main.mjs'],
    ],
  ])('%j', async (args, expected) => {
    expect(await names(...args)).toEqual(expected);
  });

  it.each([
    [['lbi/'], 'deploy 2 on production has no "lbi"; did you mean lib/? (path-unknown)'],
    [['lib/a.mjs'], /deploy 2 on production has no "lib\/a.mjs": deploy 2 deleted it/],
    [['1', 'lib/b.mjs'], /deploy 1 on production has no "lib\/b.mjs": deploy 2 added it/],
    [['prodution'], /did you mean production\? \(ref-unknown\)/],
    [['99:lib'], /no deploy 99, the newest is 3 \(ref-unknown\)/],
  ])('%j fails with one line', async (args, message) => {
    const { code, out, err } = await run('ls', ...args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    if (typeof message === 'string') expect(err).toBe(`modcast: ${message}\n`);
    else expect(err).toMatch(message);
  });
});

describe('modcast channels', () => {
  it('lists the newest deploy of each', async () => {
    expect((await run('channels')).out).toBe(`\
channel     deploy  when       who  files  size  message
dev              3  now        ada      1   1 B
production       2  1 day ago  ada      3   7 B  Two
`);
    expect(JSON.parse((await run('channels', '--json')).out)).toMatchObject([
      { channel: 'dev', head: { number: 3 } },
      { channel: 'production', head: { number: 2, time: '2026-11-22T12:00:00.000Z' } },
    ]);
  });
});

describe('modcast show', () => {
  it('shows HEAD without a ref', async () => {
    expect(await run('show')).toEqual(await run('show', '2'));
  });

  it('--stat shows bars in place of names, -p patches', async () => {
    const names = (await run('show', '2')).out;
    const end = names.indexOf('\nM ') === -1 ? names.indexOf('R  ') : names.indexOf('\nM ') + 1;
    const head = names.slice(0, Math.min(end, names.indexOf('R  ')));
    expect((await run('show', '2', '--stat')).out).toBe(`${head}\
 lib/{a.mjs → b.mjs} | 0
 main.mjs            | 3 ++-
 2 files changed, 2 insertions(+), 1 deletion(-)
`);
    const patch = (await run('diff', '1', '2')).out;
    expect((await run('show', '2', '-p')).out).toBe(head + patch);
    expect((await run('show', '2', '-p', '--stat')).out).toContain(`deletion(-)\n\n${patch}`);
  });

  it('--stat and -p add to the JSON', async () => {
    const { changes } = JSON.parse((await run('show', '2', '--stat', '-p', '--json')).out);
    expect(changes[1]).toMatchObject({ path: 'main.mjs', added: 2, deleted: 1, encoding: 'utf8' });
    expect(changes[1].patch).toContain('-1\n+2\n+2\n');
  });
});

it('says how to make the first deploy', async () => {
  await (await openSqliteStore(path.join(site, 'empty.db'))).close();
  for (const name of ['ls', 'channels']) {
    expect((await modcast(site, [name, '--db', 'empty.db'])).out).toMatch(/^No deploys yet\. /);
    expect((await modcast(site, [name, '--json', '--db', 'empty.db'])).out).toBe('[]\n');
  }
});

it('refuses what it is given without a deploy', async () => {
  await (await openSqliteStore(path.join(site, 'empty.db'))).close();
  for (const args of [['12'], ['production'], ['12:lib'], ['lib/'], ['lib', 'main.mjs']]) {
    const { code, out, err } = await modcast(site, ['ls', ...args, '--db', 'empty.db']);
    expect([code, out], args.join(' ')).toEqual([1, '']);
    expect(err).toMatch(/unknown ref "[^"]*": there are no deploys yet/);
  }
});
