import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { spawnSync } from 'node:child_process';
import { createServer as createSocket } from 'node:net';
import { once } from 'node:events';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type Store } from '../../../../registry/index.js';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { importGit } from '../../../../registry/git/import.js';
import { createToken } from '../../../../registry/auth/tokens.js';
import { retryMovedHead } from '../../../../registry/publish/retry.js';
import { registryUrl } from '../../../../registry/publish/registry-url.js';
import { writeFiles } from '../../../../registry/export/write-files.js';
import { ModcastError } from '../../../../schema/index.js';
import { publish } from '../../../contract/store-fixture.js';
import { GitRepository } from '../../registry/git/git-repository.js';
import { temporaryDirectory } from '../../registry/store/temporary.js';
import { modcast, type RunResult } from '../program.js';

/** Rows of faults/CLI.md about failures, `--json` and options. */

const at = temporaryDirectory();
const NOW = Date.UTC(2026, 10, 23, 12);
const run = (...args: string[]) => modcast(at(), args);
const json = ({ out }: RunResult) => JSON.parse(out) as any;

/** Writes the files of a site into `site`. */
function site(files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(at(`site/${file}`)), { recursive: true });
    writeFileSync(at(`site/${file}`), text);
  }
}

async function fill(): Promise<void> {
  const store = await openSqliteStore(at('r.db'));
  await publish(store, [['a.mjs', '1\n']], { channel: 'production' });
  await publish(store, [['a.mjs', '2\n']], { channel: 'production' });
  await store.close();
}

describe('`publish` of a page whose entry imports `"lodash"`, no import map', () => {
  const PAGE = '<script type="module" src="main.mjs"></script>';

  it('is refused with `specifier-unresolved`, file and line', async () => {
    site({ 'index.html': PAGE, 'main.mjs': '\nimport _ from "lodash";' });
    const { code, err } = await run('publish', 'site');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^import main\.mjs:2:15 no import map says where "lodash" is; the package "lodash" is not installed: run npm install lodash\n/,
    );
    expect(err).toMatch(/\(specifier-unresolved\)\n$/);
    expect(existsSync(at('site/.modcast'))).toBe(false);
  });

  it('`publish` with `import("./nada.mjs")`, or with a missing import in a module reached dynamically, warns', async () => {
    site({
      'index.html': PAGE,
      'main.mjs': 'import("./nada.mjs");\nimport("./lazy.mjs");',
      'lazy.mjs': '\nimport "./gone.mjs";',
    });
    const { code, err } = await run('publish', 'site');
    expect(code).toBe(0);
    expect(err).toContain('warning main.mjs:1:1 cannot find "./nada.mjs"');
    expect(err).toContain('warning lazy.mjs:2:8 cannot find "./gone.mjs"');
  });

  it('has the problems in the JSON, and nothing else on standard error', async () => {
    site({ 'index.html': PAGE, 'main.mjs': 'import("./nada.mjs");', 'unused.mjs': 'let a = ;' });
    const published = await run('publish', 'site', '--json');
    expect(published.err).toBe('');
    expect(json(published).problems).toMatchObject([
      { path: 'main.mjs', kind: 'dynamic-import', severity: 'warning', line: 1, column: 1 },
      { path: 'unused.mjs', kind: 'syntax', severity: 'warning', line: 1 },
    ]);
    site({ 'main.mjs': 'import "lodash";' });
    const refused = await run('publish', 'site', '--json');
    expect([refused.out, refused.err.trimEnd().split('\n').length]).toEqual(['', 1]);
    expect(JSON.parse(refused.err).error).toMatchObject({
      code: 'specifier-unresolved',
      found: [{ path: 'main.mjs', line: 1, column: 8, specifier: 'lodash' }],
    });
  });
});

