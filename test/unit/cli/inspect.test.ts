import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pc from 'picocolors';
import { openSqliteStore, type Store } from '../../../registry/index.js';
import { blobOf, deployOf, manifestOf, publish } from '../../contract/store-fixture.js';
import { mediaType } from '../../../registry/content/media-type.js';
import { lineColumns } from '../../../cli/io.js';
import { modcast } from './program.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 23, 12);

const lines = (count: number, change: Record<number, string> = {}): string =>
  Array.from({ length: count }, (_, i) => `${change[i + 1] ?? `line ${i + 1}`}\n`).join('');

let site: string;

/** production: 1, 2, 3, 5; dev: 4. */
async function fill(store: Store): Promise<void> {
  const at = (days: number) => ({ channel: 'production', time: NOW - days * DAY });
  const index = "import './lib/disk.mjs';\n";
  await publish(
    store,
    [
      ['index.mjs', index],
      ['lib/disk.mjs', lines(20)],
    ],
    { ...at(10), author: 'ada', message: 'First light' },
  );
  await publish(
    store,
    [
      ['index.mjs', index],
      ['lib/disk.mjs', lines(20, { 5: 'five' })],
    ],
    { ...at(8), author: 'grace', message: 'Five, in a word' },
  );
  await publish(
    store,
    [
      ['index.mjs', index],
      ['lib/ring.mjs', lines(20, { 5: 'five' })],
    ],
    { ...at(5), author: 'ada', message: 'A disk is a ring' },
  );
  await publish(store, [['index.mjs', index]], { channel: 'dev', time: NOW - 4 * DAY, author: 'linus' });
  await publish(
    store,
    [
      ['index.mjs', index],
      ['lib/ring.mjs', lines(20, { 5: 'five', 20: 'the end' }).trimEnd()],
      ['data/icon.bin', 'a\0b'],
    ],
    { ...at(1), author: 'grace', message: 'The end\n\nwithout a line break' },
  );
}

beforeAll(async () => {
  site = mkdtempSync(path.join(tmpdir(), 'modcast-inspect-'));
  mkdirSync(path.join(site, '.modcast'));
  const store = await openSqliteStore(path.join(site, '.modcast', 'registry.db'));
  await fill(store);
  await store.close();
});

afterAll(() => rmSync(site, { recursive: true, force: true }));

const run = (...args: string[]) => modcast(site, args);

describe('modcast deploys', () => {
  it('lists what each deploy changed, newest first', async () => {
    const { out, code } = await run('deploys');
    expect(code).toBe(0);
    expect(out).toBe(`\
deploy  channel     when        who    changes  files   size  message
     5  production  1 day ago   grace  +1 ~1        3  176 B  The end
     4  dev         4 days ago  linus  +1           1   25 B
     3  production  5 days ago  ada    +1 -1        2  174 B  A disk is a ring
     2  production  1 week ago  grace  ~1           2  174 B  Five, in a word
     1  production  1 week ago  ada    +2           2  176 B  First light
`);
  });

  it('prints a line of JSON for each with --json', async () => {
    const { out } = await run('deploys', '--json', '--channel', 'production', '-n', '2');
    const list = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(list.map(({ number }) => number)).toEqual([5, 3]);
    expect(list[1]).toMatchObject({
      channel: 'production',
      time: '2026-11-18T12:00:00.000Z',
      author: 'ada',
      parent: 2,
      commit: null,
      added: 1,
      changed: 0,
      removed: 1,
    });
  });

  it('fits the terminal, cutting the message first', async () => {
    for (const columns of [40, 60, 80, 120]) {
      const { out } = await modcast(site, ['deploys'], { columns });
      const longest = Math.max(...out.split('\n').map((line) => line.length));
      expect(longest).toBeLessThanOrEqual(Math.max(columns, 56));
    }
  });
});

