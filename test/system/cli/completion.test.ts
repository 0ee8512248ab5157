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
  const NAMES = [
    'index.html',
    'lib/a b.mjs',
    'lib/$(touch made).mjs',
    'lib/disk.mjs',
    'main.mjs',
    'npm/lit@3/index.js',
  ];

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'modcast-complete-'));
    mkdirSync(path.join(directory, '.modcast'));
    const store = await openSqliteStore(path.join(directory, '.modcast/registry.db'));
    await publish(
      store,
      NAMES.map((name): [string, string] => [name, name]),
      { channel: 'production' },
    );
    await publish(store, [['dev.mjs', '']], { channel: 'dev', author: 'Grace Hopper' });
    await store.putTag({ name: 'v1.0', deploy: 1, time: 0, author: 'ada', message: '' });
    await store.close();
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const escaped = ['lib/\\$\\(touch\\ made\\).mjs', 'lib/a\\ b.mjs', 'lib/disk.mjs'];

  it('offers paths of modules in bash, and refs after them', async () => {
    const complete = await completer(directory);
    const all = ['index.html', ...escaped, 'main.mjs', 'npm/lit@3/index.js'];
    for (const command of ['blame', 'log']) expect(complete('modcast', command, '')).toEqual(all);
    expect(complete('modcast', 'blame', 'lib/d')).toEqual(['lib/disk.mjs']);
    expect(complete('modcast', 'log', '--channel', 'production', 'ma')).toEqual(['main.mjs']);
    expect(complete('modcast', 'blame', 'main.mjs', 'p')).toEqual(['production']);
    for (const before of [[], ['lib/disk.mjs'], ['a', 'b']]) {
      expect(complete('modcast', 'diff', '1', 'production', ...before, 'ma')).toEqual(['main.mjs']);
    }
    // The first argument of ls is a ref or a path.
    expect(complete('modcast', 'ls', '')).toEqual([
      ...['dev', 'production', 'latest', 'HEAD', 'v1.0', '2', '1'],
      ...all,
    ]);
    expect(complete('modcast', 'ls', 'p')).toEqual(['production']);
    expect(complete('modcast', 'ls', '1', 'lib/d')).toEqual(['lib/disk.mjs']);
    expect(existsSync(path.join(directory, 'made'))).toBe(false);
  });

  /** Runs a script of a shell, with `modcast` in its path. */
  const inShell = (shell: string, args: readonly string[]) => {
    const program = new URL('../../../dist/bin/modcast.js', import.meta.url).pathname;
    const bin = path.join(directory, 'modcast');
    writeFileSync(bin, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 });
    const { stdout, stderr } = spawnSync(shell, args, {
      encoding: 'utf8',
      cwd: directory,
      env: {
        ...process.env,
        HOME: directory,
        PATH: `${directory}:${process.env['PATH']}`,
        LC_ALL: 'C.UTF-8',
      },
    });
    expect(stderr).toBe('');
    return stdout.trimEnd().split('\n');
  };
  const has = (shell: string) => spawnSync(shell, ['-c', 'exit']).status === 0;

  it.runIf(has('zsh'))('offers paths in zsh', async () => {
    const { out } = await modcast('/', ['completion', 'zsh']);
    const offered = (words: string) =>
      inShell('zsh', [
        '-fc',
        `compdef() { :; }\n${out}\ncompadd() { shift; print -l -- "$@"; }\nwords=(${words}); CURRENT=$#words; _modcast`,
      ]).toSorted();
    expect(offered("modcast blame ''")).toEqual(NAMES.toSorted());
    expect(offered("modcast diff 1 2 a ''")).toEqual(NAMES.toSorted());
  });

  it.runIf(has('fish'))('offers paths, tags and values in fish', async () => {
    const { out } = await modcast('/', ['completion', 'fish']);
    const offered = (line: string) =>
      inShell('fish', ['-c', `${out}\ncomplete -C '${line}'`])
        .map((one) => one.split('\t')[0])
        .toSorted();
    expect(offered('modcast blame li')).toEqual(NAMES.slice(1, 4).toSorted());
    expect(offered('modcast show v1.0:lib/d')).toEqual(['v1.0:lib/disk.mjs']);
    expect(offered('modcast diff v')).toEqual(['v1.0']);
    expect(offered('modcast tag -d v')).toEqual(['v1.0']);
    expect(offered('modcast log --author ')).toEqual(['Grace Hopper', 'ada']);
    expect(offered('modcast log --time lo')).toEqual(['local']);
    expect(offered('modcast diff --word-diff=po')).toEqual(['--word-diff=porcelain']);
    expect(offered('modcast serve --offline=a')).toEqual(['--offline=all']);
  });

  /** What a Tab makes of each line in an interactive shell on a terminal, which zsh simulates. */
  const typed = async (shell: 'bash' | 'zsh', lines: readonly string[]) => {
    const { out: script } = await modcast('/', ['completion', shell]);
    writeFileSync(path.join(directory, 'completion'), script);
    const start = {
      bash: `PS1=; bind "set enable-bracketed-paste off"; source ./completion
show() { printf "%s\\n" "$READLINE_LINE" >> typed; READLINE_LINE=; echo FIN""ISHED; }
bind -x "\\"\\C-t\\": show"; echo START""ED`,
      zsh: `PS1=; autoload -Uz compinit; compinit -u -D; source ./completion
show() { print -r -- "$BUFFER" >> typed; BUFFER=; zle -M FIN""ISHED }; zle -N show
bindkey "^T" show; bindkey "^I" complete-word; print START""ED`,
    };
    const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
    const driver = `zmodload zsh/zpty
zpty shell ${shell === 'bash' ? "'bash --norc --noprofile -i'" : "'zsh -f'"}
zpty -w shell ${quoted(start[shell].replaceAll('\n', '; '))}
zpty -r shell text '*STARTED*'
for line in ${lines.map(quoted).join(' ')}; do
  zpty -w -n shell "$line"$'\t\x14'
  zpty -r shell text '*FINISHED*'
done
zpty -d shell
cat typed; rm typed`;
    return inShell('zsh', ['-fc', driver]).map((line) => line.trimEnd());
  };

  it.runIf(has('zsh')).each(['bash', 'zsh'] as const)(
    'completes what is typed in an interactive %s',
    { timeout: 60_000 },
    async (shell) => {
      const lines: readonly (readonly [typed: string, completed: string])[] = [
        ['modcast blame lib/d', 'modcast blame lib/disk.mjs'],
        ['modcast blame lib/a', String.raw`modcast blame lib/a\ b.mjs`],
        ['modcast log npm/lit@3/i', 'modcast log npm/lit@3/index.js'],
        ['modcast show v1.0:lib/d', 'modcast show v1.0:lib/disk.mjs'],
        ['modcast show production:main', 'modcast show production:main.mjs'],
        ['modcast ls v1.0 ma', 'modcast ls v1.0 main.mjs'],
        ['modcast diff 1 v', 'modcast diff 1 v1.0'],
        ['modcast diff --word-diff v', 'modcast diff --word-diff v1.0'],
        ['modcast diff --word-diff=po', 'modcast diff --word-diff=porcelain'],
        ['modcast tag -d v', 'modcast tag -d v1.0'],
        ['modcast rollback v', 'modcast rollback v1.0'],
        ['modcast log --author G', String.raw`modcast log --author Grace\ Hopper`],
        ['modcast log --time=lo', 'modcast log --time=local'],
        ['modcast log --time lo', 'modcast log --time local'],
        ['modcast serve --offline=a', 'modcast serve --offline=all'],
        ['modcast promote 1 --to prod', 'modcast promote 1 --to production'],
        ['modcast stat', 'modcast status'],
        ['modcast log --follo', 'modcast log --follo'],
      ];
      const found = await typed(
        shell,
        lines.map(([line]) => line),
      );
      expect(found).toEqual(lines.map(([, completed]) => completed));
      expect(existsSync(path.join(directory, 'made'))).toBe(false);
    },
  );
});
