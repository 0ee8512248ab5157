import { Command, InvalidArgumentError } from 'commander';
import path from 'node:path';
import { DEFAULT_FILTER } from '../../registry/ingest/files.js';
import type { Diagnostic } from '../../registry/index.js';
import { DEFAULT_PREFIX } from '../../registry/options.js';
import {
  PublishService,
  diagnoseSite,
  httpTarget,
  publishSite,
  readSite,
  refuseErrors,
  registryUrl,
  type PublishResult,
  type PublishTarget,
  type SiteContent,
} from '../../registry/publish/index.js';
import { refuseFollowed } from '../../registry/store/lock.js';
import { userName } from '../../registry/user-name.js';
import { ModcastError, parseChannel } from '../../schema/index.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { count, formatBytes } from '../output/format.js';
import type { Io } from '../io.js';
import { jsonOption, writeJson } from '../output/pager.js';
import { pathList } from '../output/path-list.js';
import { ProgressBar } from '../output/progress-bar.js';
import { remoteToken } from '../publishing/remote-token.js';
import { diagnosticText } from '../output/diagnostic.js';
import { printable } from '../output/table.js';

interface PublishCommandOptions extends DatabaseOptions {
  channel: string;
  message: string;
  author?: string;
  to?: string;
  expect?: number;
  include?: string[];
  exclude?: string[];
  allowMissing: boolean;
  dryRun: boolean;
  json?: boolean;
}

const collect = (value: string, list: string[] = []): string[] => [...list, value];

/** 0 stands for none, since commander takes null for a value that is not there. */
function deployNumber(text: string): number {
  if (text === 'none') return 0;
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('a deploy’s number, or "none".');
  return Number(text);
}

export function publishCommand(io: Io): Command {
  const command = new Command('publish')
    .summary('make a directory the head of a channel')
    .description(
      'Reads a directory and makes it a deploy: in a database, or with --to in a registry that runs elsewhere, which is sent only what it lacks. The clients of the channel are told at once. A publish that broke off goes on where it was.',
    )
    .argument('[dir]', 'the site', '.')
    .option('--channel <name>', 'channel to publish on', 'production')
    .option('-m, --message <text>', 'what this deploy is about', '')
    .option('--author <name>', 'who it is by (default: your user name)')
    .option('--to <url>', 'a running registry, https://host; the token comes from MODCAST_TOKEN')
    .option('--expect <deploy>', 'refuse unless the channel is at this deploy; none: it is new', deployNumber)
    .option('--include <glob>', 'files to keep, repeatable (default: **/*.{js,mjs,json,css,html})', collect)
    .option('--exclude <glob>', 'files to leave out, repeatable (default: **/node_modules/**)', collect)
    .option('--allow-missing', 'publish although a module imports a file that is not there', false)
    .option('-n, --dry-run', 'only say what would be done', false)
    .addHelpText(
      'after',
      `
Examples:
  modcast publish ./public --channel production -m "Faster start"
  MODCAST_TOKEN=mc_… modcast publish ./public --to https://modules.example.org`,
    )
    .action((dir: string, options: PublishCommandOptions) => run(io, dir, options));
  databaseOption(command);
  return jsonOption(
    command,
    '{state: "published"|"current", deploy, sent, sentBytes} or {state: "planned", head, missing, changes}',
  );
}

async function run(io: Io, dir: string, options: PublishCommandOptions): Promise<void> {
  parseChannel(options.channel);
  if (options.to !== undefined && options.db !== undefined) {
    throw new ModcastError('option-invalid', '--to and --db are two places; name one', { found: options.to });
  }
  const directory = path.resolve(io.cwd, dir);
  // A wrong address or token is told before a large site is read.
  const remote =
    options.to === undefined
      ? undefined
      : httpTarget({ url: options.to, token: remoteToken(io, options.to) });
  const site = await read(io, directory, options);
  if (remote !== undefined) return report(io, options, await send(io, remote, site, options));
  // Where serving the directory keeps its database, publishing it does too.
  const place = { env: io.env, cwd: directory };
  const named = options.db === undefined ? {} : { db: path.resolve(io.cwd, options.db) };
  await withStore(
    place,
    named,
    async (store, file) => {
      refuseFollowed(file, options.channel);
      const target = new PublishService({ store, now: () => io.now() });
      report(io, options, await send(io, target, site, options));
    },
    { create: true },
  );
}

