import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SITE_FILTER, compileFilter } from '../../../../registry/ingest/files.js';
import { exportDeploy } from '../../../../registry/export/export-deploy.js';
import { importGit, type GitImportOptions } from '../../../../registry/git/import.js';
import { openMemoryStore, type Store } from '../../../../registry/index.js';
import { readSite } from '../../../../registry/publish/read-site.js';
import { LIMITS, manifestToJson } from '../../../../schema/index.js';
import { GitRepository } from '../../../unit/registry/git/git-repository.js';

const FAULT = fileURLToPath(new URL('../../../fixtures/faults/import-leaves-out-links', import.meta.url));

let repository: GitRepository;
let store: Store;
let out: string;

beforeEach(async () => {
  repository = new GitRepository();
  store = await openMemoryStore();
  out = mkdtempSync(path.join(tmpdir(), 'modcast-out-'));
});

afterEach(async () => {
  repository.close();
  await store.close();
  rmSync(out, { recursive: true, force: true });
});

const run = (options: Partial<GitImportOptions> = {}) =>
  importGit({
    store,
    repository: repository.directory,
    folder: '',
    channel: 'main',
    branch: 'HEAD',
    since: null,
    filter: SITE_FILTER,
    now: Date.now,
    ...options,
  });

const included = compileFilter(SITE_FILTER);

/** The site's files at a commit according to git: path → bytes in base64. */
function treeOf(commit: string): Record<string, string> {
  const rows = repository.bytes('ls-tree', '-r', '-z', commit).toString('utf8').split('\0').filter(Boolean);
  const tree: Record<string, string> = {};
  for (const row of rows) {
    const [, mode, object, name] = /^(\d+) \w+ (\w+)\t(.*)$/s.exec(row)!;
    if (mode!.startsWith('100') && included(name!))
      tree[name!] = repository.bytes('cat-file', 'blob', object!).toString('base64');
  }
  return tree;
}

function filesOf(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [
        path.relative(directory, file).split(path.sep).join('/'),
        readFileSync(file).toString('base64'),
      ];
    }),
  );
}

