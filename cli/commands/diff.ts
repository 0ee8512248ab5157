import { Command } from 'commander';
import {
  compare,
  hasPath,
  isSelected,
  packageChangeText,
  pathUnknown,
  splitPackageChanges,
  tagsByDeploy,
  typedPath,
  updateCost,
  type Change,
  type Cost,
  type DeployTags,
  type Patch,
  type Snapshot,
} from '../../registry/history/index.js';
import { EXIT, type Io } from '../io.js';
import { NO_DEPLOYS, chooseChannel } from '../options/choose-channel.js';
import { configOption, ownTransforms, type ConfigOptions } from '../options/config.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonOption } from '../options/json-option.js';
import { REFS_HELP } from '../options/refs.js';
import { resolveSides } from '../options/sides.js';
import { wholeNumber } from '../options/values.js';
import { packageLines, statusLetter } from '../output/changes.js';
import { formatStat } from '../output/diff-stat.js';
import { count, formatBytes } from '../output/format.js';
import { changeJson, deployJson, writeJson } from '../output/json.js';
import { paged } from '../output/pager.js';
import {
  binaryOption,
  formatPatch,
  patchJson,
  readCounts,
  readPatch,
  wordDiffOption,
  type PatchStyle,
} from '../output/patch.js';
import { printable } from '../output/text.js';

interface DiffOptions extends ConfigOptions, DatabaseOptions, PatchStyle {
  channel?: string;
  patch?: true;
  binary?: true;
  packages?: true;
  stat?: true;
  nameStatus?: true;
  renames: boolean;
  ignoreAllSpace?: true;
  unified: number;
  exitCode?: true;
  json?: true;
}

export function diffCommand(io: Io): Command {
  const command = new Command('diff')
    .summary('compare two deploys, or a deploy and a directory')
    .description(
      'Compares two deploys, of the same channel or of two, or a deploy and a directory: without <b>, that of the site; without <a>, with the newest deploy. The output is a patch. In a pipe or a file it has no colours, so patch -p1 can apply it.',
    )
    .argument('[a]', 'a ref, or a directory (default: the newest of production, else the newest of all)')
    .argument('[b]', 'a ref, or a directory (default: the directory of the database, else the current one)')
    .argument('[path...]', 'only these files and directories; a path that is on neither side is an error')
    .option('--channel <name>', 'the channel whose newest deploy is compared, without <a>')
    .option('-p, --patch', 'show patches (the default); with --stat, show both')
    .option('--stat', 'show changed lines as bars, and how much a client that has <a> downloads')
    .option(
      '--name-status',
      'show only the path of each change, with a letter: A added, M modified, D deleted, R renamed',
    )
    .option('--packages', 'compare the files of packages too, not only the packages')
    .option('-U, --unified <lines>', 'lines of context around a change', wholeNumber(), 3)
    .option('-w, --ignore-all-space', 'ignore white space; a file without other changes is left out')
    .option('--no-renames', 'show a moved file as deleted and added')
    .option('--exit-code', 'exit with 1 if there are differences, and with 2 on an error');
  wordDiffOption(binaryOption(command));
  jsonOption(
    databaseOption(configOption(command)),
    'a, b, cost {blobs, bytes, packed, unreached}, changes: a list of status, path, oldPath, similarity, before, after, added, deleted, with -p patch, encoding; packages: a list of name, before and after (versions), added, changed, removed (files)',
  );
  return command
    .addHelpText(
      'after',
      `${REFS_HELP}
Text that looks like a path (., ./public, /srv/site) is a directory.
--stat counts the compressed bytes that the server sends, with differences instead of whole blobs where they are shorter.

Examples:
  modcast diff                                       what you have changed since the newest deploy
  modcast diff lib/disk.mjs                          the same, of one file
  modcast diff production~1 production
  modcast diff v1.0..v1.1
  modcast diff 12 latest lib/ --stat
  modcast diff production ./public --name-status     what modcast publish would change
  modcast diff --word-diff v1.0 v1.1
  modcast diff 11 12 | patch -p1`,
    )
    .action((a: string | undefined, b: string | undefined, paths: string[], options: DiffOptions) =>
      diff(io, [...[a, b].filter((text) => text !== undefined), ...paths], options),
    );
}

/** Whether -w leaves something of a change. */
async function isShown(change: Change, patchOf: (change: Change) => Promise<Patch>): Promise<boolean> {
  return change.status !== 'modified' || (await patchOf(change)).lines.length > 0;
}

function noDeploys(io: Io, options: DiffOptions): void {
  // Nothing was compared, and 0 would say that nothing differs.
  io.exitCode = options.exitCode ? EXIT.usage : EXIT.done;
  if (options.json) writeJson(io, { a: null, b: null, cost: null, changes: [], packages: [] });
  else io.write(`${NO_DEPLOYS}\n`);
}

