import { Command, InvalidArgumentError } from 'commander';
import path from 'node:path';
import { DEFAULT_FILTER } from '../../registry/ingest/files.js';
import { TIME_EXAMPLES, parseTime } from '../../registry/history/when.js';
import { importGit, type GitImported } from '../../registry/git/index.js';
import { refuseFollowed } from '../../registry/store/lock.js';
import { parseChannel } from '../../schema/index.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { count } from '../output/format.js';
import type { Io } from '../io.js';
import { jsonOption, writeJson } from '../output/pager.js';
import { ProgressLine } from '../output/progress-line.js';
import { printable } from '../output/table.js';

interface ImportOptions extends DatabaseOptions {
  git: string;
  path: string;
  channel: string;
  branch: string;
  since?: number;
  include?: string[];
  exclude?: string[];
  json?: boolean;
}

const timeSince =
  (io: Io) =>
  (text: string): number => {
    const time = parseTime(text, io.now());
    if (time === undefined) throw new InvalidArgumentError(`a time, as ${TIME_EXAMPLES}.`);
    return time;
  };

const collect = (value: string, list: string[] = []): string[] => [...list, value];

export function importCommand(io: Io): Command {
  const command = new Command('import')
    .summary('make deploys of the history of a git repository')
    .description(
      'Makes a deploy of every commit that changes the site, going by first parents, with its author, time and message. What has been imported is not imported again: run it once more for what is new.',
    )
    .requiredOption('--git <repository>', 'a work tree or a bare repository')
    .option('--path <folder>', 'the folder of the repository that is the site', '')
    .option('--channel <name>', 'channel to deploy to', 'dev')
    .option('--branch <name>', 'branch, tag or commit', 'HEAD')
    .option('--since <date>', 'only commits since then: 2026-01-01, "3 months ago"', timeSince(io))
    .option('--include <glob>', 'files to keep, repeatable (default: **/*.{js,mjs,json,css,html})', collect)
    .option('--exclude <glob>', 'files to leave out, repeatable (default: **/node_modules/**)', collect)
    .addHelpText(
      'after',
      `
Examples:
  modcast import --git . --path public
  modcast import --git ~/site.git --branch main --channel production
  modcast import --git . --since '6 months ago' --exclude '**/*.test.mjs'`,
    )
    .action((options: ImportOptions) => importHistory(io, options));
  jsonOption(command, '{commits, known, deploys, head, skipped: [{path, reason, commit}]}');
  return databaseOption(command);
}

async function importHistory(io: Io, options: ImportOptions): Promise<void> {
  const channel = parseChannel(options.channel);
  const line = new ProgressLine(io);
  const imported = await withStore(
    io,
    options,
    async (store, file) => {
      refuseFollowed(file, channel);
      try {
        return await importGit({
          store,
          repository: path.resolve(io.cwd, options.git),
          folder: options.path,
          channel,
          branch: options.branch,
          since: options.since ?? null,
          filter: {
            include: options.include ?? DEFAULT_FILTER.include,
            exclude: options.exclude ?? DEFAULT_FILTER.exclude,
          },
          now: () => io.now(),
          progress: ({ done, total, deploys }) =>
            line.show(
              `  ${done.toLocaleString('en')} of ${count(total, 'commit')}, ${count(deploys, 'deploy')}…`,
            ),
        });
      } finally {
        line.clear();
      }
    },
    { create: true },
  );
  if (options.json === true) return writeJson(io, imported);
  for (const { path: name, reason, commit } of imported.skipped) {
    io.write(
      `${io.colours.yellow('left out')} ${printable(name)}: ${reason} ${io.colours.dim(`(${commit.slice(0, 10)})`)}\n`,
    );
  }
  io.write(`${sentence(imported, channel)}\n`);
}

function sentence({ commits, known, deploys, head }: GitImported, channel: string): string {
  const before = known === 0 ? '' : `, ${count(known, 'commit')} imported before`;
  // Commits that change nothing of the site make no deploy, so they are looked at each time.
  if (commits === 0 || (deploys === 0 && known > 0)) return `nothing new on ${channel}${before}`;
  const now = head === null ? 'it has no deploy yet' : `its head is deploy ${head}`;
  return `${count(commits, 'commit')}: ${count(deploys, 'deploy')} on ${channel}${before}; ${now}`;
}