describe('output in a pipe', () => {
  it('is not cut', async () => {
    const message = 'm'.repeat(300);
    const name = `${'deep/'.repeat(30)}a.mjs`;
    const store = await openSqliteStore(path.join(site, 'wide.db'));
    await publish(store, [[name, '']], { author: 'a'.repeat(60), message });
    await publish(store, [[name, lines(5000)]], { author: 'a'.repeat(60), message });
    await store.close();
    const wide = async (...args: string[]) =>
      (await modcast(site, [...args, '--db', 'wide.db'], { columns: Infinity })).out;
    for (const args of [['deploys'], ['log', name]]) expect(await wide(...args)).toContain(message);
    expect(await wide('deploys')).toMatch(/ size /);
    const stat = await wide('diff', '1', '2', '--stat');
    expect(stat).toMatch(new RegExp(`^ ${name} \\| 5000 \\+{10}\n`));
    expect(await wide('blame', name)).toContain('a'.repeat(60));
    expect(Math.max(...(await wide('--help')).split('\n').map((line) => line.length))).toBeLessThan(100);
  });

  it.each([
    [{}, {}, Infinity],
    [{}, { COLUMNS: '60' }, 60],
    [{}, { COLUMNS: 'wide' }, Infinity],
    [{ isTTY: true, columns: 132 }, { COLUMNS: '60' }, 132],
    [{ isTTY: true, columns: 0 }, {}, 80],
  ])('%j with %j has %d columns', (stream, env, columns) => {
    expect(lineColumns(stream, env)).toBe(columns);
  });
});

describe('modcast log', () => {
  it('shows every version of a module, before and after a move', async () => {
    const { out } = await run('log', 'lib/ring.mjs', '--json');
    const entries = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as never);
    expect(entries).toMatchObject([
      {
        number: 5,
        last: null,
        change: { status: 'modified', path: 'lib/ring.mjs' },
        lines: { added: 1, deleted: 1 },
        growth: -1,
      },
      {
        number: 3,
        last: 3,
        change: { status: 'renamed', oldPath: 'lib/disk.mjs' },
        lines: { added: 0, deleted: 0 },
        growth: 0,
      },
      {
        number: 2,
        last: 2,
        change: { status: 'modified', path: 'lib/disk.mjs' },
        lines: { added: 1, deleted: 1 },
      },
      {
        number: 1,
        last: 1,
        change: { status: 'added', path: 'lib/disk.mjs' },
        lines: { added: 20, deleted: 0 },
      },
    ]);
  });

  it('adds patches to the JSON with -p', async () => {
    const parse = (out: string) =>
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as any);
    const versions = parse((await run('log', 'lib/ring.mjs', '-p', '--json')).out);
    expect(versions[2].patch).toBe((await run('diff', '1', '2')).out);
    expect(versions[1].patch).toContain('rename from lib/disk.mjs\n');
    const [newest] = parse((await run('log', '-p', '--json')).out);
    expect(newest.changes.map(({ patch }: { patch: string }) => patch).join('')).toBe(
      (await run('diff', '3', '5')).out,
    );
    expect(parse((await run('log', 'lib/ring.mjs', '--json')).out)[0]).not.toHaveProperty('patch');
  });

  it('stops at the move with --no-follow', async () => {
    const { out } = await run('log', 'lib/ring.mjs', '--no-follow', '--json');
    expect(out.trimEnd().split('\n')).toHaveLength(2);
  });

  it('shows the deletion of a module', async () => {
    const { out } = await run('log', 'lib/disk.mjs');
    expect(out.split('\n')[1]).toMatch(/^ +3 +D /);
  });

  it('shows what each deploy of a channel changed', async () => {
    const { out } = await run('log', '--channel', 'production', '-n', '2');
    expect(out).toBe(
      `\
deploy 5 · production · 1 day ago · grace
    The end

    without a line break
  A  data/icon.bin
  M  lib/ring.mjs

deploy 3 · production · 5 days ago · ada
    A disk is a ring
  R  lib/{disk.mjs → ring.mjs}
`,
    );
  });
});