const sideJson = (side: Snapshot, tags: DeployTags) =>
  side.deploy === null ? { directory: side.label, manifest: side.hash } : deployJson(side.deploy, tags);

async function diff(io: Io, args: readonly string[], options: DiffOptions): Promise<void> {
  if (options.exitCode) io.failureCode = EXIT.usage;
  const transforms = await ownTransforms(io, options);
  await withStore(io, options, async (store, database) => {
    const channel = await chooseChannel(store, options.channel);
    const sides = await resolveSides(io, { store, database, channel, transforms }, args);
    if (sides === null) return noDeploys(io, options);
    const { before, after, paths: given } = sides;
    const paths = given.map(typedPath);
    const all = await compare(before, after, { renames: options.renames });
    const found = all.filter(
      ({ path, oldPath }) => isSelected(path, paths) || (oldPath !== null && isSelected(oldPath, paths)),
    );
    await refuseUnmatched([before, after], paths);
    const ignoreSpace = options.ignoreAllSpace;
    const patchOptions = { context: options.unified, binary: options.binary, ignoreSpace };
    const patchOf = (change: Change) => readPatch(change, before.store, after.store, patchOptions);
    const selected: Change[] = [];
    for (const change of found) if (!ignoreSpace || (await isShown(change, patchOf))) selected.push(change);
    if (options.exitCode && selected.length > 0) io.exitCode = EXIT.failed;
    if (options.json) return json(io, before, after, selected, patchOf, options);
    const isWhole = options.packages === true || paths.length > 0;
    const split = splitPackageChanges(isWhole ? [] : selected);
    const { packages } = split;
    await paged(io, async (write) => {
      const changes = isWhole ? selected : [...split.derived, ...split.others];
      if (options.nameStatus) {
        for (const one of packages) await write(`P\t${printable(packageChangeText(one))}\n`);
        for (const change of changes) await write(`${nameStatus(io, change)}\n`);
        return;
      }
      if (options.stat) {
        const patches = await readCounts(changes, before.store, after.store, patchOptions);
        for (const one of packages) await write(` ${printable(packageChangeText(one))}\n`);
        if (changes.length > 0 || packages.length === 0) await write(formatStat(io, changes, patches));
        await write(` a client that has ${before.label} ${costText(await updateCost(before, after))}\n`);
        if (options.patch && changes.length > 0) await write('\n');
      }
      if (options.stat && !options.patch) return;
      for (const line of packageLines(io, split)) await write(line);
      for (const change of isWhole ? selected : split.others)
        await write(formatPatch(io, await patchOf(change), options));
    });
  });
}

function costText({ blobs, bytes, packed, unreached }: Cost): string {
  const sent =
    blobs === 0
      ? 'downloads nothing'
      : `downloads ${count(blobs, 'blob')} of ${formatBytes(bytes)} in a pack of ${formatBytes(packed)}`;
  const others = `${count(unreached, 'changed script')} that no entry imports ${unreached === 1 ? 'is' : 'are'} not sent`;
  return unreached === 0 ? sent : `${sent}; ${others}`;
}

/**
 * Refuses a path that is on neither side. A typo must not look like "no differences".
 * @throws ModcastError `path-unknown`
 */
async function refuseUnmatched(sides: readonly Snapshot[], paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const manifests = await Promise.all(sides.map((side) => side.manifest()));
  const there = manifests.flatMap(({ modules }) => [...modules.keys()]);
  const found = paths.find((name) => !hasPath(there, name));
  if (found === undefined) return;
  const where = [...new Set(sides.map(({ label }) => label))].join(' or ');
  throw pathUnknown(`no file of ${where} matches ${JSON.stringify(found)}`, found, there);
}

/** As git prints it: separated by tabs, `R` with the similarity in per cent. */
function nameStatus(io: Io, change: Change): string {
  const { path, oldPath, similarity } = change;
  const letter = statusLetter(io, change, similarity === null ? '' : String(similarity).padStart(3, '0'));
  return [letter, ...[oldPath, path].filter((each) => each !== null).map(printable)].join('\t');
}

async function json(
  io: Io,
  before: Snapshot,
  after: Snapshot,
  changes: readonly Change[],
  patchOf: (change: Change) => Promise<Patch>,
  options: DiffOptions,
): Promise<void> {
  const tags = await tagsByDeploy((before.deploy === null ? after : before).store);
  const list: unknown[] = [];
  for (const change of changes) {
    const patch = await patchOf(change);
    const { added, deleted, binary } = patch;
    list.push({
      ...changeJson(change),
      added: binary ? null : added,
      deleted: binary ? null : deleted,
      ...(options.patch ? patchJson(patch) : {}),
    });
  }
  writeJson(io, {
    a: sideJson(before, tags),
    b: sideJson(after, tags),
    cost: await updateCost(before, after),
    changes: list,
    packages: splitPackageChanges(changes).packages,
  });
}
