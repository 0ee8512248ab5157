import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../registry/index.js';
import { publish } from '../../contract/store-fixture.js';
import { modcast } from './program.js';

let site: string;

beforeAll(async () => {
  site = mkdtempSync(path.join(tmpdir(), 'modcast-near-'));
  const store = await openSqliteStore(path.join(site, 'r.db'));
  for (const text of ['1\n', '2\n']) {
    const files: [string, string][] = [
      ['main.mjs', ''],
      ['lib/disk.mjs', text],
    ];
    await publish(store, files, { channel: 'production' });
  }
  await store.putTag({ name: 'v1.0', deploy: 1, time: 0, author: 'ada', message: '' });
  await store.close();
});
afterAll(() => rmSync(site, { recursive: true }));

const run = (...args: string[]) => modcast(site, [...args, '--db', 'r.db']);

describe('a mistyped path is answered with the one that was meant', () => {
  const FILE = 'did you mean lib/disk.mjs?';
  const FOLDER = 'did you mean lib/?';
  const BEFORE = [
    ['ls'],
    ['ls', '1'],
    ['grep', 'x'],
    ['grep', 'x', 'v1.0'],
    ['log'],
    ['blame'],
    ['diff'],
    ['diff', '1'],
    ['diff', '1', '2'],
  ];

  it.each(BEFORE)('%s %s %s', async (...words) => {
    const before = words.filter((word) => word !== undefined);
    for (const typo of ['lib/dsk.mjs', 'Lib/disk.mjs', 'disk.mjs', 'disk']) {
      expect(await run(...before, typo)).toMatchObject({
        // grep has 1 for no match.
        code: before[0] === 'grep' ? 2 : 1,
        err: expect.stringContaining(FILE) as unknown,
      });
    }
    for (const typo of ['libb', 'Lib', 'libb/']) {
      // `diff libb/` is a directory, as its form says.
      if (before[0] === 'diff' && before.length < 3 && typo.endsWith('/')) continue;
      expect((await run(...before, typo)).err).toContain(FOLDER);
    }
  });

  it('in the deploy of a ref', async () => {
    expect((await run('show', 'v1.0:lib/dsk.mjs')).err).toContain(FILE);
    expect((await run('ls', 'v1.0:libb')).err).toContain(FOLDER);
    expect((await run('show', 'lib/dsk.mjs')).err).toContain('modcast show latest:lib/disk.mjs');
  });

  it('and a mistyped ref with the ref', async () => {
    for (const command of [['ls'], ['grep', 'x'], ['diff'], ['show']]) {
      expect((await run(...command, 'v1.1')).err).toContain('did you mean v1.0?');
      expect((await run(...command, 'prodution')).err).toContain('did you mean production?');
    }
    expect((await run('deploys', '--channel', 'prodution')).err).toContain('did you mean production?');
  });

  it('and a directory where a file is needed', async () => {
    expect((await run('blame', 'lib')).err).toContain(
      '"lib" is a directory of deploy 2 on production; list its files with `modcast ls 2 lib/`',
    );
  });
});

describe('modcast diff a..b', () => {
  it('compares both, as in git', async () => {
    const expected = (await run('diff', '1', '2')).out;
    expect(expected).toContain('-1\n+2\n');
    for (const range of ['1..2', 'v1.0..production', 'v1.0..', '@{1970-01-01T00:00:01Z}~1..2'])
      expect((await run('diff', range)).out).toBe(expected);
    expect((await run('diff', '..v1.0')).out).toContain('-2\n+1\n');
    expect((await run('diff', '1..2', 'main.mjs')).out).toBe('');
  });
});
