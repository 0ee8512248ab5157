import { Command, InvalidArgumentError } from 'commander';
import path from 'node:path';
import type { Diagnostic } from '../../registry/index.js';
import { DEFAULT_PREFIX } from '../../registry/options.js';
import { DEFAULT_CONDITIONS } from '../../registry/packages/package-resolver.js';
import { publishMode, type Transform } from '../../registry/transform/index.js';
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
import type { Io } from '../io.js';
import { configOption, ownTransforms, type ConfigOptions } from '../options/config.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { WATCHED_CHANNEL, filterOptions, type FilterOptions } from '../options/filter.js';
import { packageOptions, type PackageOptions } from '../options/packages.js';
import { withSlashes } from '../options/values.js';
import { jsonOption } from '../options/json-option.js';
import { changeCounts } from '../output/changes.js';
import { ConversionProgress } from '../output/conversion-progress.js';
import { newDeployLine } from '../output/deploy.js';
import { diagnosticText } from '../output/diagnostic-text.js';
import { count, formatBytes } from '../output/format.js';
import { deployJson, writeJson } from '../output/json.js';
import { pathList } from '../output/path-list.js';
import { ProgressBar } from '../output/progress-bar.js';
import { contentsLine, siteContents } from '../output/site-contents.js';
import { printable } from '../output/text.js';
import { fusing } from '../publishing/fusing.js';
import { publishFilter } from '../publishing/publish-filter.js';
import { remoteToken } from '../publishing/remote-token.js';

interface PublishCommandOptions extends ConfigOptions, DatabaseOptions, FilterOptions, PackageOptions {
  channel: string;
  message: string;
  author?: string;
  to?: string;
  base?: string;
  expect?: number;
  allowMissing: boolean;
  dryRun: boolean;
  fuse?: boolean;
  json?: boolean;
}

/** 0 stands for `none`: commander takes null for a missing value. */
function deployNumber(text: string): number {
  if (text === 'none') return 0;
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('a deploy’s number, or none.');
  return Number(text);
}

export function publishCommand(io: Io): Command {
  const command = filterOptions(
    new Command('publish')
      .summary('publish a directory on a channel')
      .description(
        'Makes a deploy of a directory: all its files, except dotfiles, node_modules and temporary files of editors, and what it imports by name from node_modules (docs/packages.md). It goes into a database, or with --to into a running registry, which receives only the blobs that it does not have. Open pages of the channel learn of the deploy at once. After a broken connection, run it again: it sends only the rest. A file may have up to 64 MiB.',
      )
      .argument('[dir]', 'directory of the site', '.')
      .option('--channel <name>', 'channel to publish on', 'production')
      .option('-m, --message <text>', 'message of the deploy', '')
      .option('--author <name>', 'author of the deploy (default: your user name)')
      .option(
        '--to <url>',
        'publish to a running registry: https://host, or host (http on this machine, else https); set the token in MODCAST_TOKEN',
      )
      .option(
        '--base <path>',
        'URL path of the site behind a reverse proxy, as for modcast serve (default: that of --to, or /)',
        withSlashes,
      )
      .option(
        '--expect <deploy>',
        'refuse unless this is the newest deploy of the channel; none: unless it has no deploy',
        deployNumber,
      ),
    'all',
  );
  configOption(packageOptions(command))
    .option('--allow-missing', 'publish even if imports do not resolve', false)
    .option(
      '--fuse',
      'join modules into runs before the deploy is made, so that its first page boots as fast as the next (default: on all channels but dev)',
    )
    .option('--no-fuse', 'leave it to the server to join modules, or not')
    .option('-n, --dry-run', 'show what would be published, and publish nothing', false)
    .addHelpText(
      'after',
      `
Examples:
  modcast publish ./public --channel production -m "Faster start"
  modcast publish ./public --exclude '**/*.psd' --dry-run
  MODCAST_TOKEN=mc_… modcast publish ./public --to https://modules.example.org`,
    )
    .action((dir: string, options: PublishCommandOptions) => run(io, dir, options));
  databaseOption(command, 'in the directory of the site or in a parent directory');
  return jsonOption(
    command,
    '{state: "published"|"current", deploy, sent, sentBytes, contents, problems} or {state: "planned", head, missing, changes, contents, problems}; contents: modules, pages, assets, each {files, bytes}; problems: a list of path, kind, severity, message, line, column, frame',
  );
}

async function run(io: Io, dir: string, options: PublishCommandOptions): Promise<void> {
  parseChannel(options.channel);
  if (options.to !== undefined && options.db !== undefined) {
    throw new ModcastError('option-invalid', '--to and --db name two places to publish to; give only one', {
      found: options.to,
    });
  }
  if (options.to !== undefined && options.fuse !== undefined) {
    const found = options.fuse ? '--fuse' : '--no-fuse';
    const message = `${found} is for a database: the server at --to decides whether it joins modules`;
    throw new ModcastError('option-invalid', message, { found });
  }
  const directory = path.resolve(io.cwd, dir);
  // Check the address and the token before reading a large site.
  const url = options.to === undefined ? undefined : registryUrl(options.to);
  const remote =
    url === undefined ? undefined : httpTarget({ url: url.href, token: remoteToken(io, url.href, options) });
  const named = options.db ?? (io.env['MODCAST_DB'] || undefined);
  const database = named === undefined ? undefined : path.resolve(io.cwd, named);
  const transforms = await ownTransforms(io, options);
  const content = await read(io, directory, database, transforms, options);
  const { site } = content;
  if (remote !== undefined) return report(io, options, content, await send(io, remote, site, options));
  await withStore(
    // The same default database as `modcast serve` of this directory.
    { env: {}, cwd: directory },
    database === undefined ? {} : { db: database },
    async (store, file) => {
      refuseFollowed(file, options.channel);
      const isInParent = database === undefined && path.dirname(path.dirname(file)) !== directory;
      if (isInParent && options.json !== true) io.error(`Publishing to ${file}\n`);
      const service = new PublishService({ store, now: () => io.now() });
      const isFused = options.fuse ?? options.channel !== WATCHED_CHANNEL;
      const target = isFused ? fusing(io, service, store, transforms, options) : service;
      report(io, options, content, await send(io, target, site, options));
    },
    { create: 'for-site' },
  );
}

