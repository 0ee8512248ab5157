import { Command } from 'commander';
import {
  channelDeploys,
  deployChanges,
  moduleLog,
  hasPath,
  isSelected,
  isWanted,
  pathUnknown,
  pathsOf,
  resolveDeploy,
  tagsByDeploy,
  typedPath,
  type Change,
  type DeployFilter,
  type DeployTags,
  type ModuleEntry,
} from '../../registry/history/index.js';
import type { Store } from '../../registry/index.js';
import { ModcastError, type Channel, type Path } from '../../schema/index.js';
import type { Io } from '../io.js';
import { NO_DEPLOYS, chooseChannel } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonLinesOption } from '../options/json-option.js';
import {
  changeFilter,
  deployFilter,
  logFilterOptions,
  type LogFilterOptions,
} from '../options/log-filter.js';
import { REFS_HELP, isRefUnknown } from '../options/refs.js';
import { timeOption, type TimeStyle } from '../options/time-style.js';
import { wholeNumber } from '../options/values.js';
import { detailsJson, writeDetails } from '../output/change-details.js';
import { statusLines } from '../output/changes.js';
import { deployHead, oneLine } from '../output/deploy.js';
import { changeJson, deployJson, jsonLine } from '../output/json.js';
import { paged, type Write } from '../output/pager.js';
import { binaryOption, wordDiffOption, type PatchStyle } from '../output/patch.js';
import { versionTable } from '../output/version-table.js';

interface LogOptions extends DatabaseOptions, LogFilterOptions, PatchStyle {
  channel?: string;
  from?: string;
  limit?: number;
  patch?: true;
  stat?: true;
  oneline?: true;
  binary?: true;
  follow: boolean;
  all?: true;
  time: TimeStyle;
  json?: true;
  packages?: true;
}

/** Changes of a deploy that are listed without --all. A channel's first deploy can have thousands. */
const LISTED = 20;

export function logCommand(io: Io): Command {
  const command = new Command('log')
    .summary("show a file's versions, or a channel's changes")
    .description(
      'With the path of a file: lists its versions, newest first, with the deploys that had it first and last. With a directory, or without a path: lists what each deploy of the channel changed there.',
    )
    .argument('[path]', 'a file or a directory: lib/disk.mjs, lib/')
    .option('-p, --patch', 'show changes as patches')
    .option('--stat', 'show changed lines as bars')
    .option('--oneline', 'a line per deploy: its number and the first line of its message')
    .option('--channel <name>', 'channel to read (default: production, else that of the newest deploy)')
    .option('--from <ref>', 'start at this deploy and go back, on its channel')
    .option('-n, --limit <count>', 'only the newest <count>; also -3', wholeNumber({ least: 1 }))
    .option('--no-follow', 'do not follow a moved file')
    .option('--packages', 'list the files of packages, not only the packages')
    .option('--all', `list all changes of a deploy, not only ${LISTED}`);
  logFilterOptions(command, io);
  wordDiffOption(binaryOption(command));
  jsonLinesOption(
    databaseOption(timeOption(command)),
    'a line per version: number, last, deploy, change, lines {added, deleted}, growth, with -p patch, encoding; or per deploy: deploy, changes, with -p each with patch, encoding, with --stat each with added, deleted',
  );
  return command
    .addHelpText(
      'after',
      `${REFS_HELP}
Several filters must all match. -n counts what is left. <regex> is a regular expression of JavaScript.

Examples:
  modcast log --oneline -5
  modcast log --since 2.weeks.ago --author ada --stat
  modcast log -S 'LIMIT = 8'             the deploys that added or removed it
  modcast log -G '^export .*draw' lib/ -p
  modcast log lib/disk.mjs
  modcast log lib/disk.mjs -p
  modcast log lib/ -3
  modcast log --channel production -n 5
  modcast log --from production@{2026-11-01}`,
    )
    .action((path: string | undefined, options: LogOptions) => log(io, path, options));
}