async function read(io: Io, directory: string, options: PublishCommandOptions): Promise<SiteContent> {
  const filter = {
    include: options.include ?? DEFAULT_FILTER.include,
    exclude: options.exclude ?? DEFAULT_FILTER.exclude,
  };
  const bar = new ProgressBar(io, 'reading');
  let site: SiteContent;
  try {
    site = await readSite(directory, filter, ({ done, total }) =>
      bar.show(done / Math.max(total, 1), `${done} of ${count(total, 'file')}`),
    );
  } finally {
    bar.clear();
  }
  const { yellow } = io.colours;
  const prefix = options.to === undefined ? DEFAULT_PREFIX : registryUrl(options.to).pathname;
  const problems = await diagnoseSite(site, prefix);
  for (const one of [...site.skipped, ...problems]) io.error(`${diagnosticText(one, io.colours)}\n`);
  refuseErrors(problems, options.allowMissing);
  const listed = new Set(problems.map(({ path: file }) => file));
  const unused = [...site.broken.values()].filter(({ path: file }) => !listed.has(file));
  if (unused.length > 0) io.error(`${yellow('warning')} ${unusedText(unused, io.columns)}\n`);
  if (site.manifest.modules.size === 0) {
    throw new ModcastError('directory-invalid', `there are no modules in ${directory}; see --include`, {
      expected: filter.include,
      found: directory,
    });
  }
  return site;
}

/** Files that do not parse and that no page loads: the site works without them. */
function unusedText(broken: readonly Diagnostic[], columns: number): string {
  const [first, ...more] = broken;
  const why = 'published anyway, because no page loads';
  if (first !== undefined && more.length === 0) {
    return `${printable(`${first.path}:${first.line}:${first.column} ${first.message}`)}; ${why} it`;
  }
  const paths = pathList(
    broken.map(({ path: file }) => file),
    columns,
  );
  return `${count(broken.length, 'file')} that do not parse are ${why} them: ${paths}`;
}

async function send(
  io: Io,
  target: PublishTarget,
  site: SiteContent,
  options: PublishCommandOptions,
): Promise<PublishResult> {
  const bar = new ProgressBar(io, 'sending');
  let told = io.tty || options.json === true || options.to === undefined;
  try {
    return await publishSite(target, site, {
      channel: options.channel,
      author: options.author ?? userName(),
      message: options.message,
      dryRun: options.dryRun,
      ...(options.expect === undefined ? {} : { expected: options.expect === 0 ? null : options.expect }),
      progress({ blobs, totalBlobs, bytes, totalBytes }) {
        if (!told) io.write(`sending ${count(totalBlobs, 'blob')}, ${formatBytes(totalBytes)}\n`);
        told = true;
        const part = totalBytes === 0 ? 1 : bytes / totalBytes;
        bar.show(
          part,
          `${blobs} of ${count(totalBlobs, 'blob')}, ${formatBytes(bytes)} of ${formatBytes(totalBytes)}`,
        );
      },
    });
  } finally {
    bar.clear();
  }
}

function report(io: Io, { json, channel }: PublishCommandOptions, result: PublishResult): void {
  if (json === true) return writeJson(io, result);
  const { green, dim, bold } = io.colours;
  const dot = ` ${dim('·')} `;
  if (result.state === 'current') {
    return io.write(`Nothing to publish: ${channel} is at deploy ${result.deploy.number} already.\n`);
  }
  if (result.state === 'planned') {
    const { changes, missing, head } = result;
    const after = head === null ? 'as its first deploy' : `after deploy ${head}`;
    return io.write(
      `Would publish on ${channel} ${after}${dot}${changed(changes)}${dot}` +
        `${count(missing, 'blob')} to send, ${formatBytes(changes.bytes)}\n`,
    );
  }
  const { deploy, sent, sentBytes } = result;
  const commit = deploy.commit === null ? '' : `${dot}commit ${deploy.commit.slice(0, 12)}`;
  io.write(
    `${green('deploy')} ${bold(String(deploy.number))} on ${deploy.channel}${dot}${changed(deploy)}${dot}` +
      `${count(sent, 'blob')} sent, ${formatBytes(sentBytes)}${commit}\n`,
  );
}

/** `3 changed, 1 added` */
export function changed(counts: {
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
}): string {
  const parts = (['changed', 'added', 'removed'] as const).flatMap((kind) =>
    counts[kind] === 0 ? [] : [`${counts[kind].toLocaleString('en')} ${kind}`],
  );
  return parts.join(', ') || 'no module changed';
}
