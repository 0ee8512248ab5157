import { Command } from 'commander';
import { fuseManifest, type FusedDeploy } from '../../registry/fuse/index.js';
import { resolveDeploy } from '../../registry/history/index.js';
import type { Deploy } from '../../registry/store/store.js';
import { createServed } from '../../registry/transform/index.js';
import type { Manifest } from '../../schema/index.js';
import type { Io } from '../io.js';
import { NO_DEPLOYS, chooseChannel } from '../options/choose-channel.js';
import { configOption, ownTransforms, type ConfigOptions } from '../options/config.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonOption } from '../options/json-option.js';
import { REFS_HELP } from '../options/refs.js';
import { count, formatBytes } from '../output/format.js';
import { writeJson } from '../output/json.js';
import { paged } from '../output/pager.js';
import { pathList } from '../output/path-list.js';
import { ProgressBar } from '../output/progress-bar.js';
import { formatTable } from '../output/table.js';
import { printable } from '../output/text.js';

interface FuseOptions extends ConfigOptions, DatabaseOptions {
  explain?: true;
  json?: true;
}

export function fuseCommand(io: Io): Command {
  const command = new Command('fuse')
    .summary('show how the modules of a deploy are joined into runs')
    .description(
      'Pages boot faster when modules that run one after the other are joined into one, a run. Shows the runs of a deploy, and joins those that are not joined yet, as publish and serve do. Runs are made of the deploy, and never part of it: they can be dropped and made again at any time.',
    )
    .argument('[ref]', 'the deploy (default: the newest of production, else the newest of all)')
    .option('--explain', 'also list the modules that stay single, and why');
  jsonOption(
    databaseOption(configOption(command)),
    '{deploy, channel, manifest, runs: [{name, hash, bytes, members}], singles: [{path, reason}]}',
  );
  return command
    .addHelpText(
      'after',
      `${REFS_HELP}

Examples:
  modcast fuse production
  modcast fuse 12 --explain
  modcast fuse --json | jq '.runs | map(.bytes) | add'`,
    )
    .action((ref: string | undefined, options: FuseOptions) => fuse(io, ref, options));
}

async function fuse(io: Io, ref: string | undefined, options: FuseOptions): Promise<void> {
  const transforms = await ownTransforms(io, options);
  await withStore(io, options, async (store) => {
    const chosen = ref ?? (await chooseChannel(store, undefined));
    if (chosen === null) return options.json ? writeJson(io, null) : io.write(`${NO_DEPLOYS}\n`);
    const found = await resolveDeploy(store, chosen, io.now());
    const served = createServed({ store, transforms });
    const manifest: Manifest = (await served.store.manifest(found.number))!;
    const deploy = (await served.store.deploy(found.number))!;
    const bar = new ProgressBar(io, 'joining modules');
    const fused = await fuseManifest(served.store, { deploy, manifest }, (done, all) =>
      bar.show(done / all, `${done} of ${count(all, 'run')}`),
    ).finally(() => bar.clear());
    if (options.json) return writeJson(io, asJson(deploy, fused));
    await paged(io, (write) => write(asText(io, deploy, manifest, fused, options.explain === true)));
  });
}

function asJson({ number, channel, manifest }: Deploy, { fusion, singles }: FusedDeploy) {
  return {
    deploy: number,
    channel,
    manifest,
    runs: fusion.runs.map(({ name, hash, size, members }) => ({ name, hash, bytes: size, members })),
    singles: [...singles].map(([path, reason]) => ({ path, reason })),
  };
}

function asText(
  io: Io,
  { number, channel }: Deploy,
  { modules }: Manifest,
  { fusion: { runs }, singles }: FusedDeploy,
  isExplained: boolean,
): string {
  const { yellow, cyan, dim } = io.colours;
  const joined = runs.reduce((sum, { members }) => sum + members.length, 0);
  const scripts = [...modules.values()].filter(({ type }) => type === 'text/javascript').length;
  const scriptSingles = [...singles.keys()].filter(
    (path) => modules.get(path)?.type === 'text/javascript',
  ).length;
  const unused = scripts - joined - scriptSingles;
  const facts = [
    runs.length === 0
      ? 'no modules are joined'
      : `${count(joined, 'module')} in ${count(runs.length, 'run')}`,
    ...(singles.size === 0 ? [] : [`${singles.size.toLocaleString('en')} single`]),
    ...(unused === 0 ? [] : [`${unused.toLocaleString('en')} that no page loads`]),
  ];
  const head = `${yellow(`deploy ${number}`)} on ${cyan(channel)}: ${facts.join(', ')}\n`;
  const table = formatTable(
    [
      { title: 'modules', align: 'right' },
      { title: 'size', align: 'right' },
      { title: 'run', shrinks: true },
    ],
    runs.map(({ members, size }) => [
      members.length.toLocaleString('en'),
      formatBytes(size),
      pathList(members, Math.max(20, io.columns - 20)),
    ]),
    io.columns,
    dim,
  );
  const list = runs.length === 0 ? '' : `\n${table}`;
  if (singles.size === 0) return head + list;
  if (!isExplained) return `${head}${list}\nWhy modules stay single: modcast fuse ${number} --explain\n`;
  return `${head}${list}\nModules that stay single:\n${reasons(singles)}`;
}

/** The modules of each reason, those of the most frequent one first. */
function reasons(singles: FusedDeploy['singles']): string {
  const groups = new Map<string, string[]>();
  for (const [path, reason] of singles) {
    const group = groups.get(reason);
    if (group === undefined) groups.set(reason, [path]);
    else group.push(path);
  }
  return [...groups]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([reason, paths]) => {
      const lines = paths.map((path) => `    ${printable(path)}\n`).join('');
      return `  ${printable(reason)}\n${lines}`;
    })
    .join('');
}
