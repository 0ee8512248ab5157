import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../registry/index.js';
import { modcast } from './program.js';

let site: string;

const write = (files: Record<string, string>) => {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(site, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
};
const run = (...args: string[]) => modcast(site, args);
const publish = async (...args: string[]) => {
  expect(await run('publish', '.', '--author', 'ada', ...args)).toMatchObject({ code: 0, err: '' });
};

beforeEach(async () => {
  site = mkdtempSync(path.join(tmpdir(), 'modcast-status-'));
  write({ 'main.mjs': "import './lib/a.mjs';\n", 'lib/a.mjs': 'one;\ntwo;\nthree;\n', 'note.txt': 'n\n' });
  await publish('--channel', 'production');
});
afterEach(() => rmSync(site, { recursive: true }));

function change() {
  rmSync(path.join(site, 'lib/a.mjs'));
  write({
    'main.mjs': "import './lib/b.mjs';\n",
    'lib/b.mjs': 'one;\ntwo;\n3;\n',
    'logo.png': '\0',
  });
}

describe('modcast status', () => {
  it('lists what a publish would change', async () => {
    expect((await run('status')).out).toMatch(
      /^Channel production, deploy 1 \(.*\)\nDirectory \.\n\nNo file changed\.\n$/,
    );
    expect((await run('status', '-s')).out).toBe('');
    change();
    const { out, code } = await run('status');
    expect(code).toBe(0);
    expect(out.slice(out.indexOf('\n\n'))).toBe(`

R  lib/{a.mjs → b.mjs}
A  logo.png
M  main.mjs

2 changed, 1 added
\`modcast diff production .\` shows their lines
`);
    expect((await run('status', '-s')).out).toBe('R  lib/{a.mjs → b.mjs}\nA  logo.png\nM  main.mjs\n');
    await publish('--channel', 'production');
    expect((await run('status', '-s')).out).toBe('');
  });

  it('as JSON', async () => {
    change();
    expect(JSON.parse((await run('status', '--json')).out)).toMatchObject({
      deploy: { number: 1, channel: 'production' },
      directory: site,
      changes: [
        { status: 'renamed', path: 'lib/b.mjs', oldPath: 'lib/a.mjs' },
        { status: 'added', path: 'logo.png' },
        { status: 'modified', path: 'main.mjs' },
      ],
      packages: [],
    });
  });

  it('compares the directory of the database from below it, and another one by its name', async () => {
    change();
    const below = await modcast(path.join(site, 'lib'), ['status']);
    expect(below.out).toContain('\nDirectory ..\n\nR  lib/{a.mjs → b.mjs}\n');
    expect(below.out).toContain('`modcast diff production ./..` shows');
    const wrong = await run('status', 'lib');
    expect(wrong.out).toContain('No file of the deploy is at its path there.');
    expect(await run('status', 'nope')).toMatchObject({ code: 1, out: '' });
  });

  it('compares another channel, and leaves out what publish leaves out', async () => {
    change();
    await publish('--channel', 'staging', '--exclude', '*.png');
    expect((await run('status', '-s', '--channel', 'staging')).out).toBe('A  logo.png\n');
    expect((await run('status', '-s', '--channel', 'staging', '--exclude', '*.png')).out).toBe('');
    expect((await run('status', '--channel', 'stagin')).err).toContain('no channel "stagin"');
  });

  it('does not list a database in the directory', async () => {
    await publish('--channel', 'production', '--db', 'r.db');
    expect((await run('status', '-s', '--db', 'r.db', '.', '--channel', 'production')).out).not.toContain(
      'r.db',
    );
    expect((await run('diff', '--name-status', '--db', 'r.db')).out).not.toContain('r.db');
  });

  it('says how to make the first deploy', async () => {
    await (await openSqliteStore(path.join(site, 'empty.db'))).close();
    for (const command of ['status', 'diff']) {
      expect((await run(command, '--db', 'empty.db')).out).toMatch(/^No deploys yet\. /);
      expect(JSON.parse((await run(command, '--db', 'empty.db', '--json')).out)).toMatchObject({
        changes: [],
      });
    }
  });

  it('compares two directories without a deploy, and refuses what is none', async () => {
    await (await openSqliteStore(path.join(site, 'empty.db'))).close();
    for (const [name, text] of [
      ['a', 'let x = 1;\n'],
      ['b', 'let x = 2;\n'],
    ] as const) {
      mkdirSync(path.join(site, name), { recursive: true });
      writeFileSync(path.join(site, name, 'm.mjs'), text);
    }
    const diff = (...args: string[]) => run('diff', ...args, '--exit-code', '--db', 'empty.db');
    expect(await diff('./a', './b', '--name-status')).toMatchObject({ code: 1, out: 'M\tm.mjs\n' });
    expect((await diff('a', 'b', 'm.mjs')).out).toContain('-let x = 1;\n+let x = 2;\n');
    expect((await diff('./a', './a')).code).toBe(0);
    expect((await diff('a', 'b', 'n.mjs')).err).toContain('no file of');
    for (const args of [
      ['1'],
      ['latest'],
      ['production', './a'],
      ['./a', '1'],
      ['m.mjs'],
      ['./a', 'm.mjs'],
    ]) {
      const { code, err, out } = await diff(...args);
      expect([code, out], args.join(' ')).toEqual([2, '']);
      expect(err).toMatch(/unknown ref "[^"]*": there are no deploys yet/);
    }
    // One side would be the newest deploy.
    for (const args of [[], ['./a']])
      expect(await diff(...args)).toMatchObject({
        code: 2,
        out: expect.stringMatching(/^No deploys yet\. /),
      });
  });
});

describe('modcast diff with fewer arguments', () => {
  beforeEach(change);

  it.each([
    [[], ['production', '.']],
    [['production'], ['production', '.']],
    [['1'], ['1', '.']],
    [['.'], ['production', '.']],
    [
      ['--channel', 'production'],
      ['production', '.'],
    ],
    [['main.mjs'], ['production', '.', 'main.mjs']],
    [
      ['lib/a.mjs', 'main.mjs'],
      ['production', '.', 'lib/a.mjs', 'main.mjs'],
    ],
    [
      ['HEAD', 'main.mjs'],
      ['production', '.', 'main.mjs'],
    ],
    [
      ['--', 'main.mjs'],
      ['production', '.', 'main.mjs'],
    ],
  ])('%j is %j', async (args, whole) => {
    const { code, out } = await run('diff', ...whole);
    expect(out).toContain('diff --git');
    expect(await run('diff', ...args)).toEqual({ code, out, err: '' });
  });

  it('suggests the path or the ref that was meant', async () => {
    expect((await run('diff', 'lib/aa.mjs')).err).toBe(
      'modcast: deploy 1 on production has no "lib/aa.mjs"; did you mean lib/a.mjs? (path-unknown)\n',
    );
    expect((await run('diff', 'prodution')).err).toContain('did you mean production?');
  });

  it('exits with 1 for differences with --exit-code', async () => {
    expect((await run('diff', '--exit-code')).code).toBe(1);
    await publish('--channel', 'production');
    expect(await run('diff', '--exit-code')).toEqual({ code: 0, out: '', err: '' });
  });
});
