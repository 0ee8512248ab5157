import { BlockList, isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import type { IngestResult } from '../../registry/index.js';
import { count, formatMs } from '../output/format.js';
import { contentsText } from '../output/site-contents.js';
import { shellWord } from '../output/shell.js';
import type { Colours } from '../io.js';

export interface Start extends Pick<IngestResult, 'deploy' | 'manifest' | 'created' | 'read'> {
  /** Whether the directory has an HTML file. */
  readonly hasPage: boolean;
  /** The directory as it is printed. */
  readonly shown: string;
  /** What to know about the page of --single, as `singleHint` says it. */
  readonly single: readonly string[];
  /** Whether the directory has no files, apart from dotfiles. */
  readonly isEmpty: boolean;
  /** Milliseconds. */
  readonly took: number;
}

/** The first lines of `modcast serve`: what is in the directory, and what to do if something is missing. */
export function startText(start: Start, colours: Colours): string[] {
  const lines = contentText(start, colours);
  if (start.isEmpty) return lines;
  return [...lines, ...start.single.map((line) => colours.yellow(`  ${line}`))];
}

export interface SinglePage {
  /** The page of --single. Null without the option. */
  readonly page: string | null;
  /** Whether the site has a file. */
  readonly has: (path: string) => boolean;
  /** How a file comes into the site. */
  readonly by: 'save' | 'publish';
}

/** Says that the site lacks the page of --single, or has a 404 page besides, which is then not used. */
export function singleHint({ page, has, by }: SinglePage): string[] {
  if (page === null) return [];
  if (!has(page)) return [`No ${page} for --single: paths without a file are not found until you ${by} it.`];
  return has('404.html') ? [`404.html is not used: with --single, paths without a file get ${page}.`] : [];
}

function contentText(
  { deploy, manifest, created, read, shown, hasPage, isEmpty, took }: Start,
  { bold, dim, yellow }: Colours,
): string[] {
  const dot = ` ${dim('·')} `;
  const head = `${bold('modcast')} ${shown}${dot}`;
  if (isEmpty) {
    return [
      `${head}empty directory${dot}${formatMs(took)}`,
      yellow(
        '  Save an index.html with <script type="module" src="main.mjs"></script>, and a main.mjs next to it.',
      ),
      yellow('  They are served as soon as you save them.'),
    ];
  }
  const changed =
    read > 0 || created ? `${count(read, 'file')} read` : 'no file changed since the last start';
  const text =
    `${head}${contentsText(manifest)}${dot}` +
    `deploy ${deploy.number} on ${deploy.channel}${dot}${formatMs(took)}, ${changed}`;
  if (deploy.modules > 0) {
    return hasPage
      ? [text]
      : [text, yellow('  No page: no .html file. That is right if another server renders the pages.')];
  }
  return [text, yellow('  No files found. Is this the right directory? --include chooses other files.')];
}

export interface NetworkPlace {
  /** As given with --host. */
  readonly host: string;
  readonly port: string;
  /** Path of the site. */
  readonly base: string;
  readonly allowHost: readonly string[];
  readonly interfaces: { readonly [name: string]: readonly NetworkInterfaceInfo[] | undefined };
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return host === 'localhost' || host.endsWith('.localhost');
  return LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

/** URLs for other machines, with a warning. Empty if the server listens on the loopback interface only. */
export function networkHint(
  { host, port, base, allowHost, interfaces }: NetworkPlace,
  colours: Colours,
): string[] {
  if (isLoopback(host)) return [];
  const everywhere = host === '0.0.0.0' || host === '::';
  const addresses = Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => everywhere && !internal && family === 'IPv4')
    .map(({ address }) => address);
  const urls = [...addresses, ...allowHost].map((name) => `http://${name}:${port}${base}`);
  const { cyan, dim, yellow } = colours;
  const names =
    allowHost.length === 0 && isIP(host) !== 0 ? ' To allow a host name: --allow-host <name>.' : '';
  return [
    ...urls.map((url) => `${cyan(url)} ${dim('on the network')}`),
    yellow(`Anyone who can reach this address can read the source code.${names}`),
  ];
}

export interface PublishPlace {
  readonly channel: string;
  /** Absolute. */
  readonly db: string;
  /** Where the server listens. */
  readonly url: string;
  readonly prefix: string;
}

/** What to do if a channel without deploys is served from a database that has other channels. */
export const channelHint = (others: readonly string[]): string[] =>
  others.length === 0
    ? []
    : [`This database has deploys on ${others.join(', ')}. To serve them: --channel ${others[0]}`, ''];

/** How to publish to a server without a directory, from this machine and over HTTP. */
export function publishHint({ channel, db, url, prefix }: PublishPlace): string[] {
  const isDefault = prefix === '/-/' && new URL(url).pathname === '/';
  const to = isDefault ? url : new URL(prefix.slice(1), url).href;
  return [
    'To publish a site from this machine:',
    `  modcast publish <dir> --channel ${channel} --db ${shellWord(db)}`,
    'To publish from another machine, with a token:',
    `  modcast token create --scope publish:${channel} --db ${shellWord(db)}`,
    `  MODCAST_TOKEN=mc_… modcast publish <dir> --channel ${channel} --to ${to}`,
  ];
}
