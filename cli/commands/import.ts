import { Command } from 'commander';
import path from 'node:path';
import { importGit, type GitImported } from '../../registry/git/index.js';
import { NpmInstalls, defaultInstallsFolder } from '../../registry/git/npm-installs.js';
import { DEFAULT_FILTER, SITE_FILTER } from '../../registry/ingest/files.js';
import { refuseFollowed } from '../../registry/store/lock.js';
import { publishMode } from '../../registry/transform/index.js';
import { ModcastError, parseChannel } from '../../schema/index.js';
import type { Io } from '../io.js';
import { configOption, ownTransforms, type ConfigOptions } from '../options/config.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { WATCHED_CHANNEL, filterOf, filterOptions, type FilterOptions } from '../options/filter.js';
import { jsonOption } from '../options/json-option.js';
import { timeValue, wholeNumber } from '../options/values.js';
import { count } from '../output/format.js';
import { writeJson } from '../output/json.js';
import { ProgressLine } from '../output/progress-line.js';
import { printable } from '../output/text.js';

interface ImportOptions extends ConfigOptions, DatabaseOptions, FilterOptions {
  git: string;
  path: string;
  channel: string;
  branch: string;
  since?: number;
  max?: number;
  install?: true;
  installFolder?: string;
  json?: boolean;
}

export function importCommand(io: Io): Command {
  const command = filterOptions(
    new Command('import')
      .summary('import the history of a git repository as deploys')
      .description(
        'Makes one deploy for each commit that changes the site, with the commit’s author, time and message. Follows first parents only. Run it again to import new commits; a commit is imported once.',
      )
      .requiredOption('--git <repository>', 'a work tree or a bare repository')
      .option('--path <folder>', 'folder of the site in the repository (default: all of it)', '')
      .option('--channel <name>', 'channel to import into', WATCHED_CHANNEL)
      .option('--branch <name>', 'branch, tag or commit to import', 'HEAD')
      .option('--since <date>', 'only commits since this time: 2026-01-01, "3 months ago"', timeValue(io))
      .option('--max <count>', 'only so many commits, the newest ones', wholeNumber({ least: 1 }))
      .option(
        '--install',
        'install the packages of each package-lock.json with npm ci, without their scripts, and add to each deploy those that its site imports by name',
      )
      .option(
        '--install-folder <folder>',
        'where to keep what was installed, for the next import (default: modcast/installs in the folder for caches of your system)',
      ),
    `all, as in publish; on the channel ${WATCHED_CHANNEL} those of serve, which continues there`,
  )
    .addHelpText(
      'after',
      `
Examples:
  modcast import --git . --path public
  modcast import --git ~/site.git --branch main --channel production
  modcast import --git . --path public --install --max 100
  modcast import --git . --since '6 months ago' --exclude '**/*.test.mjs'`,
    )
    .action((options: ImportOptions) => importHistory(io, options));
  jsonOption(
    command,
    '{commits, known, deploys, head, skipped: [{path, reason, commit}], packagesMissing: [{reason, commit, commits}] with --install, dropped: true if gc has dropped deploys}',
  );
  return databaseOption(configOption(command), 'here or in a parent directory');
}

async function importHistory(io: Io, options: ImportOptions): Promise<void> {
  const channel = parseChannel(options.channel);
  const line = new ProgressLine(io);
  if (options.installFolder !== undefined && options.install !== true) {
    const message = '--install-folder needs --install: otherwise nothing is installed';
    throw new ModcastError('option-invalid', message, { found: options.installFolder });
  }
  const transforms = await ownTransforms(io, options);
  const installs = installsOf(io, options);
  let counts = '';
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
          max: options.max ?? null,
          installs,
          mode: publishMode(channel),
          transforms,
          onInstall: ({ name }) =>
            line.show(`${counts}  installing the packages of commit ${name.slice(0, 10)}…`),
          filter: filterOf(options, channel === WATCHED_CHANNEL ? DEFAULT_FILTER : SITE_FILTER),
          now: () => io.now(),
          progress({ done, total, deploys }) {
            counts = `  ${done.toLocaleString('en')} of ${count(total, 'commit')}, ${count(deploys, 'deploy')}…`;
            line.show(counts);
          },
        });
      } finally {
        line.clear();
      }
    },
    { create: 'for-site' },
  );
  if (options.json === true) return writeJson(io, imported);
  for (const { path: name, reason, commit } of imported.skipped) {
    io.write(
      `${io.colours.yellow('left out')} ${printable(name)}: ${reason} ${io.colours.dim(`(${commit.slice(0, 10)})`)}\n`,
    );
  }
  for (const { reason, commit, commits } of imported.packagesMissing ?? []) {
    const more = commits === 1 ? '' : `, and ${count(commits - 1, 'later commit')}`;
    const where = io.colours.dim(`(${commit.slice(0, 10)}${more})`);
    io.write(`${io.colours.yellow('packages')} ${printable(reason)} ${where}\n`);
  }
  io.write(`${sentence(imported, channel)}\n`);
  if (imported.dropped === true) {
    io.write(
      `\`modcast gc\` has dropped older deploys of ${channel}, and an import does not bring them back: a channel only grows. For the whole history, import into another channel with --channel <name>, or into a new database with --db <file>.\n`,
    );
  }
}

function installsOf(io: Io, { install, installFolder }: ImportOptions): NpmInstalls | null {
  if (install !== true) return null;
  const folder =
    installFolder === undefined ? defaultInstallsFolder(io.env) : path.resolve(io.cwd, installFolder);
  return new NpmInstalls({ folder, env: io.env });
}

function sentence({ commits, known, deploys, head }: GitImported, channel: string): string {
  const before = known === 0 ? '' : `, ${count(known, 'commit')} imported before`;
  // A commit that does not change the site makes no deploy, so it is read again each time.
  if (commits === 0 || (deploys === 0 && known > 0)) return `Nothing new on ${channel}${before}.`;
  const newest = head === null ? 'no deploy yet' : `the newest is deploy ${head}`;
  return `${count(commits, 'commit')}: ${count(deploys, 'deploy')} on ${channel}${before}; ${newest}.`;
}
