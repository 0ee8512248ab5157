import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../registry/index.js';
import { blobOf, publish } from '../../contract/store-fixture.js';
import { GitRepository } from '../registry/git/git-repository.js';
import { temporaryDirectory } from '../registry/store/temporary.js';
import { modcast } from './program.js';

const at = temporaryDirectory();
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 23, 12);

/** Deploys of 100, 10 and 1 days ago, and one of 200 days ago that is a head. */
async function fill(name = 'r.db', text = 'b'): Promise<void> {
  const store = await openSqliteStore(at(name));
  for (const [i, days] of [100, 10, 1].entries()) {
    const modules: [string, string][] = [
      ['a.mjs', `a${i}`],
      ['lib/b.mjs', text],
    ];
    await publish(store, modules, { time: NOW - days * DAY });
  }
  await publish(store, [['a.mjs', 'old']], { channel: 'production', time: NOW - 200 * DAY });
  await store.close();
}

const run = (...args: string[]) => modcast(at(), [...args, '--db', 'r.db']);

describe('modcast gc', () => {
  beforeEach(() => fill());

  it('lists what a dry run would drop, and drops nothing', async () => {
    const result = await run('gc', '--keep', '1', '--older-than', '30d', '--dry-run');
    expect(result).toEqual({ code: 0, out: 'Would drop 1 deploy and 1 blob of 2 B.\n', err: '' });
    expect((await run('gc', '--keep', '1', '--older-than', '30d', '-n')).out).toBe(result.out);
  });

  it('drops deploys that are old and not among the newest', async () => {
    expect((await run('gc')).out).toBe('Nothing to drop.\n');
    expect((await run('gc', '--keep', '1', '--older-than', '30d')).out).toBe(
      'Dropped 1 deploy and 1 blob of 2 B.\n',
    );
    expect((await run('gc', '--keep', '2', '--older-than', '0')).out).toBe('Nothing to drop.\n');
    expect((await run('gc', '--keep', '1', '--older-than', '0')).out).toMatch(/^Dropped 1 deploy and 1 blob/);
    expect((await run('verify')).code).toBe(0);
  });

  it('shrinks the database file', async () => {
    const store = await openSqliteStore(at('r.db'));
    await store.putBlobs(Array.from({ length: 200 }, (_, i) => blobOf(`${i}${'x'.repeat(20_000)}`)));
    await store.close();
    const before = statSync(at('r.db')).size;
    const { out } = await run('gc', '--json');
    expect(JSON.parse(out)).toMatchObject({
      dryRun: false,
      deploys: 0,
      blobs: 200,
      fileBytes: { before: expect.any(Number) },
    });
    expect(statSync(at('r.db')).size).toBe(JSON.parse(out).fileBytes.after);
    expect(before - statSync(at('r.db')).size).toBeGreaterThan(3_900_000);
  });

  it.each([
    ['--keep', 'many'],
    ['--older-than', '90'],
    ['--older-than', 'soon'],
  ])('refuses %s %s', async (...args) => {
    const { code, err } = await run('gc', ...args);
    expect(code).toBe(2);
    expect(err).toContain(args[0]);
  });
});