async function log(io: Io, path: string | undefined, options: LogOptions): Promise<void> {
  await withStore(io, options, async (store) => {
    const start = options.from === undefined ? null : await resolveDeploy(store, options.from, io.now());
    const channel = start?.channel ?? (await chooseChannel(store, options.channel));
    await paged(io, async (write) => {
      if (channel === null) {
        if (!options.json) await write(`${NO_DEPLOYS}\n`);
      } else {
        const upTo = start?.number ?? Number.MAX_SAFE_INTEGER - 1;
        const filter = deployFilter(options);
        const isWantedChange = changeFilter(store, options);
        const tags = await tagsByDeploy(store);
        await historyOf(io, { store, channel, upTo, write, filter, isWantedChange, tags }, path, options);
      }
    });
  });
}

interface Source {
  readonly store: Store;
  readonly channel: Channel;
  /** The newest deploy to show. */
  readonly upTo: number;
  readonly write: Write;
  readonly filter: DeployFilter;
  /** The changes that -S or -G selects. Undefined: all. */
  readonly isWantedChange: ReturnType<typeof changeFilter>;
  readonly tags: DeployTags;
}

async function historyOf(
  io: Io,
  source: Source,
  given: string | undefined,
  options: LogOptions,
): Promise<void> {
  const path = typedPath(given ?? '').replace(/^\.$/, '');
  if (path === '') return void (await channelLog(io, source, [], options));
  const isModule = !path.endsWith('/') && (await pathLog(io, source, path, options));
  if (isModule || (await channelLog(io, source, [path], options)) > 0) return;
  const { store, channel, upTo } = source;
  const paths = await pathsOf(store, channel, upTo);
  // The filters have left nothing.
  if (hasPath(paths, path)) return;
  const named = await resolveDeploy(store, path, io.now()).catch((error: unknown) => {
    if (!isRefUnknown(error)) throw error;
    return undefined;
  });
  if (named !== undefined) {
    throw new ModcastError(
      'path-unknown',
      `no file is called ${JSON.stringify(path)}; to start at that deploy, use \`modcast log --from ${path}\``,
      { expected: 'the path of a file or a directory', found: path },
    );
  }
  throw pathUnknown(
    `channel ${channel} never had a file ${JSON.stringify(path)}`,
    path,
    paths,
    `list its files with \`modcast show ${channel}:\``,
  );
}

/** Whether a deploy changed these files and directories, or may have: gc drops what the oldest changed. */
async function hasChanged(store: Store, number: number, selected: readonly string[]): Promise<boolean> {
  const changes = await store.changes(number);
  const paths = changes?.map(({ path }) => path) ?? [
    ...((await store.manifest(number))?.modules.keys() ?? []),
  ];
  return paths.some((path) => isSelected(path, selected));
}

/** The changes of a deploy that the paths, -S and -G select. Null when they are not known: see hasChanged. */
async function selectedChanges(
  { store, isWantedChange }: Source,
  number: number,
  selected: readonly string[],
): Promise<Change[] | null> {
  const changes = await deployChanges(store, number);
  if (changes === null) return null;
  const found: Change[] = [];
  for (const change of changes) {
    const { path, oldPath } = change;
    if (!isSelected(path, selected) && !(oldPath !== null && isSelected(oldPath, selected))) continue;
    if ((await isWantedChange?.(change)) !== false) found.push(change);
  }
  return found;
}

/**
 * @param selected only changes of these files and directories; empty: all
 * @returns how many deploys were shown
 */
