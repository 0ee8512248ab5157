import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../../cli/commands.js';
import { commandNodes } from '../../../cli/completion/command-nodes.js';
import { processIo } from '../../../cli/io.js';
import { createProgram } from '../../../cli/program.js';
import { reference } from '../../../cli/reference.js';
import { modcast } from './program.js';

it('docs/cli.md is up to date (npm run docs generates it)', async () => {
  expect(readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8')).toBe(await reference());
});

it('all commands take --json, except those that docs/cli.md names', async () => {
  const without = commandNodes(await createProgram(processIo()))
    .filter(({ command }) => command.commands.length === 0)
    .filter(({ command }) => !command.options.some(({ long }) => long === '--json'))
    .map(({ words }) => words);
  expect(without.toSorted()).toEqual(['cat', 'completion', 'map', 'sbom', 'serve']);
});

it('each command has the name under which it is listed', async () => {
  const program = await createProgram(processIo());
  expect(program.commands.map((command) => command.name())).toEqual(COMMANDS.map(({ name }) => name));
});

it('the help lists the commands by group, and the help of each has examples', async () => {
  const { out } = await modcast('/', ['--help']);
  expect(COMMANDS.length).toBeGreaterThan(8);
  for (const group of ['Serve', 'Inspect', 'Publish', 'Maintain']) expect(out).toContain(`${group}:\n`);
  for (const { name } of COMMANDS.filter(({ hidden }) => !hidden)) {
    const help = await modcast('/', [name, '--help']);
    expect(help.code).toBe(0);
    expect(help.out).toContain('Examples:\n');
  }
});
