import { Command } from 'commander';
import {
  deployChanges,
  pathUnknownAt,
  readBlob,
  splitRef,
  tagsByDeploy,
  typedPath,
} from '../../registry/history/index.js';
import type { Deploy, Store, Tag } from '../../registry/store/store.js';
import { byCodeUnit, type Manifest } from '../../schema/index.js';
import type { Io } from '../io.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonOption } from '../options/json-option.js';
import { REFS_HELP, deployOrHint } from '../options/refs.js';
import { detailsJson, writeDetails } from '../output/change-details.js';
import { changeList } from '../output/changes.js';
import { decoration, indentedMessage } from '../output/deploy.js';
import { formatBytes } from '../output/format.js';
import { changeJson, deployJson, writeJson } from '../output/json.js';
import { binaryOption, wordDiffOption, type PatchStyle } from '../output/patch.js';
import { paged, pagerOf } from '../output/pager.js';
import { contentsText } from '../output/site-contents.js';
import { formatTable } from '../output/table.js';
import { printable } from '../output/text.js';
import { isoTime, relativeTime } from '../output/time.js';

interface ShowOptions extends DatabaseOptions, PatchStyle {
  patch?: true;
  stat?: true;
  binary?: true;
  packages?: true;
  json?: true;
}

export function showCommand(io: Io): Command {
  const command = new Command('show')
    .summary('show a deploy, or a file in it')
    .description(
      'Shows a deploy and its changes. With a path after a colon, prints that file of the deploy, or lists the files of that directory.',
    )
    .argument('[ref[:path]]', 'a deploy; after a colon, a file or directory of it', 'HEAD')
    .option('-p, --patch', 'show the changes as patches')
    .option('--stat', 'show changed lines as bars');
  wordDiffOption(binaryOption(command)).option(
    '--packages',
    'list the files of packages, not only the packages',
  );
  jsonOption(
    databaseOption(command),
    'for a deploy: deploy, entries, importMap, changes, with -p each with patch, encoding, with --stat each with added, deleted; for a directory: a list of path, hash, size, type; for a file: path, hash, size, type',
  );
  return command
    .addHelpText(
      'after',
      `${REFS_HELP}

Examples:
  modcast show production
  modcast show --stat
  modcast show 12:lib/disk.mjs > disk.mjs
  modcast show latest:lib/          lists the files of a directory`,
    )
    .action((ref: string, options: ShowOptions) => show(io, ref, options));
}

async function show(io: Io, text: string, options: ShowOptions): Promise<void> {
  await withStore(io, options, async (store) => {
    const { ref, path } = splitRef(text);
    const deploy = await deployOrHint(io, store, ref);
    const manifest = (await store.manifest(deploy.number))!;
    if (path === undefined) return showDeploy(io, store, deploy, manifest, options);
    const plain = typedPath(path).replace(/^\.$|\/+$/, '');
    const module = manifest.modules.get(plain);
    if (module === undefined) return showDirectory(io, store, deploy, manifest, plain, options);
    if (options.json) return writeJson(io, { path: plain, ...module });
    const bytes = await readBlob(store, module.hash);
    if (pagerOf(io) === undefined) io.write(bytes);
    else await paged(io, (write) => write(bytes));
  });
}

async function showDirectory(
  io: Io,
  store: Store,
  deploy: Deploy,
  manifest: Manifest,
  directory: string,
  options: ShowOptions,
): Promise<void> {
  const prefix = directory === '' ? '' : `${directory}/`;
  const found = [...manifest.modules]
    .filter(([path]) => path.startsWith(prefix))
    .toSorted(([a], [b]) => byCodeUnit(a, b));
  if (found.length === 0 && directory !== '') {
    throw await pathUnknownAt(store, deploy, directory);
  }
  if (options.json)
    return writeJson(
      io,
      found.map(([path, module]) => ({ path, ...module })),
    );
  await paged(io, (write) =>
    write(
      formatTable(
        [
          { title: 'size', align: 'right' },
          { title: 'hash', paint: io.colours.dim, whole: true, expendable: true },
          { title: 'type', paint: io.colours.dim, optional: true },
          { title: 'path', shrinks: true, cut: 'start' },
        ],
        found.map(([path, { hash, size, type }]) => [formatBytes(size), hash.slice(0, 10), type, path]),
        io.columns,
        io.colours.dim,
      ),
    ),
  );
}

const tagFact = ({ name, message }: Tag): [string, string] => [
  'tag',
  message === '' ? name : `${name}: ${printable(message.split('\n', 1)[0]!)}`,
];

async function showDeploy(
  io: Io,
  store: Store,
  deploy: Deploy,
  manifest: Manifest,
  options: ShowOptions,
): Promise<void> {
  const changes = await deployChanges(store, deploy.number);
  const tags = await tagsByDeploy(store);
  if (options.json) {
    const list: unknown[] = [];
    for (const change of changes ?? [])
      list.push({ ...changeJson(change), ...(await detailsJson(store, change, options)) });
    return writeJson(io, {
      deploy: deployJson(deploy, tags),
      entries: manifest.entries,
      importMap: manifest.importMap,
      changes: changes && list,
    });
  }
  const { yellow, cyan, dim } = io.colours;
  const facts: [string, string][] = [
    ['channel', cyan(deploy.channel)],
    ['time', `${isoTime(deploy.time)} ${dim(`(${relativeTime(deploy.time, io.now())})`)}`],
    ['author', printable(deploy.author)],
    ['manifest', deploy.manifest],
    ['parent', deploy.parent === null ? 'none: the first deploy of its channel' : String(deploy.parent)],
    ...(deploy.commit === null ? [] : [['commit', deploy.commit] as [string, string]]),
    ...(tags.get(deploy.number) ?? []).map(tagFact),
    ['files', contentsText(manifest)],
    ['entries', manifest.entries.length === 0 ? 'none' : manifest.entries.map(printable).join(', ')],
  ];
  const head = `${yellow(`deploy ${deploy.number} ${decoration(deploy.number, tags)}`.trimEnd())}\n${facts.map(([name, value]) => `${name.padEnd(9)} ${value}\n`).join('')}`;
  const message = deploy.message === '' ? '' : `\n${indentedMessage(deploy)}`;
  const withDetails = (changes?.length ?? 0) > 0 && (options.patch || options.stat);
  await paged(io, async (write) => {
    await write(`${head}${message}\n`);
    if (withDetails) await writeDetails(io, write, store, changes!, options.packages === true, options);
    else await write(changeList(io, changes, options.packages));
  });
}