async function channelLog(
  io: Io,
  source: Source,
  selected: readonly string[],
  options: LogOptions,
): Promise<number> {
  const { store, channel, upTo, write, filter, isWantedChange, tags } = source;
  const needsChanges = !options.oneline || options.patch || options.stat || isWantedChange !== undefined;
  let shown = 0;
  for await (const deploy of channelDeploys(store, channel, upTo)) {
    if (!isWanted(deploy, filter)) continue;
    if (selected.length > 0 && !(await hasChanged(store, deploy.number, selected))) continue;
    const changes =
      needsChanges || options.json ? await selectedChanges(source, deploy.number, selected) : [];
    if (isWantedChange !== undefined && changes?.length === 0) continue;
    if (options.json) {
      const list: unknown[] = [];
      for (const change of changes ?? []) {
        list.push({ ...changeJson(change), ...(await detailsJson(store, change, options)) });
      }
      await write(jsonLine({ deploy: deployJson(deploy, tags), changes: changes && list }));
    } else {
      if (options.oneline) await write(oneLine(io, deploy.number, deploy, tags));
      else await write((shown > 0 ? '\n' : '') + deployHead(io, deploy, options.time, tags));
      if (needsChanges) await writeChanges(io, source, changes, selected.length > 0, options);
    }
    if (++shown === options.limit) break;
  }
  return shown;
}

/** @param isWhole list the files of packages too: they were asked for */
async function writeChanges(
  io: Io,
  { store, write }: Source,
  changes: readonly Change[] | null,
  isWhole: boolean,
  options: LogOptions,
): Promise<void> {
  const { dim } = io.colours;
  if (changes === null) {
    await write(`  ${dim('changes are not known: `modcast gc` has dropped the deploy before it')}\n`);
  }
  const list = changes ?? [];
  const shownWhole = options.packages === true || isWhole;
  if (options.stat || options.patch) {
    if (list.length > 0 && !options.oneline && !options.stat) await write('\n');
    await writeDetails(io, write, store, list, shownWhole, options);
  } else if (!options.oneline) {
    const lines = statusLines(io, list, shownWhole);
    const most = options.all || lines.length <= LISTED + 1 ? lines.length : LISTED;
    for (const line of lines.slice(0, most)) await write(`  ${line}\n`);
    const more = lines.length - most;
    if (more > 0) await write(`  ${dim(`… and ${more.toLocaleString('en')} more; --all lists them`)}\n`);
  }
}

/** @returns whether the path has had a version, also if the filters select none */
async function pathLog(io: Io, source: Source, path: Path, options: LogOptions): Promise<boolean> {
  const { store, channel, upTo, write, filter, isWantedChange, tags } = source;
  const entries: ModuleEntry[] = [];
  let isKnown = false;
  let shown = 0;
  for await (const entry of moduleLog(store, channel, path, upTo, options.follow)) {
    isKnown = true;
    const { change, deploy, number } = entry;
    if (!isWanted(deploy, filter) || (await isWantedChange?.(change)) === false) continue;
    if (options.json)
      await write(jsonLine({ ...entryJson(entry, tags), ...(await detailsJson(store, change, options)) }));
    else if (options.patch || options.stat || options.oneline) {
      if (options.oneline) await write(oneLine(io, number, deploy, tags));
      else {
        const dropped = `${io.colours.yellow(`deploy ${number}`)} ${io.colours.dim('· dropped by gc')}\n`;
        const head = deploy === null ? dropped : deployHead(io, deploy, options.time, tags);
        await write(`${shown > 0 ? '\n' : ''}${head}${options.patch && !options.stat ? '\n' : ''}`);
      }
      if (options.patch || options.stat) await writeDetails(io, write, store, [change], true, options);
    } else entries.push(entry);
    if (++shown === options.limit) break;
  }
  if (entries.length > 0) await write(versionTable(io, path, entries, { time: options.time, tags }));
  return isKnown;
}

const entryJson = (entry: ModuleEntry, tags: DeployTags) => ({
  number: entry.number,
  last: entry.last,
  deploy: entry.deploy === null ? null : deployJson(entry.deploy, tags),
  change: changeJson(entry.change),
  lines: entry.lines,
  growth: entry.growth,
});
