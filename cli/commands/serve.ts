import { Command, InvalidArgumentError } from 'commander';
import { readdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isatty } from 'node:tty';
import path from 'node:path';
import open from 'open';
import pc from 'picocolors';
import { createRegistry, type Registry } from '../../registry/index.js';
import { ModcastError } from '../../schema/index.js';
import { count, formatBytes } from '../output/format.js';
import { networkHint, publishHint, startText } from '../serving/hints.js';
import { report } from '../serving/report.js';

interface ServeOptions {
  port?: number;
  host: string;
  db?: string;
  channel: string;
  open: boolean;
  include?: string[];
  exclude?: string[];
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
  /** False for --no-dir. */
  dir: boolean;
  publicHistory: boolean;
}

const DEFAULT_PORT = 4321;
/** Ports tried after the default one when that is taken; a port that was asked for is never exchanged. */
const PORTS_TRIED = 20;
const DEFAULT_POLL_MS = 300;
/** Of what is no terminal. */
const DEFAULT_COLUMNS = 80;
/** Of a registry without a directory: where the other commands look. */
const OWN_DATABASE = path.join('.modcast', 'registry.db');

function wholeNumber(most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value > most) throw new InvalidArgumentError(`a whole number up to ${most}.`);
    return value;
  };
}

function oneOf<T extends string>(...values: T[]) {
  return (text: string): T => {
    if (!values.includes(text as T)) throw new InvalidArgumentError(`one of ${values.join(', ')}.`);
    return text as T;
  };
}

const collect = (value: string, list: string[] = []): string[] => [...list, value];

export function serveCommand(): Command {
  return new Command('serve')
    .summary('serve a directory; its pages boot over one socket')
    .description(
      'Reads a directory into a registry, follows its changes, and serves it: pages get one script more, and boot from blobs that come over one WebSocket and stay in the browser. A saved file is running in every open page (docs/hot-reload.md). Without the script they work as plain HTTP. With --no-dir the site is the newest deploy of the channel: files that are not published, images for one, are a 404 there.',
    )
    .argument('[dir]', 'the site (default: this directory)')
    .option(
      '-p, --port <port>',
      `port; 0 takes a free one (default: ${DEFAULT_PORT}, or the next free)`,
      wholeNumber(65535),
    )
    .option('--host <host>', 'address to listen on; 0.0.0.0 for the whole network', '127.0.0.1')
    .option('--db <file>', 'SQLite database (default: .modcast/registry.db in the directory)')
    .option('--channel <name>', 'channel to read into and to serve', 'dev')
    .option(
      '--no-dir',
      'serve no directory, but the files of the channel’s newest deploy, as it is published into the database',
    )
    .option('--open', 'open the site in the browser', false)
    .option('--include <glob>', 'files to keep, repeatable (default: **/*.{js,mjs,json,css,html})', collect)
    .option('--exclude <glob>', 'files to leave out, repeatable (default: **/node_modules/**)', collect)
    .option(
      '--boot <mode>',
      'fresh: wait for the newest deploy; cached: run what the browser has (default: fresh on dev)',
      oneOf('fresh', 'cached'),
    )
    .option(
      '--timeout <ms>',
      'how long a page waits for the socket before it goes on without',
      wholeNumber(60_000),
      500,
    )
    .option('--no-watch', 'do not follow changes of the directory: no hot reload')
    .option(
      '--poll [ms]',
      `look for changes instead of being told, for network mounts (default: ${DEFAULT_POLL_MS})`,
      wholeNumber(60_000),
    )
    .option(
      '--keep-deploys <n>',
      'while following: how many deploys of the channel stay; 0 keeps all (default: 1000 on dev, else all)',
      wholeNumber(1_000_000),
    )
    .option('--no-overlay', 'do not show errors of modules over the page')
    .option('--progress', 'show a progress bar in the page on long boots', false)
    .option('--public-history', 'let everybody read all deploys over HTTP, without a token', false)
    .option('--prefix <path>', "path of modcast's own routes", '/-/')
    .option(
      '--allow-host <name>',
      'host name to answer to, beside localhost and addresses; repeatable',
      collect,
    )
    .option('--allow-origin <origin>', 'other site whose pages may use this registry; repeatable', collect)
    .addHelpText(
      'after',
      `
Examples:
  modcast serve ./public --open
  modcast serve /mnt/share/site --poll     files on a network mount
  modcast serve --include 'src/**/*.mjs' --exclude '**/*.test.mjs'
  modcast serve ./public --host 0.0.0.0 --allow-host build.example.org
  modcast serve --no-dir --db registry.db --channel production   a registry to publish to`,
    )
    .action(serve);
}