describe("`publish` against `serve` on `import './lib'` (a directory), `'./-/x.mjs'`, `'./.dot.mjs'`", () => {
  it.each([
    ['./lib', 'it is a directory'],
    ['./-/x.mjs', 'no files are served below /-/'],
    ['./.dot.mjs', 'dotfiles are not served'],
  ])('%s is refused, because the server does not serve it', async (specifier, reason) => {
    site({
      'index.html': '<script type="module" src="main.mjs"></script>',
      'main.mjs': `import '${specifier}';`,
      'lib/index.mjs': '',
      '-/x.mjs': '',
      '.dot.mjs': '',
    });
    const { code, err } = await run('publish', 'site');
    expect(code).toBe(1);
    expect(err).toContain(`import main.mjs:1:8 cannot import "${specifier}": ${reason}`);
  });
});

describe('`publish`, `rollback`, `promote --json`', () => {
  it('have ISO times', async () => {
    site({ 'a.mjs': '1' });
    const [db, ...rest] = ['r.db', '--db', 'r.db', '--json'] as const;
    const results = [await run('publish', 'site', '--db', db, '--json')];
    site({ 'a.mjs': '2' });
    results.push(await run('publish', 'site', ...rest), await run('publish', 'site', ...rest));
    results.push(await run('rollback', '1', ...rest), await run('rollback', '1', ...rest));
    results.push(await run('promote', '1', '--to', 'staging', ...rest));
    for (const result of results) expect(json(result).deploy.time).toBe('2026-11-23T12:00:00.000Z');
    expect(results.map((result) => json(result).state)).toEqual([
      'published',
      'published',
      'current',
      'published',
      'current',
      'published',
    ]);
  });

  it('no command has epoch milliseconds in its JSON', async () => {
    await fill();
    await run('token', 'create', '--scope', 'read', '--db', 'r.db');
    for (const args of [
      ['deploys'],
      ['log'],
      ['log', 'a.mjs'],
      ['show', '1'],
      ['show', '1:'],
      ['show', '1:a.mjs'],
      ['diff', '1', '2'],
      ['blame', 'a.mjs'],
      ['bisect', '1', '2', '--run', 'grep -q 1 a.mjs'],
      ['token', 'list'],
      ['gc', '-n'],
      ['verify'],
      ['export', '1', 'out'],
    ]) {
      const { code, out } = await run(...args, '--db', 'r.db', '--json');
      expect({ args, code }).toEqual({ args, code: 0 });
      expect(out).not.toMatch(/: ?1\d{12}\b/);
    }
  });
});

describe('`--json` failures', () => {
  beforeEach(fill);

  it.each([
    [['show', '99'], 'ref-unknown', 1],
    [['blame', 'b.mjs'], 'path-unknown', 1],
    [['log', '--channel', 'x'], 'channel-unknown', 1],
    [['deploys', '--db', 'none.db'], 'database-missing', 1],
    [['diff', '1', '99', '--exit-code'], 'ref-unknown', 2],
    [['export', '1', '.'], 'export-occupied', 1],
    [['publish', 'none'], 'directory-invalid', 1],
    [['token', 'revoke', 'x'], 'token-unknown', 1],
    [['deploys', '--limit', 'x'], 'option-invalid', 2],
    [['deploys', '--nope'], 'option-invalid', 2],
    [['token', 'create'], 'option-invalid', 2],
    [['nope'], 'option-invalid', 2],
    [['blame'], 'option-invalid', 2],
  ] as const)('%j: JSON on standard error, %s', async (args, code, exit) => {
    const db = args.includes('--db' as never) || args[0] === 'nope' ? [] : ['--db', 'r.db'];
    const result = await run(...args, ...db, '--json');
    expect({ out: result.out, exit: result.code }).toEqual({ out: '', exit });
    expect(result.err).toMatch(/^\{.*\}\n$/);
    expect(JSON.parse(result.err).error).toMatchObject({ code, message: expect.any(String) });
  });

  it('are text without it, also with a module of that name', async () => {
    expect((await run('log', '--db', 'r.db', '--', '--json')).err).toMatch(/^modcast: .*\(path-unknown\)\n$/);
  });

  it('one document, or one a line for `deploys` and `log`; also without deploys', async () => {
    await (await openSqliteStore(at('empty.db'))).close();
    expect(json(await run('blame', 'a.mjs', '--db', 'empty.db', '--json'))).toMatchObject({ deploy: null });
    for (const list of ['deploys', 'log']) {
      expect(await run(list, '--db', 'empty.db', '--json')).toEqual({ code: 0, out: '', err: '' });
      const { out } = await run(list, '--db', 'r.db', '--json');
      expect(
        out
          .trimEnd()
          .split('\n')
          .map((line) => typeof JSON.parse(line)),
      ).toEqual(['object', 'object']);
    }
  });
});

