import { Command } from 'commander';
import {
  channelDeploys,
  deployChanges,
  splitPackageChanges,
  moduleLog,
  isSelected,
  pathUnknown,
  resolveDeploy,
  typedPath,
  type Change,
  type ModuleEntry,
} from '../../registry/history/index.js';
import type { Store } from '../../registry/index.js';
import { ModcastError, type Channel, type Path } from '../../schema/index.js';
import type { Io } from '../io.js';
import { NO_DEPLOYS, chooseChannel } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonLinesOption } from '../options/json-option.js';
import { REFS_HELP } from '../options/refs.js';
import { timeOption, type TimeStyle } from '../options/time-style.js';
import { wholeNumber } from '../options/values.js';
import { packageLines, statusLines } from '../output/changes.js';
import { deployHead } from '../output/deploy.js';
import { changeJson, deployJson, jsonLine } from '../output/json.js';
import { paged, type Write } from '../output/pager.js';
import { binaryOption, formatPatch, patchJson, readPatch } from '../output/patch.js';
import { versionTable } from '../output/version-table.js';

interface LogOptions extends DatabaseOptions {
  channel?: string;
  from?: string;
  limit?: number;
  patch?: true;
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
    .option('--channel <name>', 'channel to read (default: production, else that of the newest deploy)')
    .option('--from <ref>', 'start at this deploy and go back, on its channel')
    .option('-n, --limit <count>', 'only the newest <count>; also -3', wholeNumber({ least: 1 }))
    .option('--no-follow', 'do not follow a moved file')
    .option('--packages', 'list the files of packages, not only the packages')
    .option('--all', `list all changes of a deploy, not only ${LISTED}`);
  binaryOption(command);
  jsonLinesOption(
    databaseOption(timeOption(command)),
    'a line per version: number, last, deploy, change, lines {added, deleted}, growth, with -p patch, encoding; or per deploy: deploy, changes, with -p each with patch, encoding',
  );
  return command
    .addHelpText(
      'after',
      `${REFS_HELP}

Examples:
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
        await historyOf(io, { store, channel, upTo, write }, path, options);
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
}

async function historyOf(
  io: Io,
  source: Source,
  given: string | undefined,
  options: LogOptions,
): Promise<void> {
  const path = typedPath(given ?? '').replace(/^\.$/, '');
  if (path === '') return void (await channelLog(io, source, [], options));
  const isModule = !path.endsWith('/') && (await pathLog(io, source, path, options)) > 0;
  if (isModule || (await channelLog(io, source, [path], options)) > 0) return;
  const { store, channel } = source;
  if ((await store.channels()).includes(path) || /^(?:latest|HEAD|[1-9]\d*)(?:[~^]\d*)*$/.test(path)) {
    throw new ModcastError(
      'path-unknown',
      `no file is called ${JSON.stringify(path)}; to start at that deploy, use \`modcast log --from ${path}\``,
      { expected: 'the path of a file or a directory', found: path },
    );
  }
  throw pathUnknown(
    `channel ${channel} never had a file ${JSON.stringify(path)}`,
    path,
    await pathsOf(source),
    `list its files with \`modcast show ${channel}:\``,
  );
}

/** Every path that the channel has had, those of its newest deploy first. */
async function pathsOf({ store, channel, upTo }: Source): Promise<Path[]> {
  const paths = new Set<Path>();
  for await (const { number } of channelDeploys(store, channel, upTo)) {
    if (paths.size === 0)
      for (const path of (await store.manifest(number))?.modules.keys() ?? []) paths.add(path);
    for (const { path } of (await store.changes(number)) ?? []) paths.add(path);
  }
  return [...paths];
}

/** The patch as `--json -p` shows it. */
async function patchFields(store: Store, change: Change, options: LogOptions) {
  return options.patch ? patchJson(await readPatch(change, store, store, options)) : {};
}

/** Whether a deploy changed these files and directories, or may have: gc drops what the oldest changed. */
async function hasChanged(store: Store, number: number, selected: readonly string[]): Promise<boolean> {
  const changes = await store.changes(number);
  const paths = changes?.map(({ path }) => path) ?? [
    ...((await store.manifest(number))?.modules.keys() ?? []),
  ];
  return paths.some((path) => isSelected(path, selected));
}

/**
 * @param selected only changes of these files and directories; empty: all
 * @returns how many deploys were shown
 */
async function channelLog(
  io: Io,
  { store, channel, upTo, write }: Source,
  selected: readonly string[],
  options: LogOptions,
): Promise<number> {
  let shown = 0;
  for await (const deploy of channelDeploys(store, channel, upTo)) {
    const isMatch = ({ path, oldPath }: { path: Path; oldPath?: Path | null }) =>
      [path, oldPath ?? path].some((each) => isSelected(each, selected));
    if (selected.length > 0 && !(await hasChanged(store, deploy.number, selected))) continue;
    const changes = (await deployChanges(store, deploy.number))?.filter(isMatch) ?? null;
    if (options.json) {
      const list: unknown[] = [];
      for (const change of changes ?? []) {
        list.push({ ...changeJson(change), ...(await patchFields(store, change, options)) });
      }
      await write(jsonLine({ deploy: deployJson(deploy), changes: changes && list }));
    } else {
      await write((shown > 0 ? '\n' : '') + deployHead(io, deploy, options.time));
      if (changes === null)
        await write(
          `  ${io.colours.dim('changes are not known: `modcast gc` has dropped the deploy before it')}\n`,
        );
      const list = changes ?? [];
      if (options.patch) {
        if (list.length > 0) await write('\n');
        const shownWhole = options.packages === true || selected.length > 0;
        const split = splitPackageChanges(shownWhole ? [] : list);
        for (const line of packageLines(io, split)) await write(line);
        for (const change of shownWhole ? list : split.others)
          await write(formatPatch(io, await readPatch(change, store, store, options)));
      } else {
        const lines = statusLines(io, list, options.packages === true || selected.length > 0);
        const most = options.all || lines.length <= LISTED + 1 ? lines.length : LISTED;
        for (const line of lines.slice(0, most)) await write(`  ${line}\n`);
        const more = lines.length - most;
        if (more > 0)
          await write(`  ${io.colours.dim(`… and ${more.toLocaleString('en')} more; --all lists them`)}\n`);
      }
    }
    if (++shown === options.limit) break;
  }
  return shown;
}

/** @returns how many versions were shown */
async function pathLog(
  io: Io,
  { store, channel, upTo, write }: Source,
  path: Path,
  options: LogOptions,
): Promise<number> {
  const entries: ModuleEntry[] = [];
  let shown = 0;
  for await (const entry of moduleLog(store, channel, path, upTo, options.follow)) {
    if (options.json)
      await write(jsonLine({ ...entryJson(entry), ...(await patchFields(store, entry.change, options)) }));
    else if (options.patch) {
      const head =
        entry.deploy === null
          ? `${io.colours.yellow(`deploy ${entry.number}`)} ${io.colours.dim('· dropped by gc')}\n`
          : deployHead(io, entry.deploy, options.time);
      await write(`${shown > 0 ? '\n' : ''}${head}\n`);
      await write(formatPatch(io, await readPatch(entry.change, store, store, options)));
    } else entries.push(entry);
    if (++shown === options.limit) break;
  }
  if (entries.length > 0) await write(versionTable(io, path, entries, options.time));
  return shown;
}

const entryJson = (entry: ModuleEntry) => ({
  number: entry.number,
  last: entry.last,
  deploy: entry.deploy === null ? null : deployJson(entry.deploy),
  change: changeJson(entry.change),
  lines: entry.lines,
  growth: entry.growth,
});
