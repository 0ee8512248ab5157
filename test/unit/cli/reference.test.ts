import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../../cli/commands.js';
import { commandNodes } from '../../../cli/completion/command-nodes.js';
import { processIo } from '../../../cli/io.js';
import { createProgram } from '../../../cli/program.js';
import { reference } from '../../../cli/reference.js';
import { openSqliteStore } from '../../../registry/index.js';
import { publish } from '../../contract/store-fixture.js';
import { modcast } from './program.js';

it('docs/cli.md is what the commands say (npm run docs makes it)', async () => {
  expect(readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8')).toBe(await reference());
});

it('docs/api.md is what the code says (npm run docs makes it)', () => {
  const file = (name: string) => new URL(`../../../docs/${name}`, import.meta.url);
  const { stdout } = spawnSync(process.execPath, [file('build-api.mjs').pathname], { encoding: 'utf8' });
  // The formatter only pads the tables.
  const plain = (text: string) => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---');
  expect(stdout).toContain('| `clients` | `number` | Clients at one time. Default 10,000. |');
  expect(plain(readFileSync(file('api.md'), 'utf8'))).toBe(plain(stdout));
});

it('all take --json but those of which README.md says that they do not', async () => {
  const without = commandNodes(await createProgram(processIo()))
    .filter(({ command }) => command.commands.length === 0)
    .filter(({ command }) => !command.options.some(({ long }) => long === '--json'))
    .map(({ words }) => words);
  expect(without.toSorted()).toEqual(['cat', 'completion', 'map', 'serve']);
});

it('each command is listed under its own name', async () => {
  const program = await createProgram(processIo());
  expect(program.commands.map((command) => command.name())).toEqual(COMMANDS.map(({ name }) => name));
});

it('the help lists the commands by group, and each has examples in its own', async () => {
  const { out } = await modcast('/', ['--help']);
  expect(COMMANDS.length).toBeGreaterThan(8);
  for (const group of ['Serve', 'Inspect', 'Publish', 'Maintain']) expect(out).toContain(`${group}:\n`);
  for (const name of ['deploys', 'log', 'show', 'cat', 'diff', 'blame', 'bisect', 'map', 'completion']) {
    const help = await modcast('/', [name, '--help']);
    expect(help.code).toBe(0);
    expect(help.out).toContain('Examples:\n');
  }
});

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
    '2',
    '1',
  ]);
  expect(complete('modcast', 'diff', '--db', 'r.db', '1', 'r')).toEqual(['r.db']);
  expect(complete('modcast', 'diff', '--db', 'r.db', '1', 'st')).toEqual(['staging']);
  expect(complete('modcast', 'deploys', '--channel', '')).toEqual(['']);
  expect(complete('modcast', 'rollback', '')).toEqual(['']);
  rmSync(directory, { recursive: true });
});