/** The site, and what is reported about its files. With --json that is in the result, not on the terminal. */
interface Content {
  readonly site: SiteContent;
  readonly problems: readonly Diagnostic[];
}

async function read(
  io: Io,
  directory: string,
  database: string | undefined,
  transforms: readonly Transform[],
  options: PublishCommandOptions,
): Promise<Content> {
  const filter = publishFilter(options, directory, database);
  const { base, prefix } = placeOf(options);
  const mode = publishMode(options.channel);
  const bar = new ProgressBar(io, 'reading');
  const converting = new ConversionProgress(options.json ? { ...io, error: () => {} } : io);
  let site: SiteContent;
  try {
    site = await readSite(
      directory,
      filter,
      ({ done, total }) => bar.show(done / Math.max(total, 1), `${done} of ${count(total, 'file')}`),
      {
        base,
        mode,
        transforms,
        packages: options.packages
          ? {
              conditions: options.conditions ?? DEFAULT_CONDITIONS,
              mode,
              onConverting: (names) => converting.show(names),
            }
          : null,
      },
    );
  } finally {
    bar.clear();
  }
  const { yellow } = io.colours;
  const problems = await diagnoseSite(site, prefix, base);
  const say = (text: string) => options.json === true || io.error(`${text}\n`);
  for (const one of [...site.skipped, ...problems]) say(diagnosticText(one, io.colours));
  refuseErrors(problems, options.allowMissing);
  const listed = new Set(problems.map(({ path: file }) => file));
  const unused = [...site.broken.values()].filter(
    ({ path: file }) => !listed.has(file) && !site.scripts.has(file),
  );
  if (unused.length > 0) say(`${yellow('warning')} ${unusedText(unused, io.columns)}`);
  const { modules, pages } = siteContents(site.manifest, (file) => site.transformer.takes(file));
  if (modules.files + pages.files === 0) {
    throw new ModcastError(
      'directory-invalid',
      `no modules and no pages in ${directory}. Is this the right directory? --include chooses other files`,
      {
        expected: filter.include,
        found: directory,
      },
    );
  }
  const ofUnused = unused.map((one): Diagnostic => ({ ...one, severity: 'warning' }));
  return { site, problems: [...site.skipped, ...problems, ...ofUnused] };
}

/** Where browsers will find the site, and below that the registry's routes. */
function placeOf({ to, base }: PublishCommandOptions): { base: string; prefix: string } {
  const routes = to === undefined ? DEFAULT_PREFIX : registryUrl(to).pathname;
  const ofRoutes = routes.endsWith(DEFAULT_PREFIX) ? routes.slice(0, 1 - DEFAULT_PREFIX.length) : '/';
  const place = base ?? ofRoutes;
  return { base: place, prefix: routes.startsWith(place) ? routes.slice(place.length - 1) : routes };
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
  let announced = io.tty || options.json === true || options.to === undefined;
  try {
    return await publishSite(target, site, {
      channel: options.channel,
      author: options.author ?? userName(),
      message: options.message,
      dryRun: options.dryRun,
      ...(options.expect === undefined ? {} : { expected: options.expect === 0 ? null : options.expect }),
      progress({ blobs, totalBlobs, bytes, totalBytes }) {
        if (!announced) io.write(`sending ${count(totalBlobs, 'blob')}, ${formatBytes(totalBytes)}\n`);
        announced = true;
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

function report(
  io: Io,
  { json, channel }: PublishCommandOptions,
  { site: { manifest }, problems }: Content,
  result: PublishResult,
): void {
  if (json === true) {
    const deploy = result.state === 'planned' ? {} : { deploy: deployJson(result.deploy) };
    return writeJson(io, { ...result, ...deploy, contents: siteContents(manifest), problems });
  }
  if (result.state === 'current') {
    return io.write(
      `Nothing to publish: deploy ${result.deploy.number} on ${channel} has this content already.\n`,
    );
  }
  const contents = `  ${contentsLine(io, manifest)}\n`;
  if (result.state === 'planned') {
    const { changes, missing, head } = result;
    const facts = [
      `Would publish on ${channel} ${head === null ? 'as its first deploy' : `after deploy ${head}`}`,
      changeCounts(changes) || 'no file changed',
      `${count(missing, 'blob')} to send, ${formatBytes(changes.bytes)}`,
    ];
    return io.write(`${facts.join(` ${io.colours.dim('·')} `)}\n${contents}`);
  }
  const { deploy, sent, sentBytes } = result;
  const commit = deploy.commit === null ? [] : [`commit ${deploy.commit.slice(0, 12)}`];
  const facts = [`${count(sent, 'blob')} sent, ${formatBytes(sentBytes)}`, ...commit];
  io.write(newDeployLine(io, deploy, ...facts) + contents);
}