describe('modcast verify', () => {
  beforeEach(() => fill());

  const damage = (name = 'r.db') => {
    const db = new Database(at(name));
    db.exec(`UPDATE content SET bytes = x'00' WHERE blob_id = 2`);
    db.close();
  };

  it('reports no damage in an intact store', async () => {
    expect(await run('verify')).toEqual({
      code: 0,
      out: 'No damage: checked 5 blobs of 10 B, every manifest and index.\n',
      err: '',
    });
  });

  it('lists what is damaged, and fails', async () => {
    damage();
    const { code, out } = await run('verify');
    expect(code).toBe(1);
    expect(out).toBe(
      `damaged ${blobOf('b').hash}\n  lib/b.mjs on dev since deploy 1\nDamaged: 1 damaged blob in 5 blobs of 10 B. Repair with \`modcast verify --repair-from <place>\`.\n`,
    );
    const json = await run('verify', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({
      sound: false,
      damaged: [
        {
          hash: blobOf('b').hash,
          repaired: false,
          carriers: [{ channel: 'dev', path: 'lib/b.mjs', from: 1, to: null }],
        },
      ],
    });
  });

  it('repairs blobs from another database', async () => {
    await fill('backup.db');
    damage();
    const { code, out } = await run('verify', '--repair-from', 'backup.db');
    expect(code).toBe(0);
    expect(out).toContain(`repaired ${blobOf('b').hash}`);
    expect((await run('verify')).out).toMatch(/^No damage/);
  });

  it('still fails if the other database does not have the blob', async () => {
    await fill('backup.db', 'another');
    damage();
    expect((await run('verify', '--repair-from', 'backup.db')).code).toBe(1);
  });

  it('zero-byte db: refuses an empty file, and leaves it empty', async () => {
    writeFileSync(at('empty.db'), '');
    new Database(at('foreign.db')).exec('CREATE TABLE t (a)').close();
    const foreign = readFileSync(at('foreign.db'));
    for (const command of [['verify'], ['deploys'], ['log'], ['gc']]) {
      const { code, err } = await modcast(at(), [...command, '--db', 'empty.db']);
      expect([command[0], code]).toEqual([command[0], 1]);
      expect(err).toContain('the file is empty; it is not a database');
      expect(statSync(at('empty.db')).size).toBe(0);
      expect((await modcast(at(), [...command, '--db', 'foreign.db'])).err).toContain('another program');
    }
    expect(readFileSync(at('foreign.db'))).toEqual(foreign);
    expect((await run('verify', '--repair-from', 'empty.db')).err).toContain('the file is empty');
    expect(readdirSync(at()).filter((name) => /empty|foreign/.test(name))).toEqual([
      'empty.db',
      'foreign.db',
    ]);
  });

  it('schema-text-flip: says that the file is damaged, without a stack trace', async () => {
    // Bit 4 of a "T", also in old copies in unused space.
    const flipped = readFileSync(at('r.db'), 'latin1').replaceAll('CREATE TABLE blob', 'CREADE TABLE blob');
    writeFileSync(at('r.db'), flipped, 'latin1');
    const { code, err } = await run('verify');
    expect(code).toBe(1);
    expect(err).toMatch(/^[^\n]*damaged; restore it from a backup \(store-damaged\)\n$/);
  });

  it('fails if there is no database to repair from', async () => {
    const { code, err } = await run('verify', '--repair-from', 'none.db');
    expect(code).toBe(1);
    expect(err).toBe(`modcast: no such database: ${at('none.db')} (database-missing)\n`);
  });
});

describe('modcast export', () => {
  beforeEach(() => fill());

  it('writes the files of the deploy that a ref names', async () => {
    expect(await run('export', 'dev~1', 'out')).toEqual({
      code: 0,
      out: 'Wrote 2 files of deploy 2 on dev to out, 3 B.\n',
      err: '',
    });
    expect(readFileSync(at('out/a.mjs'), 'utf8')).toBe('a1');
    expect(readdirSync(at('out'), { recursive: true }).toSorted()).toEqual([
      'a.mjs',
      'lib',
      path.join('lib', 'b.mjs'),
    ]);
  });

  it('reports an error in one line', async () => {
    expect(await run('export', '99', 'out')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^modcast: .*\(ref-unknown\)\n$/),
    });
    await run('export', '1', 'out');
    expect(await run('export', '2', 'out')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^modcast: .*--force.*\(export-occupied\)\n$/),
    });
    expect(readFileSync(at('out/a.mjs'), 'utf8')).toBe('a0');
    expect((await run('export', '2', 'out', '--static', '--base', 'nowhere')).code).toBe(2);
    expect((await run('export', '2', 'out2', '--static', '--assets', 'none')).err).toMatch(
      /\(directory-invalid\)\n$/,
    );
    expect(existsSync(at('out2'))).toBe(false);
  });

  it.each([
    ['--assets', '.'],
    ['--base', '/site/'],
  ])('refuses %s without --static', async (...args) => {
    expect(await run('export', '1', 'out', ...args)).toEqual({
      code: 2,
      out: '',
      err: `modcast: ${args[0]} needs --static (option-invalid)\n`,
    });
    expect(existsSync(at('out'))).toBe(false);
  });

  it('writes a static site with everything that its loader requests', async () => {
    const dev = await run('export', 'dev', 'out', '--static', '--json');
    const { manifest } = JSON.parse(dev.out) as { manifest: string };
    const b = blobOf('b').hash;
    expect(readdirSync(at('out'), { recursive: true })).toEqual(
      expect.arrayContaining(
        [
          'a.mjs',
          'lib/b.mjs',
          '-/loader.js',
          '-/channels/dev/manifest.json',
          '-/channels/dev/head.json',
          '-/deploys/3/manifest.json',
          '-/deploys/3/at/lib/b.mjs',
          `-/blobs/${b}`,
          `-/modules/${b}/lib/b.mjs`,
          `-/packs/${manifest}.pack`,
        ].map((name) => path.normalize(name)),
      ),
    );
    expect(JSON.parse(readFileSync(at('out/-/channels/dev/head.json'), 'utf8'))).toEqual({
      deploy: 3,
      manifest,
    });
  });
});