describe('modcast show and cat', () => {
  it('prints the source of a module in a deploy, byte for byte', async () => {
    expect((await run('show', '1:lib/disk.mjs')).out).toBe(lines(20));
    expect((await run('show', 'production~1:lib/ring.mjs')).out).toBe(lines(20, { 5: 'five' }));
    expect((await run('cat', blobOf(lines(20)).hash.slice(0, 8))).out).toBe(lines(20));
  });

  it('shows a deploy, and lists a directory', async () => {
    expect((await run('show', '3')).out).toContain('R  lib/{disk.mjs → ring.mjs}\n');
    expect((await run('show', 'latest:lib/')).out).toMatch(/lib\/ring\.mjs\n$/);
    expect((await run('show', 'latest:', '--json')).out).toContain('"path": "data/icon.bin"');
  });
});

describe('modcast diff', () => {
  it('shows names and letters as git does', async () => {
    expect((await run('diff', '1', '3', '--name-status')).out).toBe('R095\tlib/disk.mjs\tlib/ring.mjs\n');
    expect((await run('diff', '1', '3', '--name-status', '--no-renames')).out).toBe(
      'D\tlib/disk.mjs\nA\tlib/ring.mjs\n',
    );
    expect((await run('diff', '2', '5', 'data', '--name-status')).out).toBe('A\tdata/icon.bin\n');
  });

  it('shows bars, their sum and how much a client downloads', async () => {
    const { out } = await run('diff', '2', '5', '--stat');
    expect(out).toMatch(
      / data\/icon\.bin +\| Bin 0 B → 3 B\n lib\/\{disk\.mjs → ring\.mjs\} +\| +2 \+-\n 2 files changed, 1 insertion\(\+\), 1 deletion\(-\)\n a client that has deploy 2 downloads 2 blobs of \d+ B in a pack of \d+ B\n$/,
    );
  });

  it('counts a delta by its size, and scripts that no entry imports as not sent', async () => {
    const store = await openSqliteStore(path.join(site, 'cost.db'));
    const deploy = async (modules: [string, string][]) => {
      await store.putBlobs(modules.map(([, text]) => blobOf(text)));
      const expected = (await store.head('dev'))?.number ?? null;
      await store.commit(deployOf({ ...manifestOf(modules), entries: ['main.mjs'] }, { expected }));
    };
    await deploy([['main.mjs', lines(400)]]);
    await deploy([['main.mjs', lines(400, { 9: 'nine' })]]);
    await deploy([
      ['main.mjs', lines(400, { 9: 'nine' })],
      ['alone.mjs', 'a'],
    ]);
    await deploy([
      ['main.mjs', lines(400)],
      ['alone.mjs', 'a'],
      ['about.html', 'b'],
    ]);
    await store.close();
    const last = async (a: string, b: string) =>
      (await run('diff', a, b, '--stat', '--db', 'cost.db')).out.trimEnd().split('\n').at(-1);
    const [, packed] = / downloads 1 blob of 3\.49 kB in a pack of (\d+) B$/.exec((await last('1', '2'))!)!;
    expect(Number(packed)).toBeLessThan(200);
    expect(await last('2', '3')).toBe(
      ' a client that has deploy 2 downloads nothing; 1 changed script that no entry imports is not sent',
    );
    expect(await last('2', '4')).toMatch(
      / a pack of \d+ B; 2 changed scripts that no entry imports are not sent$/,
    );
  });

  it('counts no style sheet or JSON among the scripts that are not sent', async () => {
    const store = await openSqliteStore(path.join(site, 'sheets.db'));
    for (const version of ['a', 'b']) {
      const texts = ['main.mjs', 'linked.css', 'data.json', 'classic.js'].map(
        (name) => [name, name === 'main.mjs' ? '' : `${name} ${version}`] as [string, string],
      );
      await store.putBlobs(texts.map(([, text]) => blobOf(text)));
      const { modules } = manifestOf(texts);
      const typed = [...modules].map(([name, one]) => [name, { ...one, type: mediaType(name) }] as const);
      const expected = (await store.head('dev'))?.number ?? null;
      const manifest = { ...manifestOf(texts), modules: new Map(typed), entries: ['main.mjs'] };
      await store.commit(deployOf(manifest, { expected }));
    }
    await store.close();
    expect((await run('diff', '1', '2', '--stat', '--db', 'sheets.db')).out).toContain(
      ' downloads nothing; 1 changed script that no entry imports is not sent\n',
    );
  });

  it('makes a patch of a last line without a line break', async () => {
    expect((await run('diff', '3', '5', 'lib')).out).toMatch(
      /@@ -17,4 \+17,4 @@ line 16\n line 17\n line 18\n line 19\n-line 20\n\+the end\n\\ No newline at end of file\n$/,
    );
  });

  it('colours a patch as git does', async () => {
    const { out } = await modcast(site, ['diff', '1', '2'], { colours: pc.createColors(true) });
    expect(out).toContain('\u001b[32m+five\u001b[39m\n');
    expect(out).toContain('\u001b[31m-line 5\u001b[39m\n');
    expect(out).toContain('\u001b[36m@@ -2,7 +2,7 @@\u001b[39m');
  });

  it('exits with 1 for differences and 2 for an error with --exit-code', async () => {
    expect((await run('diff', '1', '1', '--exit-code')).code).toBe(0);
    expect((await run('diff', '1', '2', '--exit-code')).code).toBe(1);
    expect((await run('diff', '1', '99', '--exit-code')).code).toBe(2);
    expect((await run('diff', '1', '2')).code).toBe(0);
  });

  it('compares with a directory, and the patch turns the directory into the deploy', async () => {
    const directory = path.join(site, 'public');
    mkdirSync(path.join(directory, 'lib'), { recursive: true });
    writeFileSync(path.join(directory, 'index.mjs'), "import './lib/disk.mjs';\n");
    writeFileSync(path.join(directory, 'lib', 'disk.mjs'), lines(20, { 7: 'seven' }));
    expect((await run('diff', '1', 'public', '--name-status')).out).toBe('M\tlib/disk.mjs\n');
    const { out } = await run('diff', './public', '2');
    execFileSync('patch', ['-p1', '-s'], { cwd: directory, input: out });
    expect(readFileSync(path.join(directory, 'lib', 'disk.mjs'), 'utf8')).toBe(lines(20, { 5: 'five' }));
  });
});

