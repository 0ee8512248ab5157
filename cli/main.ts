#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { ModcastError } from '../schema/index.js';
import { serveCommand } from './serve.js';

/** Exit codes: 0 done, 1 failed with a message that says why, 2 called wrongly. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('modcast')
  .description(
    'A content-addressed registry of ES modules: serves a site so that its pages boot over one socket.',
  )
  .version(version, '-v, --version')
  .showHelpAfterError('(modcast --help shows what there is)')
  .showSuggestionAfterError()
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  modcast serve                      the site in this directory, at http://127.0.0.1:4321/
  modcast serve ./public --open      another directory, and open it in the browser
  modcast serve ./public --port 0    any free port

Docs: README.md, docs/`,
  );

program.addCommand(serveCommand());
for (const command of program.commands) command.copyInheritedSettings(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  } else if (error instanceof ModcastError) {
    console.error(`${pc.red('modcast:')} ${error.message} ${pc.dim(`(${error.code})`)}`);
    process.exitCode = error.code === 'option-invalid' ? EXIT.usage : EXIT.failed;
  } else {
    throw error;
  }
}
