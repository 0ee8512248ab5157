import { inspect } from 'node:util';
import { CHANNEL_PATTERN, LIMITS, ModcastError, type Channel } from '../schema/index.js';
import { DEFAULT_FILTER } from './ingest/files.js';
import { nearest } from './nearest.js';

/** Path prefix of the registry's routes when no other is given. */
export const DEFAULT_PREFIX = '/-/';

/** Options of `createRegistry`. Whatever is left out has the default that is said here. */
export interface RegistryOptions {
  /** The site's directory. Left out: the site is served by somebody else, and its deploys come by publishing. */
  directory?: string;
  /**
   * Without a directory: serve the channel's newest deploy as a site, the files that it holds and no others. Default false:
   * paths outside of the prefix are for somebody else.
   */
  serveHead?: boolean;
  /** SQLite file. Default `.modcast/registry.db` in the directory; `:memory:` keeps nothing. */
  database?: string;
  /** The channel that pages get, and into which the directory is read. Default `dev`. */
  channel?: Channel;
  /** Path under which the registry's own routes lie. Default `/-/`. */
  prefix?: string;
  /** Globs of files that are kept. Default: JavaScript, JSON, CSS and HTML, no dotfiles. */
  include?: string[];
  /** Globs of files that are not. Default `node_modules`, at any depth. */
  exclude?: string[];
  /** Follow changes of the directory. Default true. `poll` asks for them at an interval, for network mounts. */
  watch?: boolean | { poll: number };
  /**
   * While the directory is followed: of the channel's deploys the newest so many stay, and at most a tenth more; older ones go
   * when there is time. 0 keeps all. Default: 1,000 on `dev`, elsewhere all.
   */
  keepDeploys?: number;
  /** While the directory is followed: show errors of modules over the page. Default true. */
  overlay?: boolean;
  /** `fresh`: a page waits for the server's word; `cached`: it runs what it has. Default: fresh on `dev`. */
  boot?: 'fresh' | 'cached';
  /** Milliseconds that a page waits for the socket before it goes on without. Default 500. */
  timeout?: number;
  /** Show a progress bar on long cold boots. Default false. */
  progress?: boolean;
  /** Host names that may be asked for, beside localhost and addresses. */
  allowedHosts?: string[];
  /** Origins of other sites whose pages may use this registry, `https://example.org`. */
  allowedOrigins?: string[];
  /** Who a deploy is by. Default: the user of the process. */
  author?: string;
  /** Everybody may read all deploys over HTTP, not just those that are in use. Default: that needs a token. */
  publicHistory?: boolean;
  /** Clients at one time. Default 10,000. */
  clients?: number;
}

export interface ResolvedOptions extends Required<Omit<RegistryOptions, 'directory'>> {
  directory: string | null;
}

const isPlain = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '');
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;
const isOrigin = (text: string): boolean =>
  /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
const isHostName = (text: string): boolean =>
  /^[\w.-]+$/.test(text) &&
  URL.canParse(`http://${text}/`) &&
  new URL(`http://${text}/`).hostname === text.toLowerCase();

type Rule = readonly [expected: string, right: (value: unknown) => boolean];

const RULES: { readonly [name in keyof ResolvedOptions]: Rule } = {
  directory: ['a directory', (value) => value === null || isText(value)],
  serveHead: ['true or false', (value) => typeof value === 'boolean'],
  database: ['a file or ":memory:"', isText],
  channel: [
    '1 to 64 of a-z, 0-9, ".", "_", "-", starting with a letter or digit',
    (value) => typeof value === 'string' && CHANNEL_PATTERN.test(value),
  ],
  prefix: ['a path like "/-/"', (value) => typeof value === 'string' && isPrefix(value)],
  include: ['a list of globs', isStrings],
  exclude: ['a list of globs', isStrings],
  watch: ['true, false or { poll: milliseconds }', isWatch],
  keepDeploys: ['a whole number', (value) => Number.isSafeInteger(value) && (value as number) >= 0],
  overlay: ['true or false', (value) => typeof value === 'boolean'],
  boot: ['"fresh" or "cached"', (value) => value === 'fresh' || value === 'cached'],
  timeout: ['milliseconds', (value) => Number.isFinite(value) && (value as number) >= 0],
  progress: ['true or false', (value) => typeof value === 'boolean'],
  allowedHosts: [
    'host names like "example.org", without ports',
    (value) => isStrings(value) && value.every(isHostName),
  ],
  allowedOrigins: [
    'origins like "https://example.org"',
    (value) => isStrings(value) && value.every(isOrigin),
  ],
  author: ['a name', isText],
  publicHistory: ['true or false', (value) => typeof value === 'boolean'],
  clients: ['a whole number above 0', isCount],
};

/** Dot segments would be gone from every URL before it is compared. */
function isPrefix(value: string): boolean {
  return /^\/(?:[\w.~-]+\/)+$/.test(value) && !/\/\.{1,2}\//.test(value);
}

function isWatch(value: unknown): boolean {
  if (typeof value === 'boolean') return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(value).join() === 'poll' && isCount((value as { poll: unknown }).poll);
}

/** @throws ModcastError `option-invalid`, for an option that does not exist too, with the likeliest right one */
export function resolveOptions(options: RegistryOptions, author: string): ResolvedOptions {
  if (!isPlain(options)) {
    const expected = 'an object';
    throw new ModcastError('option-invalid', `options: expected ${expected}, found ${inspect(options)}`, {
      expected,
      found: options,
    });
  }
  const names = Object.keys(RULES) as (keyof ResolvedOptions)[];
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(RULES, name)) continue;
    const { name: expected, hint } = nearest(name, names);
    throw new ModcastError('option-invalid', `no option "${name}"${hint}`, { expected, found: name });
  }
  const directory = options.directory ?? null;
  const channel = options.channel ?? 'dev';
  const resolved: ResolvedOptions = {
    directory,
    serveHead: options.serveHead ?? false,
    database: options.database ?? (directory === null ? 'modcast.db' : `${directory}/.modcast/registry.db`),
    channel,
    prefix: options.prefix ?? DEFAULT_PREFIX,
    include: options.include ?? [...DEFAULT_FILTER.include],
    exclude: options.exclude ?? [...DEFAULT_FILTER.exclude],
    watch: options.watch ?? true,
    keepDeploys: options.keepDeploys ?? (channel === 'dev' ? LIMITS.devDeploys : 0),
    overlay: options.overlay ?? true,
    boot: options.boot ?? (channel === 'dev' ? 'fresh' : 'cached'),
    timeout: options.timeout ?? 500,
    progress: options.progress ?? false,
    allowedHosts: options.allowedHosts ?? [],
    allowedOrigins: options.allowedOrigins ?? [],
    author: options.author ?? author,
    publicHistory: options.publicHistory ?? false,
    clients: options.clients ?? LIMITS.clients,
  };
  if (directory !== null && resolved.serveHead) {
    const expected = 'a directory or serveHead';
    throw new ModcastError(
      'option-invalid',
      'serveHead: a directory is served instead; leave one of them out',
      {
        expected,
        found: directory,
      },
    );
  }
  for (const name of names) {
    const [expected, right] = RULES[name];
    const found = resolved[name];
    if (right(found)) continue;
    throw new ModcastError('option-invalid', `${name}: expected ${expected}, found ${inspect(found)}`, {
      expected,
      found,
    });
  }
  return resolved;
}
