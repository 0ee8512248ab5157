import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../../cli/commands.js';
import { commandNodes } from '../../../cli/completion.js';
import { processIo } from '../../../cli/io.js';
import { createProgram } from '../../../cli/program.js';
import { reference } from '../../../cli/reference.js';
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
  for (const group of ['Serving', 'Asking', 'Publishing', 'Keeping']) expect(out).toContain(`${group}:\n`);
  for (const name of ['deploys', 'log', 'show', 'cat', 'diff', 'blame', 'bisect', 'map', 'completion']) {
    const help = await modcast('/', [name, '--help']);
    expect(help.code).toBe(0);
    expect(help.out).toContain('Examples:\n');
  }
});

it('completes commands and options in bash', async () => {
  const { out: script } = await modcast('/', ['completion', 'bash']);
  const complete = (...words: string[]): string[] => {
    const list = words.map((word) => `'${word}'`).join(' ');
    const run = `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _modcast; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', run], { encoding: 'utf8' }).stdout.trim().split('\n');
  };
  expect(complete('modcast', 'bi')).toEqual(['bisect']);
  expect(complete('modcast', 'diff', '--na')).toEqual(['--name-status']);
  expect(complete('modcast', 'token', 'cr')).toEqual(['create']);
});
