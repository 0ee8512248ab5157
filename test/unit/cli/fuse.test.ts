import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type Store } from '../../../registry/index.js';
import { site, temporary } from '../registry/site.js';
import { modcast } from './program.js';

const FILES = {
  'index.html': '<script type="module" src="main.mjs"></script>',
  'main.mjs': "import './waits.mjs';\nimport './data.json' with { type: 'json' };\nimport './a.mjs';\n",
  'a.mjs': "import './b.mjs';\n",
  'b.mjs': 'export const b = 1;\n',
  'waits.mjs': 'await null;\n',
  'also.mjs': 'await null;\n',
  'data.json': '{}',
  'unused.mjs': 'export {};\n',
};

let directory: string;
let db: string;
let store: Store;
beforeEach(async () => {
  directory = await site(FILES);
  db = path.join(await temporary(), 'registry.db');
  store = await openSqliteStore(db);
});
afterEach(() => store.close());

const run = (...args: string[]) => modcast(directory, [...args, '--db', db]);
const kinds = async () => (await store.derivedPage(0, 100)).items.map(({ kind }) => kind);

describe('modcast fuse', () => {
  it('lists the runs of a deploy, and how many modules stay single', async () => {
    await run('publish', '.');
    const { code, out, err } = await run('fuse');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^deploy 1 on production: 2 modules in 1 run, 3 single, 2 that no page loads\n/);
    expect(out).toMatch(/\n {6}2 {2}\d+ B {2}b\.mjs, a\.mjs\n/);
    expect(out).toContain('Why modules stay single: modcast fuse 1 --explain\n');
  });

  it('explains why modules stay single, by reason', async () => {
    await run('publish', '.');
    const { out } = await run('fuse', 'production', '--explain');
    expect(out).toContain('\nModules that stay single:\n');
    expect(out).toContain('  has a top-level await\n    waits.mjs\n');
    expect(out).toContain('  is application/json, not JavaScript\n    data.json\n');
  });

  it('prints JSON', async () => {
    await run('publish', '.');
    const found = JSON.parse((await run('fuse', '--json')).out) as Record<string, unknown>;
    expect(found).toMatchObject({
      deploy: 1,
      channel: 'production',
      runs: [{ name: 'a.mjs', members: ['b.mjs', 'a.mjs'] }],
    });
    expect(found['singles']).toContainEqual({ path: 'waits.mjs', reason: 'has a top-level await' });
  });

  it('says what the bundler refuses in plain words', async () => {
    const assigns = "import { b } from './b.mjs';\nexport const set = () => (b = 2);\n";
    directory = await site({ ...FILES, 'a.mjs': assigns });
    await run('publish', '.');
    expect((await run('fuse', '--explain')).out).toContain(
      '  assigns to an import, which throws\n    a.mjs\n',
    );
  });

  it('joins what is not joined yet', async () => {
    await run('publish', '.', '--no-fuse');
    expect(await kinds()).toEqual([]);
    await run('fuse');
    expect(await kinds()).toEqual(expect.arrayContaining(['run', 'fusion']));
  });
});

describe('modcast publish', () => {
  it('joins the modules before the deploy is made', async () => {
    expect(await run('publish', '.')).toMatchObject({ code: 0, err: '' });
    expect(await kinds()).toEqual(expect.arrayContaining(['run', 'fusion', 'record']));
    expect(await run('verify')).toMatchObject({ code: 0 });
  });

  it('leaves modules single on the channel dev, where each save is a deploy', async () => {
    expect(await run('publish', '.', '--channel', 'dev')).toMatchObject({ code: 0 });
    expect(await kinds()).toEqual([]);
    expect(await run('publish', '.', '--channel', 'dev', '--fuse')).toMatchObject({ code: 0 });
  });

  it('shows the runs that are joined', async () => {
    const { err } = await modcast(directory, ['publish', '.', '--db', db], {
      tty: true,
      columns: 120,
    });
    expect(err).toMatch(/joining modules .+ 1 of 1 run/);
  });

  it.each(['--fuse', '--no-fuse'])('refuses %s for a server, which decides itself', async (option) => {
    const { code, err } = await modcast(directory, ['publish', '.', option, '--to', 'localhost:1']);
    expect([code, err]).toEqual([2, expect.stringContaining('(option-invalid)')]);
  });
});
