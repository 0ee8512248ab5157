import { Command } from 'commander';
import { tagsByDeploy } from '../../registry/history/index.js';
import type { Io } from '../io.js';
import { NO_DEPLOYS } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonOption } from '../options/json-option.js';
import { formatTime, timeOption, type TimeStyle } from '../options/time-style.js';
import { decoration } from '../output/deploy.js';
import { formatBytes } from '../output/format.js';
import { deployJson, writeJson } from '../output/json.js';
import { paged } from '../output/pager.js';
import { formatTable } from '../output/table.js';

interface ChannelsOptions extends DatabaseOptions {
  time: TimeStyle;
  json?: true;
}

export function channelsCommand(io: Io): Command {
  const command = new Command('channels')
    .summary('list the channels, with the newest deploy of each')
    .description('Lists the channels, sorted by name, with the deploy that clients of each one get.');
  jsonOption(databaseOption(timeOption(command)), 'a list of channel, head (a deploy, as in `deploys`)');
  return command
    .addHelpText(
      'after',
      `
Examples:
  modcast channels
  modcast channels --json | jq -r '.[] | "\\(.channel) \\(.head.number)"'`,
    )
    .action((options: ChannelsOptions) => channels(io, options));
}

async function channels(io: Io, options: ChannelsOptions): Promise<void> {
  await withStore(io, options, async (store) => {
    const names = await store.channels();
    const heads = await Promise.all(
      names.map(async (channel) => ({ channel, head: await store.head(channel) })),
    );
    const tags = await tagsByDeploy(store);
    if (options.json) {
      return writeJson(
        io,
        heads.map(({ channel, head }) => ({ channel, head: head && deployJson(head, tags) })),
      );
    }
    if (heads.length === 0) return io.write(`${NO_DEPLOYS}\n`);
    const { cyan, yellow, dim } = io.colours;
    await paged(io, (write) =>
      write(
        formatTable(
          [
            { title: 'channel', paint: cyan },
            { title: 'deploy', align: 'right', paint: yellow },
            { title: 'when', whole: true },
            { title: 'who', expendable: true },
            { title: 'files', align: 'right', optional: true },
            { title: 'size', align: 'right', optional: true },
            { title: 'message', shrinks: true },
          ],
          heads.map(({ channel, head }) =>
            head === null
              ? [channel, '', '', '', '', '', '']
              : [
                  channel,
                  String(head.number),
                  formatTime(io, options.time, head.time),
                  head.author,
                  head.modules.toLocaleString('en'),
                  formatBytes(head.bytes),
                  `${decoration(head.number, tags)}${head.message.split('\n', 1)[0]!}`.trimEnd(),
                ],
          ),
          io.columns,
          dim,
        ),
      ),
    );
  });
}