describe('modcast blame', () => {
  it('shows which deploy last changed each line, across a move', async () => {
    const { out } = await run('blame', 'lib/ring.mjs', '--json');
    const { lines: blamed } = JSON.parse(out) as { lines: { line: number; deploy: number; text: string }[] };
    expect(
      blamed.filter(({ deploy }) => deploy !== 1).map(({ line, deploy, text }) => [line, deploy, text]),
    ).toEqual([
      [5, 2, 'five\n'],
      [20, 5, 'the end'],
    ]);
    expect((await run('blame', 'lib/ring.mjs')).out).toMatch(
      /^1 +lib\/disk\.mjs +ada +1 week ago +1 │ line 1\n/,
    );
  });
});

describe('modcast bisect', () => {
  const bisect = (command: string, ...args: string[]) =>
    run('bisect', '1', 'production', '--run', command, ...args);

  it('finds the first deploy for which the command fails', async () => {
    const { out, code } = await bisect('test -e lib/disk.mjs && test "$MODCAST_DEPLOY" -gt 0');
    expect(code).toBe(0);
    expect(out).toBe(`\
deploy 1 is good · 3 deploys left
deploy 5 is bad · 3 deploys left
deploy 2 is good · 2 deploys left
deploy 3 is bad · 1 deploy left

The first bad deploy is 3:
deploy 3 · production · 5 days ago · ada
    A disk is a ring

R  lib/{disk.mjs → ring.mjs}
`);
    expect(JSON.parse((await bisect('test -e lib/disk.mjs', '--json')).out)).toMatchObject({
      state: 'found',
      deploy: { number: 3 },
      changes: [{ status: 'renamed', oldPath: 'lib/disk.mjs' }],
    });
  });

  it.each([
    ['false', 'deploy 1 was given as good, but the command fails there. Check both ends'],
    ['true', 'deploy 5 was given as bad, but the command succeeds there. Check both ends'],
  ])('fails with "%s": one end is not as given', async (command, message) => {
    const { out, err, code } = await bisect(command);
    expect({ err, code }).toEqual({ err: `modcast: ${message}\n`, code: 1 });
    expect(out).not.toContain('first bad');
    const json = await bisect(command, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ state: 'mistaken', changes: null, among: [] });
  });

  it('names the deploys that remain if all were skipped', async () => {
    const { out, code } = await bisect('exit 125', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ state: 'skipped', deploy: null, among: [2, 3, 5] });
  });

  it('fails if the command cannot be run', async () => {
    const { err, code } = await bisect('no-such-command-anywhere');
    expect(code).toBe(1);
    expect(err).toContain(
      'the command ended with exit code 127. Use 0 for good, 1 to 124 for bad, 125 for skip (command-failed)',
    );
  });

  it('refuses a good deploy that is not before the bad one on its channel', async () => {
    expect((await run('bisect', '5', '1', '--run', 'true')).err).toContain('5 is not before 1');
    expect((await run('bisect', '1', '4', '--run', 'true')).err).toContain('1 is on production, 4 on dev');
  });
});

