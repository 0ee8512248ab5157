import { Command } from 'commander';
import type { Deploy, Store } from '../../registry/store/store.js';
import { ModcastError } from '../../schema/index.js';
import { chooseChannel } from '../options/choose-channel.js';
import type { Io } from '../io.js';
import { republishOptions, runRepublish, type RepublishCommandOptions } from '../publishing/republish.js';

export function rollbackCommand(io: Io): Command {
  const command = new Command('rollback')
    .summary('take a channel back to an earlier deploy')
    .description(
      'Makes a new deploy with the content of an earlier one. Deletes nothing, so a rollback can be rolled back. Does not work on a channel that a running modcast serve reads from a directory: the next saved file would undo it.',
    )
    .argument('<ref>', 'the deploy to go back to: 12, production~1, @{yesterday}')
    .option('--channel <name>', 'channel to roll back: checked against the channel of the deploy')
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

/** A rollback stays on the deploy's channel. Another channel is a mistake, or needs `modcast promote`. */
async function ownChannel(store: Store, from: Deploy, asked: string | undefined): Promise<string> {
  if (asked === undefined) return from.channel;
  await chooseChannel(store, asked);
  if (asked === from.channel) return asked;
  throw new ModcastError(
    'option-invalid',
    `deploy ${from.number} is on ${from.channel}. To put it on ${asked}, run \`modcast promote ${from.number} --to ${asked}\``,
    { expected: from.channel, found: asked },
  );
}
