import { Command, Option } from 'commander';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isatty } from 'node:tty';
import path from 'node:path';
import pc from 'picocolors';
import { createRegistry, type Registry } from '../../registry/index.js';
import { DEFAULT_FILTER } from '../../registry/ingest/files.js';
import { ModcastError } from '../../schema/index.js';
import { DEFAULT_COLUMNS } from '../io.js';
import { configOption, ownTransforms, type ConfigOptions } from '../options/config.js';
import { placeDatabase } from '../options/database.js';
import { WATCHED_CHANNEL, filterOf, filterOptions, type FilterOptions } from '../options/filter.js';
import { packageOptions, type PackageOptions } from '../options/packages.js';
import { offlineMode, repeated, wholeNumber, withSlashes } from '../options/values.js';
import { contentsText } from '../output/site-contents.js';
import { channelHint, networkHint, publishHint, singleHint, startText } from '../serving/hints.js';
import { DEFAULT_PORT, listen } from '../serving/listen.js';
import { report } from '../serving/report.js';
import { hasPage, pageOf, singlePage } from '../serving/single-page.js';

interface ServeOptions extends ConfigOptions, FilterOptions, PackageOptions {
  port?: number;
  host: string;
  db?: string;
  channel: string;
  open: boolean;
  allowHost?: string[];
  allowOrigin?: string[];
  boot?: 'fresh' | 'cached';
  timeout: number;
  watch: boolean;
  poll?: number | true;
  progress: boolean;
  overlay: boolean;
  keepDeploys?: number;
  prefix: string;
  base: string;
  trustProxy: boolean;
  /** False with --no-dir. */
  dir: boolean;
  offline?: boolean | string;
  publicHistory: boolean;
  fuse?: boolean;
  single?: string | true;
}

const DEFAULT_POLL_MS = 300;

export function serveCommand(): Command {
  const command = filterOptions(
    new Command('serve')
      .summary('serve a directory, with hot reload')
      .description(
        'Serves a directory as a site. Its pages get the modcast loader: they load their modules over one WebSocket and cache them in the browser. A saved file runs in every open page without a reload (docs/hot-reload.md). /about is about.html, and 404.html is shown where a path has no file (docs/routes.md). What it imports by name is found in node_modules (docs/packages.md). With --no-dir, serves the newest deploy of the channel instead, with all files that were published.',
      )
      .argument('[dir]', 'directory of the site (default: the current one)')
      .option(
        '-p, --port <port>',
        `port to listen on; 0 for any free port (default: ${DEFAULT_PORT}, or the next free one)`,
        wholeNumber({ most: 65535 }),
      )
      .option('--host <host>', 'address to listen on; 0.0.0.0 for the whole network', '127.0.0.1')
      .option(
        '--db <file>',
        'SQLite database (default: $MODCAST_DB, else .modcast/registry.db in the directory; with --no-dir, here, in a parent directory, or in a folder here)',
      )
      .option('--channel <name>', 'channel to serve', WATCHED_CHANNEL)
      .option('--no-dir', 'serve the newest deploy of the channel instead of a directory')
      .option(
        '--spa, --single [page]',
        'single-page application: navigations to a path without a file get this page instead of 404.html (default page: index.html)',
      )
      .option('--open', 'open the site in the browser', false),
    DEFAULT_FILTER.include.join(),
  );
  return configOption(packageOptions(command))
    .addOption(
      new Option(
        '--boot <mode>',
        'fresh: a page waits for the newest deploy; cached: it runs its deploy from the cache (default: fresh on dev, else cached)',
      ).choices(['fresh', 'cached']),
    )
    .option(
      '--timeout <ms>',
      'how long a page waits for the WebSocket before it boots without it',
      wholeNumber({ most: 60_000 }),
      500,
    )
    .option('--no-watch', 'do not watch the directory: no hot reload')
    .option(
      '--poll [ms]',
      `poll for changes, for network mounts; milliseconds between polls (default: ${DEFAULT_POLL_MS})`,
      wholeNumber({ most: 60_000 }),
    )
    .option(
      '--keep-deploys <n>',
      'how many deploys to keep while watching; 0 keeps all (default: 1000 on dev, else all)',
      wholeNumber({ most: 1_000_000 }),
    )
    .option('--fuse', 'join modules into runs, which boot faster (default)')
    .option('--no-fuse', 'run each module singly')
    .option('--no-overlay', 'do not show errors of modules in an overlay on the page')
    .option('--progress', 'show a progress bar in the page if a boot takes long', false)
    .option(
      '--offline [what]',
      'keep visited pages in the browser, so that they run without the server; used: the files that they have used; all: whole deploys (default: used; on dev, nothing)',
      offlineMode,
    )
    .option('--no-offline', 'keep nothing for when the server is away; browsers drop what they have kept')
    .option('--public-history', 'let anyone read all deploys over HTTP, without a token', false)
    .option('--prefix <path>', "URL path of modcast's own routes, below --base", withSlashes, '/-/')
    .option('--base <path>', 'URL path of the site behind a reverse proxy, such as /app/', withSlashes, '/')
    .option(
      '--trust-proxy',
      'believe X-Forwarded-Host, -Proto and -Prefix, and Forwarded, of a reverse proxy that sets or removes them',
      false,
    )
    .option(
      '--allow-host <name>',
      'also accept requests for this host name; repeatable (default: localhost and IP addresses)',
      repeated,
    )
    .option('--allow-origin <origin>', 'also accept pages of this other site; repeatable', repeated)
    .addHelpText(
      'after',
      `
Examples:
  modcast serve ./public --open
  modcast serve /mnt/share/site --poll     files on a network mount
  modcast serve ./public --single          a single-page application: every route is index.html
  modcast serve --include 'src/**/*.mjs' --exclude '**/*.test.mjs'
  modcast serve ./public --host 0.0.0.0 --allow-host build.example.org
  modcast serve ./public --base /app/ --allow-host example.org   behind a proxy (docs/behind-a-proxy.md)
  modcast serve --no-dir --db registry.db --channel production   a registry for modcast publish --to`,
    )
    .action(serve);
}