describe('`export` onto a full disk', () => {
  const failing = (code: string) =>
    Object.assign(new Error(`${code}: message, write`), { code, syscall: 'write', errno: -28 });

  it.each([
    ['ENOSPC', 'disk-full', 'no space left on the device'],
    ['EDQUOT', 'disk-full', 'the disk quota is used up'],
    ['EROFS', 'file-unavailable', 'the file system is read-only'],
    ['EACCES', 'file-unavailable', 'permission denied'],
    ['EIO', 'file-unavailable', 'input/output error'],
  ])('%s is one line with the code %s, wherever it happens', async (code, expected, words) => {
    const io = {
      write: () => {
        throw failing(code);
      },
    };
    await fill();
    const { err, code: exit } = await modcast(at(), ['deploys', '--db', 'r.db'], io);
    expect([err, exit]).toEqual([`modcast: cannot write a file: ${words} (${code}) (${expected})\n`, 1]);
  });

  it('leaves the directory as it was, and says so', async () => {
    await fill();
    writeFileSync(at('file'), '');
    expect(await run('export', '1', 'file/out', '--db', 'r.db')).toMatchObject({ code: 1, out: '' });
    const { err } = await run('export', '1', 'file/x/out', '--db', 'r.db');
    expect(err).toMatch(/^modcast: .*\((?:file-unavailable|export-occupied)\)\n$/);
    mkdirSync(at('out'));
    const wrote = writeFiles({
      directory: at('out'),
      force: false,
      paths: ['a'.repeat(300)],
      files: (write) => write('a'.repeat(300), new Uint8Array()),
    });
    await expect(wrote).rejects.toMatchObject({
      code: 'file-unavailable',
      message: `cannot write to ${at('out')}: the name is too long (ENAMETOOLONG); nothing was written there`,
    });
    expect(readdirSync(at()).toSorted()).toEqual(['file', 'out', 'r.db']);
  });
});

describe('read-only directory', () => {
  it.each([
    ['publish', '.'],
    ['import', '--git', '.'],
    ['token', 'create', '--scope', 'read'],
  ])('%s: a code, and that --db takes the database elsewhere', async (...args) => {
    site({ 'a.mjs': '1' });
    // A link to itself: no user, not even root, can create this directory.
    symlinkSync('.modcast', at('site/.modcast'));
    const { code, err } = await modcast(at('site'), args);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^modcast: cannot create \S+\.modcast: .* \(E\w+\); keep the database elsewhere with --db <file> \(store-unavailable\)\n$/,
    );
  });
});

describe('`import` onto a full disk', () => {
  let repository: GitRepository;
  beforeEach(() => {
    repository = new GitRepository();
    for (let n = 0; n < 8; n++) {
      repository.write('a.mjs', String(n));
      repository.commit(`commit ${n}`);
    }
  });
  afterEach(() => repository.close());

  const importInto = (store: Store) =>
    importGit({
      store,
      repository: repository.directory,
      folder: '',
      channel: 'dev',
      branch: 'HEAD',
      since: null,
      filter: DEFAULT_FILTER,
      now: () => NOW,
    });

  const full = () => Promise.reject(new ModcastError('store-full', 'database r.db: there is no space left'));

  it('says what was written, and the next import continues there', async () => {
    const store = await openSqliteStore(at('r.db'));
    let left = 5;
    const failing: Store = {
      ...store,
      commit: (fresh) => (left-- > 0 ? store.commit(fresh) : full()),
      release: full,
    };
    const last = repository.git('rev-parse', 'HEAD~3').slice(0, 10);
    await expect(importInto(failing)).rejects.toMatchObject({
      code: 'store-full',
      message: `database r.db: there is no space left. 5 deploys were written on dev up to commit ${last}; run the same import again to continue there`,
    });
    expect(await store.head('dev')).toMatchObject({ number: 5 });
    expect(await importInto(store)).toMatchObject({ commits: 3, known: 5, deploys: 3, head: 8 });
    await store.close();
  });

  it('does not speak of deploys if there are none', async () => {
    const store = await openSqliteStore(at('r.db'));
    await expect(importInto({ ...store, putBlobs: full })).rejects.toMatchObject({
      message: 'database r.db: there is no space left',
    });
    await store.close();
  });
});

