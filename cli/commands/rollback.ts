import { Command } from 'commander';
import type { Deploy, Store } from '../../registry/store/store.js';
import { ModcastError } from '../../schema/index.js';
import { chooseChannel } from '../output/history.js';
import type { Io } from '../io.js';
import { republishOptions, runRepublish, type RepublishCommandOptions } from '../publishing/republish.js';

export function rollbackCommand(io: Io): Command {
  const command = new Command('rollback')
    .summary('take a channel back to an earlier deploy')
    .description(
      'Makes a new deploy with the manifest of an earlier one: nothing is deleted, and a rollback can be rolled back. A channel that a running server reads from a directory takes none: the next save would undo it.',
    )
    .argument('<ref>', 'the deploy to go back to: 12, production~1, @{yesterday}')
    .option('--channel <name>', 'channel to roll back, which is that of the deploy')
    .addHelpText(
      'after',
      `
Examples:
  modcast rollback production~1      undo the last deploy
  modcast rollback 12 -m "12 was the last good one"`,
    )
    .action((ref: string, { channel, ...options }: RepublishCommandOptions & { channel?: string }) =>
      runRepublish(io, ref, options, {
        channelFor: (store, from) => ownChannel(store, from, channel),
        messageOf: ({ number }) => `Rollback to deploy ${number}`,
      }),
    );
  return republishOptions(command);
}

/** Going back is within a channel: naming another one is a mistake, or a promotion. */
async function ownChannel(store: Store, from: Deploy, asked: string | undefined): Promise<string> {
  if (asked === undefined) return from.channel;
  await chooseChannel(store, asked);
  if (asked === from.channel) return asked;
  throw new ModcastError(
    'option-invalid',
    `deploy ${from.number} is of ${from.channel}; to put it on ${asked}: modcast promote ${from.number} --to ${asked}`,
    { expected: from.channel, found: asked },
  );
}
