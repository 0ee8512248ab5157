import { Command } from 'commander';
import type { Io } from './io.js';
import { republishOptions, runRepublish, type RepublishCommandOptions } from './republish.js';

export function rollbackCommand(io: Io): Command {
  const command = new Command('rollback')
    .summary('take a channel back to an earlier deploy')
    .description(
      'Makes a new deploy with the manifest of an earlier one: nothing is deleted, and a rollback can be rolled back.',
    )
    .argument('<ref>', 'the deploy to go back to: 12, production~1, @{yesterday}')
    .option('--channel <name>', 'channel to roll back (default: that of the deploy)')
    .addHelpText(
      'after',
      `
Examples:
  modcast rollback production~1      undo the last deploy
  modcast rollback 12 -m "12 was the last good one"`,
    )
    .action((ref: string, options: RepublishCommandOptions) =>
      runRepublish(io, ref, options, ({ number }) => `Rollback to deploy ${number}`),
    );
  return republishOptions(command);
}
