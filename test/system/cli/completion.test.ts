import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openSqliteStore } from '../../../registry/index.js';
import { publish } from '../../contract/store-fixture.js';
import { modcast } from '../../unit/cli/program.js';

/** What bash offers for the last of the words, in a directory. */
async function completer(cwd: string): Promise<(...words: string[]) => string[]> {
  const { out: script } = await modcast('/', ['completion', 'bash']);
  const program = new URL('../../../dist/cli/main.js', import.meta.url).pathname;
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
  expect(complete('modcast', 'log', '--time', 'local', '--pa')).toEqual(['--patch']);
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
