import { BlockList, isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import type { IngestResult } from '../../registry/index.js';
import { count, formatBytes, formatMs } from '../output/format.js';
import type { Colours } from '../io.js';

export interface Start extends Pick<IngestResult, 'deploy' | 'created' | 'read'> {
  /** The directory as it is written here. */
  readonly shown: string;
  /** Whether there is no file in it, dotfiles aside. */
  readonly isEmpty: boolean;
  /** Milliseconds. */
  readonly took: number;
}

/** What was found in the directory, and what to do when that was no site. */
export function startText(
  { deploy, created, read, shown, isEmpty, took }: Start,
  { bold, dim, yellow }: Colours,
): string[] {
  const dot = ` ${dim('·')} `;
  const head = `${bold('modcast')} ${shown}${dot}`;
  if (isEmpty) {
    return [
      `${head}nothing in it yet${dot}${formatMs(took)}`,
      yellow(
        '  Save an index.html with <script type="module" src="main.mjs"></script>, and a main.mjs beside it:',
      ),
      yellow('  they are served as soon as they are there.'),
    ];
  }
  const changed =
    read > 0 || created ? `${count(read, 'file')} read` : 'nothing changed since the last start';
  const text =
    `${head}${count(deploy.modules, 'module')}, ${formatBytes(deploy.bytes)}${dot}` +
    `deploy ${deploy.number} on ${deploy.channel}${dot}${formatMs(took)}, ${changed}`;
  if (deploy.modules > 0) return [text];
  return [
    text,
    yellow('  No modules here. Is this the right directory? See --include in modcast serve --help.'),
  ];
}

export interface NetworkPlace {
  /** As it was asked for. */
  readonly host: string;
  readonly port: string;
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

/** Where others reach a server that listens to a network, and what that means; nothing for one that does not. */
export function networkHint({ host, port, allowHost, interfaces }: NetworkPlace, colours: Colours): string[] {
  if (isLoopback(host)) return [];
  const everywhere = host === '0.0.0.0' || host === '::';
  const addresses = Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => everywhere && !internal && family === 'IPv4')
    .map(({ address }) => address);
  const urls = [...addresses, ...allowHost].map((name) => `http://${name}:${port}/`);
  const { cyan, dim, yellow } = colours;
  const names =
    allowHost.length === 0 && isIP(host) !== 0 ? ' A host name is answered with --allow-host <name>.' : '';
  return [
    ...urls.map((url) => `${cyan(url)} ${dim('in the network')}`),
    yellow(`Whoever reaches this address can read the source.${names}`),
  ];
}

/** As a word of a shell. */
const quoted = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

export interface PublishPlace {
  readonly channel: string;
  /** Absolute. */
  readonly db: string;
  /** Where the registry listens. */
  readonly url: string;
  readonly prefix: string;
}

/** How a site comes to a registry that serves no directory, from here and over HTTP. */
export function publishHint({ channel, db, url, prefix }: PublishPlace): string[] {
  const to = prefix === '/-/' ? url : new URL(prefix, url).href;
  return [
    'Publish a site to it from this machine:',
    `  modcast publish <dir> --channel ${channel} --db ${quoted(db)}`,
    'or from anywhere, with a token:',
    `  modcast token create --scope publish:${channel} --db ${quoted(db)}`,
    `  MODCAST_TOKEN=mc_… modcast publish <dir> --channel ${channel} --to ${to}`,
  ];
}
