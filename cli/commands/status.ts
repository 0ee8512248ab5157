import path from 'node:path';
import { Command } from 'commander';
import {
  compare,
  deploySnapshot,
  resolveDeploy,
  tagsByDeploy,
  splitPackageChanges,
  type Change,
} from '../../registry/history/index.js';
import type { Deploy } from '../../registry/index.js';
import type { Io } from '../io.js';
import { NO_DEPLOYS, chooseChannel } from '../options/choose-channel.js';
import { configOption, ownTransforms, type ConfigOptions } from '../options/config.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { filterOptions, type FilterOptions } from '../options/filter.js';
import { jsonOption } from '../options/json-option.js';
import { openDirectory, siteDirectory } from '../options/sides.js';
import { formatTime, timeOption, type TimeStyle } from '../options/time-style.js';
import { changeCounts, statusLines } from '../output/changes.js';
import { changeJson, deployJson, writeJson } from '../output/json.js';
import { paged } from '../output/pager.js';
import { shellWord } from '../output/shell.js';
import { printable } from '../output/text.js';

interface StatusOptions extends ConfigOptions, DatabaseOptions, FilterOptions {
  channel?: string;
  short?: true;
  packages?: true;
  time: TimeStyle;
  json?: true;
}

export function statusCommand(io: Io): Command {
  const command = new Command('status')
    .summary('show what a publish would change')
    .description(
      'Compares the newest deploy of a channel with a directory, and lists the changed files: A added, M modified, D deleted, R renamed. `modcast diff` shows their lines.',
    )
    .argument('[dir]', 'directory of the site (default: that of the database, else the current one)')
    .option('--channel <name>', 'channel to compare (default: production, else that of the newest deploy)')
    .option('-s, --short', 'list only the changes')
    .option('--packages', 'list the files of packages, not only the packages');
  filterOptions(command, 'all files, without temporary files of editors');
  jsonOption(
    databaseOption(configOption(timeOption(command))),
    'deploy, directory, changes: a list of status, path, oldPath, similarity, before, after; packages',
  );
  return command
    .addHelpText(
      'after',
      `
Examples:
  modcast status
  modcast status public --channel staging
  modcast status -s`,
    )
    .action((dir: string | undefined, options: StatusOptions) => status(io, dir, options));
}

async function status(io: Io, dir: string | undefined, options: StatusOptions): Promise<void> {
  const transforms = await ownTransforms(io, options);
  await withStore(io, options, async (store, database) => {
    const directory = dir === undefined ? siteDirectory(io, database) : path.resolve(io.cwd, dir);
    const channel = await chooseChannel(store, options.channel);
    if (channel === null) {
      const none = { deploy: null, directory, changes: [], packages: [] };
      return options.json ? writeJson(io, none) : io.write(`${NO_DEPLOYS}\n`);
    }
    const deploy = await resolveDeploy(store, channel, io.now());
    const before = deploySnapshot(store, deploy);
    const after = await openDirectory({ store, database, channel, transforms }, directory, deploy, options);
    const changes = await compare(before, after);
    if (options.json) {
      return writeJson(io, {
        deploy: deployJson(deploy, await tagsByDeploy(store)),
        directory,
        changes: changes.map(changeJson),
        packages: splitPackageChanges(changes).packages,
      });
    }
    const lines = statusLines(io, changes, options.packages === true);
    await paged(io, async (write) => {
      if (!options.short) await write(head(io, deploy, directory, options.time));
      for (const line of lines) await write(`${line}\n`);
      if (!options.short) await write(advice(io, changes, deploy, directory));
    });
  });
}

function head(io: Io, deploy: Deploy, directory: string, time: TimeStyle): string {
  const { cyan, yellow, dim } = io.colours;
  const at = printable(path.relative(io.cwd, directory) || '.');
  const made = dim(`(${formatTime(io, time, deploy.time)})`);
  return `Channel ${cyan(deploy.channel)}, ${yellow(`deploy ${deploy.number}`)} ${made}\nDirectory ${at}\n\n`;
}

function advice(io: Io, changes: readonly Change[], deploy: Deploy, directory: string): string {
  const { dim } = io.colours;
  if (changes.length === 0) return 'No file changed.\n';
  const number = (wanted: Change['status']) => changes.filter(({ status: one }) => one === wanted).length;
  const counts = changeCounts({
    changed: number('modified') + number('renamed'),
    added: number('added'),
    removed: number('deleted'),
  });
  const relative = path.relative(io.cwd, directory);
  if (deploy.modules > 0 && number('deleted') + number('renamed') === deploy.modules) {
    const hint = 'No file of the deploy is at its path there.\n`modcast status <dir>` compares another one.';
    return `\n${counts}\n${dim(hint)}\n`;
  }
  const diff = ['modcast diff', deploy.channel, shellWord(relative === '' ? '.' : `./${relative}`)].join(' ');
  return `\n${counts}\n${dim(`\`${diff}\` shows their lines`)}\n`;
}
