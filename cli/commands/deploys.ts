import { Command } from 'commander';
import type { Deploy } from '../../registry/index.js';
import { channelDeploys, tagsByDeploy } from '../../registry/history/index.js';
import type { Io } from '../io.js';
import { NO_DEPLOYS, chooseChannel } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonLinesOption } from '../options/json-option.js';
import { formatTime, timeOption, type TimeStyle } from '../options/time-style.js';
import { wholeNumber } from '../options/values.js';
import { decoration } from '../output/deploy.js';
import { formatBytes } from '../output/format.js';
import { deployJson, jsonLine } from '../output/json.js';
import { paged } from '../output/pager.js';
import { formatTable } from '../output/table.js';

interface DeploysOptions extends DatabaseOptions {
  channel?: string;
  limit?: number;
  time: TimeStyle;
  json?: true;
}

export function deploysCommand(io: Io): Command {
  const command = new Command('deploys')
    .summary('list the deploys, newest first')
    .description(
      'Lists the deploys of all channels or of one, newest first, with their author and the number of changed files.',
    )
    .option('--channel <name>', 'only deploys of this channel')
    .option('-n, --limit <count>', 'only the newest <count>; also -3', wholeNumber({ least: 1 }));
  jsonLinesOption(
    databaseOption(timeOption(command)),
    'a line per deploy: number, channel, time, author, message, manifest, parent, commit, added, changed, removed, files, bytes, tags',
  );
  return command
    .addHelpText(
      'after',
      `
+1 ~2 -3 means: 1 file added, 2 changed and 3 removed since the deploy before.

Examples:
  modcast deploys
  modcast deploys --channel production -n 20
  modcast deploys --json | jq -r 'select(.author == "ada") | .number'`,
    )
    .action((options: DeploysOptions) => deploys(io, options));
}

function changes({ added, changed, removed }: Deploy): string {
  const parts = [
    ['+', added],
    ['~', changed],
    ['-', removed],
  ] as const;
  return parts.flatMap(([sign, n]) => (n === 0 ? [] : [`${sign}${n}`])).join(' ') || '·';
}

async function deploys(io: Io, options: DeploysOptions): Promise<void> {
  await withStore(io, options, async (store) => {
    const channel =
      options.channel === undefined
        ? undefined
        : ((await chooseChannel(store, options.channel)) ?? undefined);
    const tags = await tagsByDeploy(store);
    const list: Deploy[] = [];
    const limit = options.limit ?? Infinity;
    await paged(io, async (write) => {
      for await (const deploy of channelDeploys(store, channel, Number.MAX_SAFE_INTEGER - 1)) {
        if (options.json) await write(jsonLine(deployJson(deploy, tags)));
        list.push(deploy);
        if (list.length >= limit) break;
      }
      if (options.json) return;
      if (list.length === 0) return write(`${NO_DEPLOYS}\n`);
      const { dim, yellow, green, cyan } = io.colours;
      const paintChanges = (text: string) =>
        text.replace(/\+\d+/, green).replace(/~\d+/, yellow).replace(/-\d+/, io.colours.red);
      await write(
        formatTable(
          [
            { title: 'deploy', align: 'right', paint: yellow },
            { title: 'channel', paint: cyan, expendable: true },
            { title: 'when', whole: true },
            { title: 'who', expendable: true },
            { title: 'changes', whole: true, paint: paintChanges },
            { title: 'files', align: 'right', optional: true },
            { title: 'size', align: 'right', optional: true },
            { title: 'message', shrinks: true },
          ],
          list.map((deploy) => [
            String(deploy.number),
            deploy.channel,
            formatTime(io, options.time, deploy.time),
            deploy.author,
            changes(deploy),
            deploy.modules.toLocaleString('en'),
            formatBytes(deploy.bytes),
            `${decoration(deploy.number, tags)}${deploy.message.split('\n', 1)[0]!}`.trimEnd(),
          ]),
          io.columns,
          dim,
        ),
      );
    });
  });
}
