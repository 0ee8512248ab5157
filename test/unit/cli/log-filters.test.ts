import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../registry/index.js';
import { publish } from '../../contract/store-fixture.js';
import { modcast } from './program.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 23, 12);

let site: string;

/** production: 1, 2, 3, 4. */
beforeAll(async () => {
  site = mkdtempSync(path.join(tmpdir(), 'modcast-log-'));
  const store = await openSqliteStore(path.join(site, 'r.db'));
  const deploy = (days: number, author: string, message: string, files: Record<string, string>) =>
    publish(store, Object.entries(files), { channel: 'production', time: NOW - days * DAY, author, message });
  await deploy(20, 'Ada Lovelace', 'First light', {
    'main.mjs': 'main\n',
    'lib/a.mjs': 'const LIMIT = 8;\n',
  });
  await deploy(10, 'Grace Hopper', 'Raise the limit\n\nIt was low.', {
    'main.mjs': 'main\n',
    'lib/a.mjs': 'const LIMIT = 9;\n',
  });
  await deploy(5, 'Ada Lovelace', '', {
    'main.mjs': 'main\nLIMIT\n',
    'lib/a.mjs': 'const LIMIT = 9;\n',
  });
  await deploy(1, 'Linus', 'Move and double', {
    'main.mjs': 'main\nLIMIT\n',
    'lib/b.mjs': 'const LIMIT = 9;\nLIMIT;\n',
  });
  await store.close();
});
afterAll(() => rmSync(site, { recursive: true }));

const run = (...args: string[]) => modcast(site, ['log', ...args, '--db', 'r.db']);
const numbers = async (...args: string[]) => {
  const { out, code } = await run(...args, '--oneline');
  expect(code).toBe(0);
  return [...out.matchAll(/^(\d+) /gm)].map(([, number]) => Number(number));
};

describe('`log --oneline`', () => {
  it('has the number and the first line of the message, or else what changed', async () => {
    expect((await run('--oneline')).out).toBe(
      '4 Move and double\n3 (1 changed)\n2 Raise the limit\n1 First light\n',
    );
    expect((await run('--oneline', 'lib/b.mjs')).out).toBe(
      '4 Move and double\n2 Raise the limit\n1 First light\n',
    );
    expect((await modcast(site, ['log', '--oneline', '--db', 'r.db'], { columns: 10 })).out).toContain(
      '2 Raise t…\n',
    );
  });
});

describe('filters', () => {
  it.each([
    [
      ['--since', '6.days.ago'],
      [4, 3],
    ],
    [
      ['--until', '6 days ago'],
      [2, 1],
    ],
    [
      ['--since', new Date(NOW - 10 * DAY).toISOString(), '--until', new Date(NOW - 5 * DAY).toISOString()],
      [3, 2],
    ],
    [
      ['--author', 'Ada'],
      [3, 1],
    ],
    [['--author', 'ada'], []],
    [
      ['--author', '^(ada|linus)', '-i'],
      [4, 3, 1],
    ],
    [['--grep', 'limit'], [2]],
    [['--grep', '^It was'], [2]],
    [['--author', 'Ada', '-1'], [3]],
    [['--author', 'Ada', '--since', 'yesterday'], []],
    [
      ['-S', 'LIMIT'],
      [4, 3, 1],
    ],
    [['-S', 'LIMIT = 9'], [2]],
    [
      ['-SLIMIT', '-n', '2'],
      [4, 3],
    ],
    [
      ['-G', 'LIMIT = [89]'],
      [2, 1],
    ],
    [
      ['-G', '^limit', '-i'],
      [4, 3],
    ],
    [
      ['-S', 'LIMIT', 'lib/'],
      [4, 1],
    ],
    [['-S', 'LIMIT', 'main.mjs'], [3]],
    [
      ['-G', 'LIMIT', 'lib/b.mjs'],
      [4, 2, 1],
    ],
    [['--author', 'Ada', 'lib'], [1]],
    [['--author', 'Grace', 'lib/b.mjs'], [2]],
    [['--author', 'nobody', 'lib/b.mjs'], []],
    [['--author', 'nobody', 'lib'], []],
  ])('%j', async (args, expected) => {
    expect(await numbers(...args)).toEqual(expected);
    const { out } = await run(...args, '--json');
    const lines = out.split('\n').filter(Boolean);
    expect(lines.map((line) => JSON.parse(line).number ?? JSON.parse(line).deploy.number)).toEqual(expected);
  });

  it('-S lists only the files that it selects', async () => {
    const { out } = await run('-S', 'LIMIT', '-n', '1', '-p');
    expect(out).toContain('rename to lib/b.mjs\n');
    const first = (await run('-S', 'main', '--json')).out;
    expect(JSON.parse(first).changes.map(({ path: name }: { path: string }) => name)).toEqual(['main.mjs']);
  });

  it('a path that never was is still an error', async () => {
    expect(await run('--author', 'nobody', 'lib/c.mjs')).toMatchObject({ code: 1, out: '' });
    expect((await run('-S', 'x', 'lbi/')).err).toContain('did you mean lib/?');
  });

  it.each([
    [
      ['--since', 'soon'],
      "expected a time such as 2026-11-01, 2026-11-01T18:30, yesterday, 3 days ago, found 'soon'",
    ],
    [['--author', 'a('], "expected a regular expression (Unterminated group), found 'a('"],
    [['-S', ''], "expected some text, found ''"],
    [['-S', 'a', '-G', 'b'], "option '-G <regex>' cannot be used with option '-S <text>'"],
  ])('%j is wrong usage', async (args, message) => {
    const { code, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe('`log --stat`', () => {
  it('shows bars below each deploy, with -p before the patches', async () => {
    expect((await run('--stat', '-n', '1', '--from', '2')).out).toBe(`\
deploy 2 · production · 1 week ago · Grace Hopper
    Raise the limit

    It was low.
 lib/a.mjs | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)
`);
    expect((await run('--oneline', '--stat', 'main.mjs')).out).toBe(`\
3 (1 changed)
 main.mjs | 1 +
 1 file changed, 1 insertion(+)
1 First light
 main.mjs | 1 +
 1 file changed, 1 insertion(+)
`);
    expect((await run('-p', '--stat', 'main.mjs', '-1')).out).toMatch(/insertion\(\+\)\n\ndiff --git /);
  });

  it('adds the counts to the JSON', async () => {
    const [first] = (await run('--stat', '--json', '--from', '2')).out.split('\n');
    expect(JSON.parse(first!).changes).toMatchObject([{ path: 'lib/a.mjs', added: 1, deleted: 1 }]);
  });
});

describe('after gc', () => {
  it('nothing is known of a dropped deploy: only no filter or its content selects it', async () => {
    const store = await openSqliteStore(path.join(site, 'gc.db'));
    for (const text of ['1', '2', '3'])
      await publish(store, [
        ['a.mjs', text],
        ['b.mjs', 'b'],
      ]);
    await store.close();
    await modcast(site, ['gc', '--keep', '1', '--older-than', '0', '--db', 'gc.db']);
    const log = async (...args: string[]) => (await modcast(site, ['log', ...args, '--db', 'gc.db'])).out;
    expect(await log('b.mjs', '--oneline')).toBe('1 (dropped by gc)\n');
    expect(await log('b.mjs', '--oneline', '--since', '2000-01-01')).toBe('');
    expect(await log('--stat')).toContain('changes are not known');
  });
});