describe('`gc`, then `import` again', () => {
  it('says that dropped history is not brought back, and how', async () => {
    const repository = new GitRepository();
    for (let n = 0; n < 4; n++) {
      repository.write('a.mjs', String(n));
      repository.commit(`commit ${n}`);
    }
    const args = ['import', '--git', repository.directory, '--db', 'r.db'];
    expect((await run(...args)).out).not.toContain('modcast gc');
    await run('gc', '--keep', '1', '--older-than', '0', '--db', 'r.db');
    const again = await run(...args);
    expect(again.out).toMatch(
      /^Nothing new on dev, 4 commits imported before\.\n`modcast gc` has dropped older deploys/,
    );
    expect(again.out).toContain('--channel <name>');
    expect(json(await run(...args, '--json'))).toMatchObject({ known: 4, deploys: 0, dropped: true });
    // What it advises.
    expect((await run(...args, '--channel', 'whole')).out).toBe(
      '4 commits: 4 deploys on whole; the newest is deploy 8.\n',
    );
    repository.close();
  });
});

describe('several `publish` at once, no `--expect`', () => {
  const moved = () =>
    Promise.reject(new ModcastError('head-moved', 'channel dev is at deploy 116', { found: 116 }));

  it('tries again, and in the end says so in plain words', async () => {
    let attempts = 0;
    expect(await retryMovedHead('dev', () => (++attempts < 5 ? moved() : Promise.resolve('made')))).toBe(
      'made',
    );
    await expect(retryMovedHead('dev', moved)).rejects.toMatchObject({
      code: 'head-moved',
      message: 'other processes made deploys on dev first, 50 times in a row; try again',
    });
    attempts = 0;
    const other = () => (attempts++, Promise.reject(new ModcastError('blob-missing', 'x')));
    await expect(retryMovedHead('dev', other)).rejects.toMatchObject({ code: 'blob-missing' });
    expect(attempts).toBe(1);
  });
});

describe('`publish --db /dev/null`', () => {
  const COMMANDS = [
    ['publish', 'site'],
    ['deploys'],
    ['token', 'create', '--scope', 'read'],
    ['import', '--git', '.'],
    ['gc'],
    ['verify'],
  ];

  it('a device, a pipe, a socket, a directory and files of other programs are refused, nothing is left', async () => {
    site({ 'a.mjs': '1' });
    spawnSync('mkfifo', [at('pipe')]);
    mkdirSync(at('folder'));
    writeFileSync(at('text.txt'), 'text '.repeat(500));
    writeFileSync(at('short.txt'), 'x');
    const other = new Database(at('other.db'));
    other.exec('CREATE TABLE t (x)');
    other.close();
    const socket = createSocket().listen(at('socket'));
    await once(socket, 'listening');
    const before = readdirSync(at()).toSorted();
    const bytes = readFileSync(at('other.db'));
    for (const args of COMMANDS) {
      for (const name of ['/dev/null', 'pipe', 'socket', 'folder', 'text.txt', 'short.txt', 'other.db']) {
        const { code, out, err } = await run(...args, '--db', name);
        expect({ args, name, code, out }).toEqual({ args, name, code: 1, out: '' });
        expect(err).toMatch(/^modcast: database \S+: .* \(store-(?:foreign|unavailable)\)\n$/);
      }
    }
    expect(readdirSync(at()).toSorted()).toEqual(before);
    expect(readFileSync(at('other.db'))).toEqual(bytes);
    expect(readdirSync('/dev').filter((name) => /^null./.test(name))).toEqual([]);
    socket.close();
  });
});