describe('modcast import', () => {
  let repository: GitRepository;

  beforeEach(() => {
    repository = new GitRepository();
    repository.write('public/a.mjs', '1');
    repository.commit('one');
    repository.write('public/a.mjs', '2');
    repository.commit('two', 'Grace <grace@example.org>');
  });
  afterEach(() => repository.close());

  it('takes the whole site, but on the channel of serve only what serve keeps', async () => {
    repository.write('public/logo.png', 'x');
    repository.commit('three');
    const args = ['import', '--git', repository.directory, '--path', 'public'];
    const list = async (channel: string) =>
      (await run('show', `${channel}:`, '--json')).out.match(/"path": "[^"]+"/g);
    await run(...args, '--channel', 'main');
    expect(await list('main')).toEqual(['"path": "a.mjs"', '"path": "logo.png"']);
    await run(...args);
    expect(await list('dev')).toEqual(['"path": "a.mjs"']);
  });

  it('creates a database, and makes deploys of the history', async () => {
    const args = ['import', '--git', repository.directory, '--path', 'public', '--channel', 'main'];
    expect(await run(...args)).toEqual({
      code: 0,
      out: '2 commits: 2 deploys on main; the newest is deploy 2.\n',
      err: '',
    });
    expect((await run(...args)).out).toBe('Nothing new on main, 2 commits imported before.\n');
    const json = await run(...args, '--json');
    expect(JSON.parse(json.out)).toEqual({ commits: 0, known: 2, deploys: 0, head: 2, skipped: [] });
    const store = await openSqliteStore(at('r.db'));
    expect(await store.head('main')).toMatchObject({ author: 'Grace', message: 'two', modules: 1 });
    await store.close();
  });

  it('reports nothing new after commits that did not change the site', async () => {
    repository.write('README.md', 'three');
    repository.commit('three');
    const args = ['import', '--git', repository.directory, '--path', 'public'];
    expect((await run(...args)).out).toBe('3 commits: 2 deploys on dev; the newest is deploy 2.\n');
    for (let n = 0; n < 2; n++) {
      expect((await run(...args)).out).toBe('Nothing new on dev, 2 commits imported before.\n');
    }
  });

  it('imports only commits since a time, and refuses an invalid time', async () => {
    const args = ['import', '--git', repository.directory, '--path', 'public', '--since'];
    expect(await run(...args, 'bla')).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^modcast: option '--since <date>': expected a time such as 2026-11-01, .*, found 'bla'\n/,
      ),
    });
    expect((await run(...args, '2026-01-01T01:30Z')).out).toBe(
      '1 commit: 1 deploy on dev; the newest is deploy 1.\n',
    );
    expect((await run(...args, '1 month ago')).out).toBe('Nothing new on dev.\n');
  });

  it('fails if no commit ever had the folder', async () => {
    const from = (folder: string, ...more: string[]) =>
      run('import', '--git', repository.directory, '--path', folder, ...more);
    expect(await from('nope')).toEqual({
      code: 1,
      out: '',
      err: 'modcast: no folder nope in the history of HEAD (directory-invalid)\n',
    });
    expect((await from('public')).code).toBe(0);
    expect((await from('nope')).code).toBe(1);
    repository.remove('public');
    repository.write('README.md', 'gone');
    repository.commit('gone');
    expect((await from('public')).out).toBe(
      '1 commit: 1 deploy on dev, 2 commits imported before; the newest is deploy 3.\n',
    );
    expect((await from('public')).out).toBe('Nothing new on dev, 3 commits imported before.\n');
  });

  it('reports in one line that a directory is not a repository', async () => {
    const { code, err } = await run('import', '--git', at());
    expect(code).toBe(1);
    expect(err).toMatch(/^modcast: git: not a git repository.*\(git-failed\)\n$/);
  });
});
