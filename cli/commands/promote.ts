import { Command } from 'commander';
import type { Io } from '../io.js';
import { republishOptions, runRepublish, type RepublishCommandOptions } from '../publishing/republish.js';

export function promoteCommand(io: Io): Command {
  const command = new Command('promote')
    .summary('put a deploy of one channel on another')
    .description('Makes a new deploy on a channel with exactly the content of a deploy of another channel.')
    .argument('<ref>', 'the deploy to promote: staging, 12')
    .requiredOption('--to <channel>', 'channel to put it on')
    .addHelpText(
      'after',
      `
Examples:
  modcast promote staging --to production`,
    )
    .action((ref: string, { to, ...options }: RepublishCommandOptions & { to: string }) =>
      runRepublish(io, ref, options, {
        channelFor: async () => to,
        messageOf: ({ number, channel }) => `Promote deploy ${number} of ${channel}`,
      }),
    );
  return republishOptions(command);
}
