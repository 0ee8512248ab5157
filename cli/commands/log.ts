import { Command } from 'commander';
import {
  channelDeploys,
  deployChanges,
  moduleLog,
  resolveDeploy,
  STATUS_LETTERS,
  type Change,
  type ModuleEntry,
} from '../../registry/history/index.js';
import type { Store } from '../../registry/index.js';
import type { Channel, Path } from '../../schema/index.js';
import { ModcastError } from '../../schema/index.js';
import type { Io } from '../io.js';
import { NO_DEPLOYS, chooseChannel } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonOption } from '../options/json-option.js';
import { REFS_HELP } from '../options/refs.js';
import { formatTime, timeOption, type TimeStyle } from '../options/time-style.js';
import { wholeNumber } from '../options/values.js';
import { formatPaths, statusLine } from '../output/changes.js';
import { deployHead } from '../output/deploy.js';
import { formatBytes } from '../output/format.js';
import { changeJson, deployJson, jsonLine } from '../output/json.js';
import { paged, type Write } from '../output/pager.js';
import { formatPatch, patchText, readPatch } from '../output/patch.js';
import { formatTable } from '../output/table.js';

interface LogOptions extends DatabaseOptions {
  channel?: string;
  from?: string;
  limit?: number;
  patch?: true;
  follow: boolean;
  all?: true;
  time: TimeStyle;
  json?: true;
}

/** Changes of a deploy that are listed without --all. A channel's first deploy can have thousands. */
const LISTED = 20;

export function logCommand(io: Io): Command {
  const command = new Command('log')
    .summary("show a module's versions, or a channel's changes")
    .description(
      'With a path: lists every version of the module, newest first, with the deploys that had it first and last. Without a path: lists what each deploy of the channel changed.',
    )
    .argument('[path]', 'a module: lib/disk.mjs')
    .option('-p, --patch', 'show changes as patches')
    .option('--channel <name>', 'channel to read (default: production, else that of the newest deploy)')
    .option('--from <ref>', 'start at this deploy and go back, on its channel')
    .option('-n, --limit <count>', 'only the newest <count>', wholeNumber({ least: 1 }))
    .option('--no-follow', 'do not follow a module that was moved without a change')
    .option('--all', `list all changes of a deploy, not only ${LISTED}`);
  jsonOption(
    databaseOption(timeOption(command)),
    'a line per version: number, last, deploy, change, lines {added, deleted}, growth, with -p patch; or per deploy: deploy, changes, with -p each with patch',
  );
  return command
    .addHelpText(
      'after',
      `${REFS_HELP}

Examples:
  modcast log lib/disk.mjs
  modcast log lib/disk.mjs -p
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
        if (path === undefined) await channelLog(io, store, channel, upTo, options, write);
        else await pathLog(io, store, channel, path.replace(/^\.\//, ''), upTo, options, write);
      }
    });
  });
}

/** The patch as `--json -p` shows it. */
async function patchJson(store: Store, change: Change, { patch }: LogOptions): Promise<{ patch?: string }> {
  return patch ? { patch: patchText(await readPatch(change, store, store)) } : {};
}

async function channelLog(
  io: Io,
  store: Store,
  channel: Channel,
  upTo: number,
  options: LogOptions,
  write: Write,
): Promise<void> {
  let shown = 0;
  for await (const deploy of channelDeploys(store, channel, upTo)) {
    const changes = await deployChanges(store, deploy.number);
    if (options.json) {
      const list: unknown[] = [];
      for (const change of changes ?? []) {
        list.push({ ...changeJson(change), ...(await patchJson(store, change, options)) });
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
        for (const change of list) await write(formatPatch(io, await readPatch(change, store, store)));
      } else {
        const most = options.all || list.length <= LISTED + 1 ? list.length : LISTED;
        for (const change of list.slice(0, most)) await write(`  ${statusLine(io, change)}\n`);
        const more = list.length - most;
        if (more > 0)
          await write(`  ${io.colours.dim(`… and ${more.toLocaleString('en')} more; --all lists them`)}\n`);
      }
    }
    if (++shown === options.limit) return;
  }
}

const signed = (bytes: number): string =>
  bytes === 0 ? '·' : `${bytes > 0 ? '+' : '-'}${formatBytes(Math.abs(bytes))}`;

const lineCounts = ({ lines }: ModuleEntry): string =>
  lines === null ? 'binary' : `+${lines.added} -${lines.deleted}`;

async function pathLog(
  io: Io,
  store: Store,
  channel: Channel,
  path: Path,
  upTo: number,
  options: LogOptions,
  write: Write,
): Promise<void> {
  const entries: ModuleEntry[] = [];
  let shown = 0;
  for await (const entry of moduleLog(store, channel, path, upTo, options.follow)) {
    if (options.json)
      await write(jsonLine({ ...entryJson(entry), ...(await patchJson(store, entry.change, options)) }));
    else if (options.patch) {
      const head =
        entry.deploy === null
          ? `${io.colours.yellow(`deploy ${entry.number}`)} ${io.colours.dim('· dropped by gc')}\n`
          : deployHead(io, entry.deploy, options.time);
      const patch = await readPatch(entry.change, store, store);
      await write(`${shown > 0 ? '\n' : ''}${head}\n${formatPatch(io, patch)}`);
    } else entries.push(entry);
    if (++shown === options.limit) break;
  }
  if (shown === 0) {
    throw new ModcastError(
      'path-unknown',
      `channel ${channel} never had a module ${JSON.stringify(path)}; list its modules with \`modcast show ${channel}:\``,
      {
        expected: 'the path of a module',
        found: path,
      },
    );
  }
  if (entries.length > 0) await write(entryTable(io, path, entries, options));
}

function entryTable(io: Io, path: Path, entries: readonly ModuleEntry[], options: LogOptions): string {
  const { dim, yellow, green, red } = io.colours;
  const moved = entries.some(({ change }) => change.path !== path || change.oldPath !== null);
  return formatTable(
    [
      { title: 'deploy', align: 'right', paint: yellow },
      { title: 'last', align: 'right', paint: dim },
      { title: '' },
      { title: 'hash', paint: dim },
      { title: 'size', align: 'right' },
      { title: 'change', align: 'right', optional: true },
      { title: 'lines', align: 'right', paint: (text) => text.replace(/\+\d+/, green).replace(/-\d+/, red) },
      { title: 'when' },
      { title: 'who', optional: true },
      { title: moved ? 'path, message' : 'message', shrinks: true },
    ],
    entries.map((entry) => [
      String(entry.number),
      entry.change.after === null ? '' : entry.last === null ? 'head' : String(entry.last),
      STATUS_LETTERS[entry.change.status],
      (entry.change.after ?? entry.change.before)!.hash.slice(0, 10),
      formatBytes(entry.change.after?.size ?? 0),
      signed(entry.growth),
      lineCounts(entry),
      entry.deploy === null ? 'dropped' : formatTime(io, options.time, entry.deploy.time),
      entry.deploy?.author ?? '',
      [
        ...(entry.change.oldPath !== null ? [formatPaths(entry.change)] : []),
        ...(entry.deploy?.message ? [entry.deploy.message.split('\n', 1)[0]!] : []),
      ].join(', '),
    ]),
    io.columns,
    dim,
  );
}

const entryJson = (entry: ModuleEntry) => ({
  number: entry.number,
  last: entry.last,
  deploy: entry.deploy === null ? null : deployJson(entry.deploy),
  change: changeJson(entry.change),
  lines: entry.lines,
  growth: entry.growth,
});