describe('modcast map', () => {
  it('maps natural URLs to linked modules, or to the files of the deploy', async () => {
    const { hash } = blobOf(lines(20));
    const http = JSON.parse((await run('map', '1')).out) as { imports: Record<string, string> };
    expect(http.imports['/lib/disk.mjs']).toBe(`/-/modules/${hash}/lib/disk.mjs`);
    const files = JSON.parse(
      (await run('map', '1', '--targets', 'path', '--base', 'https://cdn.example.org/1')).out,
    ) as typeof http;
    expect(files.imports['https://cdn.example.org/lib/disk.mjs']).toBe(
      'https://cdn.example.org/1/lib/disk.mjs',
    );
  });
});

describe('errors', () => {
  it.each([
    [['show', '99'], 'unknown ref "99": no deploy 99, the newest is 5 (ref-unknown)'],
    [
      ['show', 'prodution'],
      'unknown ref "prodution": no channel of that name, did you mean production? (ref-unknown)',
    ],
    [
      ['show', '1:nope'],
      'deploy 1 on production has no "nope"; list its files with `modcast show 1:` (path-unknown)',
    ],
    [
      ['log', 'nope'],
      'channel production never had a file "nope"; list its files with `modcast show production:` (path-unknown)',
    ],
    [['log', '--channel', 'nope'], 'no channel "nope"; channels: dev, production (channel-unknown)'],
    [['diff', '1', './nope'], /no such directory: .*nope \(directory-invalid\)/],
    [['diff', '1', '2', 'lib', 'nope/'], 'no file of deploy 1 or deploy 2 matches "nope/" (path-unknown)'],
    [['diff', '1', 'production~3', 'lib/n.mjs'], 'no file of deploy 1 matches "lib/n.mjs" (path-unknown)'],
    [
      ['blame', 'nope'],
      'deploy 5 on production has no "nope"; list its files with `modcast show 5:` (path-unknown)',
    ],
    [['cat', 'xyz'], 'unknown ref "xyz": expected at least four digits of a hash (ref-unknown)'],
    [['deploys', '--db', 'nope.db'], /no such database: .*nope\.db \(from --db\) \(database-missing\)/],
  ])('%j fails with one line', async (args, message) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    if (typeof message === 'string') expect(err).toBe(`modcast: ${message}\n`);
    else expect(err).toMatch(message);
    expect(err.trimEnd()).not.toContain('\n');
  });

  it('points to modcast cat for the hash of a module', async () => {
    const { hash } = blobOf(lines(20));
    const short = hash.slice(0, 8);
    for (const [digits, shown] of [
      [hash.slice(0, 5), short],
      [hash, hash],
    ] as const) {
      expect(await run('show', digits)).toEqual({
        code: 1,
        out: '',
        err: `modcast: ${shown} is the hash of a file; show it with \`modcast cat ${shown}\` (ref-unknown)\n`,
      });
    }
  });

  it('suggests the right option for a typo', async () => {
    const { code, err } = await run('deploys', '--chanel', 'dev');
    expect(code).toBe(2);
    expect(err).toContain('Did you mean --channel?');
  });

  it('says where it looked for a database, and creates none', async () => {
    const empty = mkdtempSync(path.join(tmpdir(), 'modcast-empty-'));
    const { code, err } = await modcast(empty, ['deploys']);
    expect(code).toBe(1);
    expect(err).toContain(
      `in ${empty} or in a directory above it. Create one with \`modcast serve\` or \`modcast publish\`, or name one with --db`,
    );
    expect(existsSync(path.join(empty, '.modcast'))).toBe(false);
    rmSync(empty, { recursive: true });
  });

  it('takes the only database of the folders here, and asks which one where there are several', async () => {
    const project = mkdtempSync(path.join(tmpdir(), 'modcast-project-'));
    // `modcast publish` of a folder makes a database in that folder.
    const publish = (name: string) => {
      mkdirSync(path.join(project, name));
      writeFileSync(path.join(project, name, 'a.mjs'), `'${name}';`);
      return modcast(project, ['publish', name]);
    };
    expect(await publish('my site')).toMatchObject({ code: 0 });
    expect(await modcast(project, ['ls'])).toMatchObject({ code: 0, out: expect.stringContaining('a.mjs') });
    // So does a command that may create one.
    expect(await modcast(project, ['gc'])).toMatchObject({ code: 0 });
    expect(await publish('other')).toMatchObject({ code: 0 });
    expect((await modcast(project, ['ls'])).err).toContain(
      `Choose one below it: --db 'my site/.modcast/registry.db', --db other/.modcast/registry.db (database-missing)`,
    );
    expect(existsSync(path.join(project, '.modcast'))).toBe(false);
    rmSync(project, { recursive: true });
  });
});

describe('a database without deploys', () => {
  it('says how to make the first deploy', async () => {
    const empty = mkdtempSync(path.join(tmpdir(), 'modcast-empty-'));
    const file = path.join(empty, 'new.db');
    await (await openSqliteStore(file)).close();
    for (const args of [
      ['deploys'],
      ['log'],
      ['log', 'x.mjs'],
      ['blame', 'x.mjs'],
      ['fuse'],
      ['map'],
      ['audit'],
    ]) {
      const { code, out } = await modcast(empty, [...args, '--db', file]);
      expect([code, out]).toEqual([
        0,
        'No deploys yet. Make the first one with `modcast serve` or `modcast publish`.\n',
      ]);
    }
    expect((await modcast(empty, ['deploys', '--json', '--db', file])).out).toBe('');
    const audit = await modcast(empty, ['audit', '--json', '--db', file]);
    expect([audit.code, JSON.parse(audit.out)]).toEqual([
      0,
      { deploy: null, registry: null, packages: 0, findings: [] },
    ]);
    const { code, out, err } = await modcast(empty, ['sbom', '--db', file]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('there are no deploys yet');
    rmSync(empty, { recursive: true });
  });
});