describe('`token create --expires 0`', () => {
  it.each(['0', '0s', '0d', '-1d', 'NaN', '', 'Infinity', '2020-01-01', '1e3d'])(
    '%j is refused',
    async (expires) => {
      const { code, out } = await run(
        'token',
        'create',
        '--scope',
        'read',
        '--db',
        'r.db',
        `--expires=${expires}`,
      );
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(existsSync(at('r.db'))).toBe(false);
    },
  );

  it('and so is a time that is not in the future', async () => {
    const store = await openSqliteStore(at('r.db'));
    for (const expires of [NOW, NOW - 1, NaN, 0]) {
      const made = createToken(store, { scope: ['read'], expires, note: '', now: NOW });
      await expect(made).rejects.toMatchObject({ code: 'option-invalid' });
    }
    expect(await store.tokens()).toEqual([]);
    await store.close();
  });
});

describe('`MODCAST_TOKEN` with a newline at the end', () => {
  it.each(['mc_1_a\n', 'mc_1_a\r\n', '\uFEFFmc_1_a', '  mc_1_a\t'])('%j is trimmed', async (token) => {
    site({ 'a.mjs': '1' });
    let sent: string | undefined;
    const server = createServer((request, response) => {
      sent = request.headers.authorization;
      response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const io = { env: { MODCAST_TOKEN: token } };
    const { err } = await modcast(at(), ['publish', 'site', '--to', `127.0.0.1:${port}`], io);
    expect([sent, err]).toEqual(['Bearer mc_1_a', expect.stringContaining('(server-foreign)')]);
    server.close();
  });

  it('is named if it has spaces inside', async () => {
    const io = { env: { MODCAST_TOKEN: 'mc_1 a' } };
    const { err } = await modcast(at(), ['publish', '.', '--to', 'localhost:1'], io);
    expect(err).toContain('MODCAST_TOKEN');
  });
});

describe('`--to 127.0.0.1:8000`; `--base /x`', () => {
  it.each([
    ['127.0.0.1:8000', 'http://127.0.0.1:8000/-/'],
    ['localhost:8000', 'http://localhost:8000/-/'],
    ['localhost', 'http://localhost/-/'],
    ['[::1]:8000/x', 'http://[::1]:8000/x/'],
    ['modules.example.org', 'https://modules.example.org/-/'],
    ['modules.example.org:8443/site', 'https://modules.example.org:8443/site/'],
    ['http://modules.example.org', 'http://modules.example.org/-/'],
    [' https://modules.example.org\n', 'https://modules.example.org/-/'],
  ])('--to %s is %s', (text, url) => {
    expect(registryUrl(text).href).toBe(url);
  });

  it.each(['', '/x', 'ftp://x', 'http://', 'a b', 'https://u:p@x', 'https://x?y', 'javascript:alert(1)'])(
    '--to %j is refused, and says what is expected',
    (text) => {
      expect(() => registryUrl(text)).toThrow(/expected https:\/\/host/);
    },
  );

  it('--base gets its last slash, and asks for the first', async () => {
    await fill();
    for (const base of ['/x', '/x/']) {
      await run('export', '1', 'out', '--static', '--base', base, '--db', 'r.db', '--force');
    }
    const exported = await run('export', '1', 'out2', '--static', '--base', '/x/y', '--db', 'r.db');
    expect(exported.code).toBe(0);
    const { code, err } = await run('export', '1', 'out3', '--static', '--base', 'x', '--db', 'r.db');
    expect([code, err.split('\n')[0]]).toEqual([
      2,
      "modcast: option '--base <path>': expected a path that begins with a slash, like / or /site/, found 'x'",
    ]);
  });
});