/** Pseudo-random numbers below `n`, the same in every run (mulberry32). */
function random(seed: number): (n: number) => number {
  return (n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const NAMES = [
  'main.mjs',
  'lib/a.mjs',
  'lib/b.js',
  'lib/deep/c.mjs',
  'ä ö/日本.mjs',
  'data.json',
  'style.css',
  'index.html',
  'sub/page.html',
  'quo"te\'s.mjs',
  'README.md',
  'lib/image.png',
  '.hidden/x.mjs',
  'node_modules/p/index.js',
];

const CONTENTS = [
  'export const a = 1;\n',
  'import "./lib/a.mjs";\r\nexport {};\r\n',
  '',
  'this is no module {{{',
  '{"json": true}',
  '<!doctype html><script type="module" src="/main.mjs"></script>',
  new Uint8Array([0xff, 0xfe, 0, 1, 2, 0x0a, 0x80]),
  '\ufeffexport default 2; // ä 日本',
];

function editAtRandom(pick: (n: number) => number, step: number): void {
  for (let edits = pick(5); edits >= 0; edits--) {
    const name = NAMES[pick(NAMES.length)]!;
    const content = CONTENTS[pick(CONTENTS.length)]!;
    if (pick(4) === 0) repository.remove(name);
    else
      repository.write(
        name,
        typeof content === 'string' && pick(2) === 0 ? `${content}// ${step}\n` : content,
      );
  }
}

describe('importing the history of a git repository', () => {
  // Hundreds of git processes on a busy machine.
  const LONG = { timeout: 120_000 };
  test(
    'exports at every commit the bytes that git has there, and changes between neighbours as git says',
    LONG,
    async () => {
      const pick = random(20261123);
      for (let step = 0; step < 40; step++) {
        editAtRandom(pick, step);
        repository.commit(
          `commit ${step}\n\nwith a body – ä\n`,
          step % 3 === 0 ? 'Bob <b@example.org>' : undefined,
        );
      }
      const result = await run();
      const commits = repository.git('rev-list', '--reverse', 'HEAD').split('\n');
      expect(result).toMatchObject({ commits: 40, known: 0 });

      const deploys = (await store.deploys({ limit: 100 })).toReversed();
      expect(deploys.length).toBe(result.deploys);
      expect(deploys.length).toBeGreaterThan(25);
      const of = new Map(deploys.map((deploy) => [deploy.commit, deploy]));
      let current: number | null = null;
      for (const [i, commit] of commits.entries()) {
        const deploy = of.get(commit);
        const before = i === 0 ? '4b825dc642cb6eb9a060e54bf8d69288fbee4904' : commits[i - 1]!;
        const status = repository
          .bytes('diff', '--name-status', '--no-renames', '-z', before, commit)
          .toString('utf8')
          .split('\0');
        const changes: string[] = [];
        for (let at = 0; at + 1 < status.length; at += 2)
          if (included(status[at + 1]!)) changes.push(`${status[at]} ${status[at + 1]}`);
        if (deploy === undefined) expect(changes).toEqual([]);
        else {
          current = deploy.number;
          const [author, seconds, message] = repository
            .bytes('log', '-1', '--format=%an%x00%at%x00%B', commit)
            .toString('utf8')
            .split('\0');
          expect(deploy).toMatchObject({ author, time: Number(seconds) * 1000, message: message!.trimEnd() });
          const own = (await store.changes(deploy.number))!.map(({ path: name, before: was, after }) =>
            was === null ? `A ${name}` : after === null ? `D ${name}` : `M ${name}`,
          );
          expect(own.toSorted()).toEqual(changes.toSorted());
        }
        const directory = path.join(out, String(i));
        if (current === null) expect(treeOf(commit)).toEqual({});
        else {
          await exportDeploy({ store, deploy: current, directory, force: false });
          expect(filesOf(directory)).toEqual(treeOf(commit));
        }
      }
    },
  );

  test('imports only new commits the next time', async () => {
    repository.write('a.mjs', '1');
    repository.commit('one');
    repository.write('b.mjs', '2');
    repository.commit('two');
    expect(await run()).toMatchObject({ commits: 2, known: 0, deploys: 2, head: 2 });
    expect(await run()).toMatchObject({ commits: 0, known: 2, deploys: 0, head: 2 });
    repository.write('.github/README.md', 'not of the site');
    repository.commit('three');
    repository.write('a.mjs', '4');
    const four = repository.commit('four');
    expect(await run()).toMatchObject({ commits: 2, known: 2, deploys: 1, head: 3 });
    expect(await store.deploy(3)).toMatchObject({ commit: four, changed: 1, added: 0, modules: 2 });
  });

  test('does not undo a rollback if no commit changes the site', async () => {
    repository.write('a.mjs', '1');
    repository.commit('one');
    repository.write('a.mjs', '2');
    repository.commit('two');
    await run();
    repository.write('.github/README.md', 'x');
    repository.commit('three');
    const first = (await store.deploy(1))!;
    await store.commit({
      channel: 'main',
      manifest: (await store.manifest(1))!,
      hash: first.manifest,
      expected: 2,
      time: 1,
      author: 'ada',
      message: 'rollback',
      commit: null,
    });
    expect(await run()).toMatchObject({ deploys: 0, head: 3 });
  });

  test('imports one folder as the site, and not another whose name starts like it', async () => {
    repository.write('public/main.mjs', '1');
    repository.write('public2/other.mjs', '2');
    repository.write('server.mjs', '3');
    repository.commit('one');
    await run({ folder: './public/' });
    expect([...(await store.manifest(1))!.modules.keys()]).toEqual(['main.mjs']);
    await expect(run({ folder: '../x' })).rejects.toMatchObject({ code: 'path-invalid' });
  });

  test('leaves out submodules, and reports them', async () => {
    repository.write('real.mjs', '1');
    const inner = repository.git('init', '-q', path.join(repository.directory, 'vendor'));
    expect(inner).toBe('');
    execFileSync('git', [
      '-C',
      path.join(repository.directory, 'vendor'),
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@b',
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      'x',
    ]);
    const commit = repository.commit('one');
    const { skipped } = await run();
    expect(skipped).toEqual([{ path: 'vendor', reason: 'it is a submodule', commit }]);
    expect([...(await store.manifest(1))!.modules.keys()]).toEqual(['real.mjs']);
  });

  test('takes a file that becomes a link, and one that is a file again', async () => {
    repository.write('a.mjs', '1');
    repository.write('b.mjs', '1');
    repository.commit('one');
    repository.remove('b.mjs');
    symlinkSync('a.mjs', path.join(repository.directory, 'b.mjs'));
    repository.commit('two');
    repository.remove('b.mjs');
    repository.write('b.mjs', '1');
    repository.commit('three');
    await run();
    const sizes = [];
    for (const { number } of await store.deploys()) sizes.push((await store.manifest(number))!.modules.size);
    expect(sizes).toEqual([2]);
  });

  test('imports images and other assets, as publishing takes them', async () => {
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0);
    repository.write('index.html', '<script type="module" src="a.mjs"></script>');
    repository.write('a.mjs', '1');
    repository.write('img/logo.png', png);
    repository.write('a.mjs~', 'old');
    repository.commit('one');
    expect(await run()).toMatchObject({ deploys: 1, skipped: [] });
    const site = await readSite(repository.directory, SITE_FILTER);
    expect(manifestToJson((await store.manifest(1))!)).toEqual(manifestToJson(site.manifest));
    const asset = (await store.manifest(1))!.modules.get('img/logo.png')!;
    expect(asset).toMatchObject({ size: png.length, type: 'image/png' });
    expect((await store.blobs([asset.hash]))[0]).toMatchObject({ bytes: png, links: null });
  });

  test('leaves out files that are too large, and pointers to files in Git LFS', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 123456\n`;
    repository.write('a.mjs', '1');
    repository.write('film.mp4', new Uint8Array(LIMITS.blobBytes + 1));
    repository.write('photo.jpg', pointer);
    repository.write('z.mjs', '2');
    const commit = repository.commit('one');
    const { skipped } = await run();
    expect(skipped).toEqual([
      { path: 'film.mp4', reason: 'it is larger than 64 MiB', commit },
      { path: 'photo.jpg', reason: 'its content is in Git LFS, not in the repository', commit },
    ]);
    expect([...(await store.manifest(1))!.modules.keys()].toSorted()).toEqual(['a.mjs', 'z.mjs']);
  });

  test('writes a large commit in pieces, so that it need not fit the memory', async () => {
    for (let i = 0; i < 12; i++) repository.write(`${i}.bin`, Buffer.alloc(8 * 1024 * 1024, i));
    repository.commit('one');
    const puts: number[] = [];
    const counting: Store = {
      ...store,
      putBlobs: (blobs) => {
        puts.push(blobs.reduce((sum, { bytes }) => sum + bytes.length, 0));
        return store.putBlobs(blobs);
      },
    };
    expect(await run({ store: counting })).toMatchObject({ deploys: 1 });
    expect(Math.max(...puts)).toBeLessThanOrEqual(40 * 1024 * 1024);
    expect((await store.manifest(1))!.modules.size).toBe(12);
  });

  describe('import-leaves-out-links: an import has the same modules as a publish of each commit', () => {
    /** The modules of the work tree as `publish` sees them, and of the newest deploy of an import. */
    async function compare(options: Partial<GitImportOptions> = {}) {
      const { skipped } = await run(options);
      const folder = path.join(repository.directory, options.folder ?? '');
      const site = await readSite(folder, options.filter ?? SITE_FILTER);
      const head = await store.head('main');
      const imported = await store.manifest(head!.number);
      expect(manifestToJson(imported!)).toEqual(manifestToJson(site.manifest));
      return { names: [...imported!.modules.keys()].toSorted(), skipped, deploy: head!.number, site };
    }
    const link = (name: string, target: string) => {
      mkdirSync(path.dirname(path.join(repository.directory, name)), { recursive: true });
      symlinkSync(target, path.join(repository.directory, name));
    };

    test('the given site', async () => {
      cpSync(FAULT, repository.directory, { recursive: true, verbatimSymlinks: true });
      repository.commit('one');
      const { names, skipped } = await compare();
      expect(names).toEqual(['alias.mjs', 'index.html', 'main.mjs', 'real.mjs']);
      expect(skipped).toEqual([]);
    });

    test('links to files, directories and links, in both directions, and cycles', async () => {
      repository.write('real.mjs', '1');
      repository.write('lib/a.mjs', '2');
      repository.write('lib/deep/b.json', '{}');
      repository.write('lib/notes.txt', '3');
      link('alias.mjs', 'real.mjs');
      link('chain.mjs', 'alias.mjs');
      link('Real.mjs', './/lib/../real.mjs');
      link('shown.js', 'lib/notes.txt');
      link('library', 'lib');
      link('lib/up', '..');
      link('lib/deep/self', '.');
      link('lib/deep/again', '../../library/deep');
      link('through.mjs', 'library/a.mjs');
      link('other/lib', '../lib/');
      repository.commit('one');
      const { names } = await compare();
      expect(names).toEqual(expect.arrayContaining(['shown.js', 'library/deep/b.json', 'other/lib/a.mjs']));
    });

    test('links that are not followed, with the reasons', async () => {
      repository.write('public/a.mjs', '1');
      repository.write('public/.env', 'SECRET');
      repository.write('public/.hidden/x.mjs', 'SECRET');
      repository.write('outside.mjs', 'SECRET');
      link('public/env.mjs', '.env');
      link('public/hidden', '.hidden');
      link('public/out.mjs', '../outside.mjs');
      link('public/out', '..');
      link('public/absolute.mjs', '/etc/hostname');
      link('public/round.mjs', 'round.mjs');
      link('public/gone.mjs', 'nothing.mjs');
      link('public/below.mjs', 'a.mjs/x.mjs');
      const commit = repository.commit('one');
      const { names, skipped, site } = await compare({ folder: 'public' });
      expect(names).toEqual(['a.mjs']);
      const reasons = site.skipped.map(({ path: name, message }) => ({
        path: name,
        reason: message,
        commit,
      }));
      const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
      expect(skipped.toSorted(byPath)).toEqual(reasons.toSorted(byPath));
    });

    test('packages of pnpm, when the filter takes them', async () => {
      const store = 'node_modules/.pnpm/greet@1.0.0/node_modules/greet';
      repository.write(`${store}/index.js`, 'export {}');
      repository.write(`${store}/.npmrc.json`, 'SECRET');
      link('node_modules/greet', '.pnpm/greet@1.0.0/node_modules/greet');
      repository.commit('one');
      const filter = { ...SITE_FILTER, exclude: [] };
      expect((await compare({ filter })).names).toEqual(['node_modules/greet/index.js']);
    });

    test('commit by commit, as targets change, move and go', async () => {
      const steps: (() => void)[] = [
        () => repository.write('real.mjs', '1'),
        () => link('alias.mjs', 'real.mjs'),
        () => repository.write('real.mjs', '2'),
        () => link('later.mjs', 'lib/a.mjs'),
        () => repository.write('lib/a.mjs', '3'),
        () => link('l', 'lib'),
        () => repository.write('lib/b.mjs', '4'),
        () => {
          repository.remove('l');
          repository.write('l/c.mjs', '5');
        },
        () => {
          repository.remove('l');
          link('l', 'lib');
        },
        () => repository.remove('lib/a.mjs'),
        () => {
          repository.remove('alias.mjs');
          repository.write('alias.mjs', '6');
        },
        () => {
          repository.remove('alias.mjs');
          link('alias.mjs', 'lib/b.mjs');
        },
        () => repository.remove('real.mjs'),
        () => {
          repository.remove('l');
          repository.remove('alias.mjs');
          repository.remove('later.mjs');
        },
      ];
      for (const [i, step] of steps.entries()) {
        step();
        repository.commit(`step ${i}`);
        await compare();
      }
      // One import of all of it gives the same deploys as an import after each commit.
      const manifests = (await store.deploys({ channel: 'main', limit: 100 })).map(
        ({ manifest }) => manifest,
      );
      await run({ channel: 'again' });
      const again = await store.deploys({ channel: 'again', limit: 100 });
      expect(again.map(({ manifest }) => manifest)).toEqual(manifests);
    });
  });

  test('follows the first parents of merges', async () => {
    repository.write('a.mjs', '1');
    repository.commit('one');
    repository.git('checkout', '-q', '-b', 'side');
    repository.write('b.mjs', '1');
    repository.commit('side 1');
    repository.write('b.mjs', '2');
    repository.commit('side 2');
    repository.git('checkout', '-q', 'main');
    repository.write('a.mjs', '2');
    repository.commit('two');
    repository.git(
      '-c',
      'user.name=Ada',
      '-c',
      'user.email=a@b',
      'merge',
      '-q',
      '--no-ff',
      '-m',
      'merge',
      'side',
    );
    await run();
    expect((await store.deploys()).map(({ message }) => message)).toEqual(['merge', 'two', 'one']);
    await run({ branch: 'side', channel: 'side' });
    expect((await store.deploys({ channel: 'side' })).map(({ message }) => message)).toEqual([
      'side 2',
      'side 1',
      'one',
    ]);
  });

  test('finds the links of a module whose first name was not JavaScript', async () => {
    repository.write('a.json', 'import "./b.mjs";');
    repository.commit('one');
    repository.git('mv', 'a.json', 'a.mjs');
    repository.commit('two');
    await run();
    const hash = (await store.manifest(2))!.modules.get('a.mjs')!.hash;
    expect((await store.links([hash])).get(hash)?.list).toMatchObject([
      { kind: 'static', specifier: './b.mjs' },
    ]);
  });

  test('finds the entries of the pages of each commit', async () => {
    repository.write('index.html', '<!doctype html><script type="module" src="/one.mjs"></script>');
    repository.write('one.mjs', '1');
    repository.commit('one');
    repository.write('index.html', '<!doctype html><script type="module" src="/two.mjs"></script>');
    repository.commit('two');
    repository.write('two.mjs', '2');
    repository.commit('three');
    await run();
    const entries = [];
    for (const number of [1, 2, 3]) entries.push((await store.manifest(number))!.entries);
    expect(entries).toEqual([['one.mjs'], [], ['two.mjs']]);
  });

  test.each([
    ['no such branch', { branch: 'nowhere' }],
    ['a branch that looks like an option', { branch: '--output=x' }],
    ['no repository', { repository: tmpdir() }],
    ['no directory', { repository: '/nonexistent' }],
  ])('reports the problem in one line: %s', async (_name, options) => {
    repository.write('a.mjs', '1');
    repository.commit('one');
    const error: Error = (await run(options).catch((caught: unknown) => caught as Error)) as Error;
    expect(error).toMatchObject({ code: 'git-failed' });
    expect(error.message).not.toContain('\n');
  });
});
