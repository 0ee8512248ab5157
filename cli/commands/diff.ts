import { Command, InvalidArgumentError } from 'commander';
import {
  STATUS_LETTERS,
  compare,
  isSelected,
  updateCost,
  type Change,
  type Cost,
  type Patch,
  type Snapshot,
} from '../../registry/history/index.js';
import { ModcastError } from '../../schema/index.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { count, formatBytes } from '../output/format.js';
import { REFS_HELP, changeJson, deployJson, resolveSide } from '../output/history.js';
import { EXIT, type Io } from '../io.js';
import { jsonOption, paged, writeJson } from '../output/pager.js';
import { formatPatch, patchText, readPatch } from '../output/patch.js';
import { formatStat } from '../output/diff-stat.js';
import { printable } from '../output/table.js';

interface DiffOptions extends DatabaseOptions {
  patch?: true;
  stat?: true;
  nameStatus?: true;
  renames: boolean;
  unified: number;
  exitCode?: true;
  json?: true;
}

export function diffCommand(io: Io): Command {
  const command = new Command('diff')
    .summary('compare two deploys, or a deploy and a directory')
    .description(
      'Compares two deploys, of one channel or of two, or a deploy and a directory as it is. Without a terminal or with --no-color the patch is what patch -p1 takes.',
    )
    .argument('<a>', 'a ref, or a directory')
    .argument('<b>', 'a ref, or a directory')
    .argument('[path...]', 'only these modules and directories; one that neither side has is an error')
    .option('-p, --patch', 'show patches (the default; with --stat: both)')
    .option('--stat', 'show lines changed as bars, and what the change costs a client that has <a>')
    .option('--name-status', 'show only a letter (A, M, D, R) and the path of each change')
    .option('-U, --unified <lines>', 'lines of context around a change', wholeNumber, 3)
    .option('--no-renames', 'show a moved module as deleted and added')
    .option('--exit-code', 'exit with 1 when there are differences; then 2 is a failure');
  jsonOption(
    databaseOption(command),
    'a, b, cost {blobs, bytes, packed, unreached}, changes: a list of status, path, oldPath, similarity, before, after, added, deleted, with -p patch',
  );
  return command
    .addHelpText(
      'after',
      `${REFS_HELP}
A pack carries blobs with their links, compressed, or as differences from what the client has where that is shorter.
What is written like a path (., ./public, /srv/site) is a directory.

Examples:
  modcast diff production~1 production
  modcast diff 12 latest lib/ --stat
  modcast diff production ./public --name-status     what publishing would change
  modcast diff 11 12 | patch -p1`,
    )
    .action((a: string, b: string, paths: string[], options: DiffOptions) => diff(io, a, b, paths, options));
}

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('a whole number.');
  return Number(text);
}

const sideJson = (side: Snapshot) =>
  side.deploy === null ? { directory: side.label, manifest: side.hash } : deployJson(side.deploy);

async function diff(io: Io, a: string, b: string, paths: string[], options: DiffOptions): Promise<void> {
  if (options.exitCode) io.failureCode = EXIT.usage;
  await withStore(io, options, async (store) => {
    const before = await resolveSide(io, store, a);
    const after = await resolveSide(io, store, b);
    const all = await compare(before, after, { renames: options.renames });
    const changes = all.filter(
      ({ path, oldPath }) => isSelected(path, paths) || (oldPath !== null && isSelected(oldPath, paths)),
    );
    await refuseUnmatched([before, after], paths);
    if (options.exitCode && changes.length > 0) io.exitCode = EXIT.failed;
    const patchOf = (change: Change) => readPatch(change, before.store, after.store, options.unified);
    if (options.json) return json(io, before, after, changes, patchOf, options);
    await paged(io, async (write) => {
      if (options.nameStatus) {
        for (const change of changes) await write(`${nameStatus(io, change)}\n`);
        return;
      }
      if (options.stat) {
        const patches: Patch[] = [];
        for (const change of changes) patches.push(await patchOf(change));
        await write(formatStat(io, changes, patches));
        await write(` a client that has ${before.label} ${costText(await updateCost(before, after))}\n`);
        if (options.patch && changes.length > 0) await write('\n');
      }
      if (options.stat && !options.patch) return;
      for (const change of changes) await write(formatPatch(io, await patchOf(change)));
    });
  });
}

function costText({ blobs, bytes, packed, unreached }: Cost): string {
  const sent =
    blobs === 0
      ? 'is sent no module'
      : `is sent ${count(blobs, 'blob')} of ${formatBytes(bytes)}, with ${blobs === 1 ? 'its' : 'their'} links in a pack of ${formatBytes(packed)}`;
  const others =
    unreached === 1 ? '1 that no entry imports is not' : `${unreached} that no entry imports are not`;
  return unreached === 0 ? sent : `${sent}; ${others}`;
}

/**
 * A path that neither side has is a mistake: were it passed over, a difference would seem to be none.
 * @throws ModcastError `path-unknown`
 */
async function refuseUnmatched(sides: readonly Snapshot[], paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const manifests = await Promise.all(sides.map((side) => side.manifest()));
  const there = manifests.flatMap(({ modules }) => [...modules.keys()]);
  const found = paths.find((name) => !there.some((path) => isSelected(path, [name])));
  if (found === undefined) return;
  const where = [...new Set(sides.map(({ label }) => label))].join(' or ');
  throw new ModcastError('path-unknown', `no module of ${where} matches ${JSON.stringify(found)}`, {
    expected: 'a module or a directory of either side',
    found,
  });
}

/** As git prints it: tabs between, R with its per cent. */
function nameStatus(io: Io, { status, path, oldPath, similarity }: Change): string {
  const { green, red, yellow, cyan } = io.colours;
  const paint = { added: green, deleted: red, modified: yellow, renamed: cyan }[status];
  const letter = STATUS_LETTERS[status] + (similarity === null ? '' : String(similarity).padStart(3, '0'));
  return [paint(letter), ...(oldPath === null ? [] : [oldPath]), path]
    .map((text, index) => (index === 0 ? text : printable(text)))
    .join('\t');
}

async function json(
  io: Io,
  before: Snapshot,
  after: Snapshot,
  changes: readonly Change[],
  patchOf: (change: Change) => Promise<Patch>,
  options: DiffOptions,
): Promise<void> {
  const list: unknown[] = [];
  for (const change of changes) {
    const patch = await patchOf(change);
    const { added, deleted, binary } = patch;
    list.push({
      ...changeJson(change),
      added: binary ? null : added,
      deleted: binary ? null : deleted,
      ...(options.patch ? { patch: patchText(patch) } : {}),
    });
  }
  writeJson(io, {
    a: sideJson(before),
    b: sideJson(after),
    cost: await updateCost(before, after),
    changes: list,
  });
}