async function listen(registry: Registry, options: ServeOptions): Promise<{ url: string }> {
  if (options.port !== undefined) return registry.listen({ port: options.port, host: options.host });
  for (let port = DEFAULT_PORT; ; port++) {
    try {
      return await registry.listen({ port, host: options.host });
    } catch (error) {
      const taken = error instanceof ModcastError && error.code === 'port-in-use';
      if (!taken || port === DEFAULT_PORT + PORTS_TRIED) throw error;
    }
  }
}

async function serve(named: string | undefined, options: ServeOptions): Promise<void> {
  if (named !== undefined && !options.dir) {
    throw new ModcastError('option-invalid', `--no-dir, and yet a directory: ${named}`, { found: named });
  }
  const started = performance.now();
  const dir = named ?? '.';
  const registry = createRegistry({
    ...(options.dir ? { directory: dir } : { database: OWN_DATABASE, serveHead: true }),
    ...(options.db === undefined ? {} : { database: options.db }),
    publicHistory: options.publicHistory,
    channel: options.channel,
    prefix: options.prefix,
    ...(options.include === undefined ? {} : { include: options.include }),
    ...(options.exclude === undefined ? {} : { exclude: options.exclude }),
    ...(options.boot === undefined ? {} : { boot: options.boot }),
    timeout: options.timeout,
    progress: options.progress,
    overlay: options.overlay,
    ...(options.keepDeploys === undefined ? {} : { keepDeploys: options.keepDeploys }),
    watch:
      options.poll === undefined
        ? options.watch
        : { poll: options.poll === true ? DEFAULT_POLL_MS : options.poll },
    allowedHosts: [...(options.allowHost ?? []), ...(isIP(options.host) === 0 ? [options.host] : [])],
    allowedOrigins: options.allowOrigin ?? [],
  });
  report(registry, pc, () => process.stdout.columns || DEFAULT_COLUMNS);
  try {
    await run(registry, dir, options, started);
  } finally {
    // Also when it could not begin: what watches the directory would keep the process alive.
    await registry.close();
  }
}

async function run(registry: Registry, dir: string, options: ServeOptions, started: number): Promise<void> {
  const read = await registry.ready;
  const { url } = await listen(registry, options);
  if (read !== null) {
    const shown = path.relative('.', path.resolve(dir)) || '.';
    const isEmpty = read.deploy.modules === 0 && (await readdir(dir)).every((name) => name.startsWith('.'));
    const start = { ...read, shown, isEmpty, took: performance.now() - started };
    for (const line of startText(start, pc)) console.log(line);
  }
  if (read === null) await reportHead(registry, url, options);
  console.log(`\n  ${pc.cyan(url)}`);
  const { port } = new URL(url);
  const { allowHost = [] } = options;
  const hints = networkHint({ host: options.host, port, allowHost, interfaces: networkInterfaces() }, pc);
  for (const line of hints) console.log(`  ${line}`);
  console.log('');
  if (options.open && isatty(1)) await open(url).catch(() => {});
  await untilStopped();
}

/** What there is to serve without a directory, and how something comes there. */
async function reportHead(registry: Registry, url: string, options: ServeOptions): Promise<void> {
  const { channel } = options;
  const head = await (await registry.store()).head(channel);
  if (head !== null) {
    const size = `${count(head.modules, 'module')}, ${formatBytes(head.bytes)}`;
    return console.log(`${pc.bold('modcast')} ${size} ${pc.dim('·')} deploy ${head.number} on ${channel}`);
  }
  const db = path.resolve(options.db ?? OWN_DATABASE);
  console.log(`${pc.bold('modcast')} ${pc.yellow(`nothing on ${channel} yet`)}\n`);
  for (const line of publishHint({ channel, db, url, prefix: options.prefix })) console.log(`  ${line}`);
}

/** Resolves at the first Ctrl-C or TERM; a second one ends the process at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
