import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../registry/index.js';
import { publish } from '../../contract/store-fixture.js';
import { modcast } from '../../unit/cli/program.js';

/** What bash offers for the last of the words, in a directory. */
async function completer(cwd: string): Promise<(...words: string[]) => string[]> {
  const { out: script } = await modcast('/', ['completion', 'bash']);
  const program = new URL('../../../dist/bin/modcast.js', import.meta.url).pathname;
  const called = `modcast() { '${process.execPath}' '${program}' "$@"; }`;
  return (...words) => {
    const list = words.map((word) => `'${word}'`).join(' ');
    const run = `${called}\n${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _modcast; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', run], { encoding: 'utf8', cwd });
    expect(stderr).toBe('');
    return stdout.trim().split('\n');
  };
}

it('completes commands, options and their values in bash', async () => {
  const complete = await completer('/');
  expect(complete('modcast', 'bi')).toEqual(['bisect']);
  expect(complete('modcast', 'diff', '--na')).toEqual(['--name-status']);
  expect(complete('modcast', 'token', 'cr')).toEqual(['create']);
  expect(complete('modcast', 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
  expect(complete('modcast', 'serve', '--boot', '')).toEqual(['fresh', 'cached']);
  expect(complete('modcast', 'serve', '--boot', '=')).toEqual(['fresh', 'cached']);
  expect(complete('modcast', 'serve', '--boot', '=', 'c')).toEqual(['cached']);
  expect(complete('modcast', 'log', '--time', 'l')).toEqual(['local']);
  expect(complete('modcast', 'log', '--time', 'local', '--pa')).toEqual(['--patch', '--packages']);
  for (const command of ['serve', 'publish', 'check', 'fuse', 'map', 'export', 'status', 'diff', 'import'])
    expect(complete('modcast', command, '--config')).toEqual(['--config']);
  expect(complete('modcast', 'publish', '-m', '')).toEqual(['']);
  expect(complete('modcast', '__')).toEqual(['']);
});

it('completes channels and refs in bash, and nothing where there is no database', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'modcast-complete-'));
  const store = await openSqliteStore(path.join(directory, 'r.db'));
  await publish(store, [['a.mjs', '1']], { channel: 'production' });
  await publish(store, [['a.mjs', '2']], { channel: 'staging' });
  await store.close();
  const complete = await completer(directory);
  expect(complete('modcast', 'deploys', '--db', 'r.db', '--channel', '')).toEqual(['production', 'staging']);
  expect(complete('modcast', 'promote', '--db', 'r.db', '1', '--to', 's')).toEqual(['staging']);
  expect(complete('modcast', 'show', '--db', 'r.db', '')).toEqual([
    'production',
    'staging',
    'latest',
    'HEAD',
    '2',
    '1',
  ]);
  expect(complete('modcast', 'diff', '--db', 'r.db', '1', 'r')).toEqual(['r.db']);
  expect(complete('modcast', 'diff', '--db', 'r.db', '1', 'st')).toEqual(['staging']);
  expect(complete('modcast', 'deploys', '--channel', '')).toEqual(['']);
  expect(complete('modcast', 'rollback', '')).toEqual(['']);
  rmSync(directory, { recursive: true });
});

describe('completion of `blame <Tab>`', () => {
  let directory: string;
  const NAMES = ['index.html', 'lib/a b.mjs', 'lib/$(touch made).mjs', 'lib/disk.mjs', 'main.mjs'];

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'modcast-complete-'));
    mkdirSync(path.join(directory, '.modcast'));
    const store = await openSqliteStore(path.join(directory, '.modcast/registry.db'));
    await publish(
      store,
      NAMES.map((name): [string, string] => [name, name]),
      { channel: 'production' },
    );
    await publish(store, [['dev.mjs', '']], { channel: 'dev' });
    await store.close();
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const escaped = ['lib/\\$\\(touch\\ made\\).mjs', 'lib/a\\ b.mjs', 'lib/disk.mjs'];

  it('offers paths of modules in bash, and refs after them', async () => {
    const complete = await completer(directory);
    const all = ['index.html', ...escaped, 'main.mjs'];
    for (const command of ['blame', 'log']) expect(complete('modcast', command, '')).toEqual(all);
    expect(complete('modcast', 'blame', 'lib/d')).toEqual(['lib/disk.mjs']);
    expect(complete('modcast', 'log', '--channel', 'production', 'ma')).toEqual(['main.mjs']);
    expect(complete('modcast', 'blame', 'main.mjs', 'p')).toEqual(['production']);
    for (const before of [[], ['lib/disk.mjs'], ['a', 'b']]) {
      expect(complete('modcast', 'diff', '1', 'production', ...before, 'ma')).toEqual(['main.mjs']);
    }
    // The first argument of ls is a ref or a path.
    expect(complete('modcast', 'ls', '')).toEqual(['dev', 'production', 'latest', 'HEAD', '2', '1', ...all]);
    expect(complete('modcast', 'ls', 'p')).toEqual(['production']);
    expect(complete('modcast', 'ls', '1', 'lib/d')).toEqual(['lib/disk.mjs']);
    expect(existsSync(path.join(directory, 'made'))).toBe(false);
  });

  const inShell = async (shell: string, script: (completion: string) => string) => {
    const { out } = await modcast('/', ['completion', shell]);
    const program = new URL('../../../dist/bin/modcast.js', import.meta.url).pathname;
    const bin = path.join(directory, 'modcast');
    writeFileSync(bin, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 });
    const { stdout, stderr } = spawnSync(shell, [shell === 'zsh' ? '-fc' : '-c', script(out)], {
      encoding: 'utf8',
      cwd: directory,
      env: { ...process.env, HOME: directory, PATH: `${directory}:${process.env['PATH']}` },
    });
    expect(stderr).toBe('');
    return stdout.trim().split('\n').toSorted();
  };
  const has = (shell: string) => spawnSync(shell, ['-c', 'exit']).status === 0;

  it.runIf(has('zsh'))('offers paths in zsh', async () => {
    const run = (words: string) => (completion: string) =>
      `compdef() { :; }\n${completion}\ncompadd() { shift; print -l -- "$@"; }\nwords=(${words}); CURRENT=$#words; _modcast`;
    expect(await inShell('zsh', run("modcast blame ''"))).toEqual(NAMES.toSorted());
    expect(await inShell('zsh', run("modcast diff 1 2 a ''"))).toEqual(NAMES.toSorted());
  });

  it.runIf(has('fish'))('offers paths in fish', async () => {
    const run = (completion: string) => `${completion}\ncomplete -C 'modcast blame li'`;
    expect(await inShell('fish', run)).toEqual(NAMES.slice(1, 4).toSorted());
  });
});