/** Undefined for the default one in the directory. */
async function databaseOf(options: ServeOptions): Promise<string | undefined> {
  if (!options.dir) return placeDatabase({ cwd: process.cwd(), env: process.env }, options, 'for-any');
  return options.db ?? (process.env['MODCAST_DB'] || undefined);
}

async function registryOf(
  dir: string,
  database: string | undefined,
  options: ServeOptions,
): Promise<Registry> {
  const filter = filterOf(options, DEFAULT_FILTER);
  return createRegistry({
    ...(options.dir ? { directory: dir } : { serveHead: true }),
    ...(database === undefined ? {} : { database }),
    publicHistory: options.publicHistory,
    ...(options.fuse === undefined ? {} : { fuse: options.fuse }),
    ...(options.offline === undefined
      ? {}
      : { offline: options.offline === 'all' ? 'all' : options.offline !== false }),
    ...(options.single === undefined ? {} : { single: options.single === true || pageOf(options.single) }),
    packages: options.packages,
    ...(options.conditions === undefined ? {} : { conditions: options.conditions }),
    channel: options.channel,
    prefix: options.prefix,
    include: [...filter.include],
    exclude: [...filter.exclude],
    base: options.base,
    trustProxy: options.trustProxy,
    ...(options.boot === undefined ? {} : { boot: options.boot }),
    timeout: options.timeout,
    progress: options.progress,
    overlay: options.overlay,
    transforms: [...(await ownTransforms({ cwd: process.cwd() }, options))],
    ...(options.keepDeploys === undefined ? {} : { keepDeploys: options.keepDeploys }),
    watch:
      options.poll === undefined
        ? options.watch
        : { poll: options.poll === true ? DEFAULT_POLL_MS : options.poll },
    allowedHosts: [...(options.allowHost ?? []), ...(isIP(options.host) === 0 ? [options.host] : [])],
    allowedOrigins: options.allowOrigin ?? [],
  });
}

async function serve(named: string | undefined, options: ServeOptions): Promise<void> {
  if (named !== undefined && !options.dir) {
    const message = `--no-dir serves no directory, but ${named} is given; leave out one of them`;
    throw new ModcastError('option-invalid', message, { found: named });
  }
  const started = performance.now();
  const dir = named ?? '.';
  const database = await databaseOf(options);
  const registry = await registryOf(dir, database, options);
  report(registry, pc, () => process.stdout.columns || DEFAULT_COLUMNS);
  try {
    await run(registry, dir, database, options, started);
  } finally {
    // Also after a failed start: the directory watcher would keep the process alive.
    await registry.close();
  }
}

async function run(
  registry: Registry,
  dir: string,
  database: string | undefined,
  options: ServeOptions,
  started: number,
): Promise<void> {
  const read = await registry.ready;
  const { url } = await listen(registry, options);
  if (read !== null) {
    const shown = path.relative('.', path.resolve(dir)) || '.';
    const isEmpty = read.deploy.modules === 0 && (await readdir(dir)).every((name) => name.startsWith('.'));
    const start = {
      ...read,
      shown,
      isEmpty,
      hasPage: await hasPage(dir, read.manifest),
      single: singleHint({
        page: singlePage(options),
        has: (page) => existsSync(path.join(dir, page)),
        by: 'save',
      }),
      took: performance.now() - started,
    };
    for (const line of startText(start, pc)) console.log(line);
  }
  if (database !== undefined && !options.dir) await reportHead(registry, url, database, options);
  console.log(`\n  ${pc.cyan(url)}`);
  const { port, pathname: base } = new URL(url);
  const { allowHost = [] } = options;
  const hints = networkHint(
    { host: options.host, port, base, allowHost, interfaces: networkInterfaces() },
    pc,
  );
  for (const line of hints) console.log(`  ${line}`);
  console.log('');
  if (options.open && isatty(1)) await openBrowser(url);
  await untilStopped();
}

/** Loaded only for this: it consists of many files. */
async function openBrowser(url: string): Promise<void> {
  const { default: open } = await import('open');
  await open(url).catch(() => {});
}

/** Prints what is served without a directory, or how to publish the first deploy. */
async function reportHead(
  registry: Registry,
  url: string,
  database: string,
  options: ServeOptions,
): Promise<void> {
  const { channel } = options;
  const store = await registry.store();
  const head = await store.head(channel);
  if (head !== null) {
    const manifest = (await store.manifest(head.number))!;
    console.log(
      `${pc.bold('modcast')} ${contentsText(manifest)} ${pc.dim('·')} deploy ${head.number} on ${channel}`,
    );
    const has = (page: string) => manifest.modules.has(page);
    const hints = singleHint({ page: singlePage(options), has, by: 'publish' });
    for (const line of hints) console.log(pc.yellow(`  ${line}`));
    return;
  }
  console.log(`${pc.bold('modcast')} ${pc.yellow(`no deploy on ${channel} yet`)}\n`);
  const hints = [
    ...channelHint(await store.channels()),
    ...publishHint({ channel, db: database, url, prefix: options.prefix }),
  ];
  for (const line of hints) console.log(line && `  ${line}`);
}

/** Resolves at the first SIGINT or SIGTERM. A second one ends the process at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
