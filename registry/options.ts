import { inspect } from 'node:util';
import { CHANNEL_PATTERN, LIMITS, ModcastError, isHidden, isPath, type Channel } from '../schema/index.js';
import { DEFAULT_FILTER } from './ingest/files.js';
import { nearest } from './closest.js';
import { DEFAULT_CONDITIONS } from './packages/package-resolver.js';
import { isTransform, type Transform } from './transform/transform.js';

/** Path prefix of the registry's routes when no other is given. */
export const DEFAULT_PREFIX = '/-/';

/** Options of `createRegistry`, with their defaults. */
export interface RegistryOptions {
  /** The site's directory. Without it, another server serves the site, and deploys are published. */
  directory?: string;
  /**
   * Without a directory: serve the files of the channel's newest deploy as a site. Default false: another
   * server answers paths outside the prefix.
   */
  serveHead?: boolean;
  /**
   * For a single-page application: requests for HTML at a path without a file get this page. True:
   * `index.html`. Default false.
   */
  single?: boolean | string;
  /**
   * SQLite file. Default `.modcast/registry.db` in the directory. `:memory:` keeps nothing after a restart.
   */
  database?: string;
  /** The channel of the pages, and of the directory's deploys. Default `dev`. */
  channel?: Channel;
  /** Path prefix of the registry's own routes, below `base`. Default `/-/`. */
  prefix?: string;
  /**
   * Where browsers find the site, below the origin of a reverse proxy, such as `/app/`. The proxy may remove
   * this from the path of a request, or pass the path on as it is. Default `/`.
   */
  base?: string;
  /**
   * Believe a reverse proxy what it says about the request of the browser: `X-Forwarded-Host`,
   * `X-Forwarded-Proto`, `X-Forwarded-Prefix`, `Forwarded`. Only where all requests come from a proxy that
   * sets or removes these headers. Default false.
   */
  trustProxy?: boolean;
  /**
   * Globs of files that deploys contain. Default: JavaScript, TypeScript, JSX, JSON, CSS and HTML.
   * Dotfiles are never included.
   */
  include?: string[];
  /** Globs of files that deploys do not contain. Default `node_modules`, at any depth. */
  exclude?: string[];
  /**
   * Find what the site imports by name in `node_modules`, and add it to deploys. Default true.
   */
  packages?: boolean;
  /**
   * Conditions of `exports` and `imports` in a `package.json`, besides `default` and `development`. Default
   * `browser`, `module`, `import`.
   */
  conditions?: string[];
  /** Watch the directory. Default true. `poll` is an interval in milliseconds, for network mounts. */
  watch?: boolean | { poll: number };
  /**
   * While the directory is watched: the number of the channel's newest deploys to keep. Older ones are
   * deleted when the registry is idle, so there may be up to a tenth more. 0 keeps all. Default: 1,000 on
   * `dev`, all on others.
   */
  keepDeploys?: number;
  /** While the directory is watched: show errors in an overlay on the page. Default true. */
  overlay?: boolean;
  /**
   * `fresh`: a page waits for the server. `cached`: it runs the deploy of its HTML from the cache, if that is
   * there. Default: `fresh` on `dev`, else `cached`.
   */
  boot?: 'fresh' | 'cached';
  /** Milliseconds that a page waits for the socket before it boots without it. Default 500. */
  timeout?: number;
  /** Show a progress bar on long cold boots. Default false. */
  progress?: boolean;
  /** Host names that requests may use, besides localhost and IP addresses. */
  allowedHosts?: string[];
  /** Origins of other sites whose pages may use this registry, such as `https://example.org`. */
  allowedOrigins?: string[];
  /** The author of deploys. Default: the user that runs the process. */
  author?: string;
  /**
   * Pages that were visited run without the server: a service worker keeps them, and what they have used.
   * `all` keeps whole deploys. Default: true, on `dev` false.
   */
  offline?: boolean | 'all';
  /**
   * Join modules that run one after the other into one, a run: pages boot faster. Runs are kept in the
   * database. Default: true.
   */
  fuse?: boolean;
  /** Anyone may read all deploys over HTTP. Default false: deploys that are not in use need a token. */
  publicHistory?: boolean;
  /** Maximum number of connected clients. Default 10,000. */
  clients?: number;
  /** What makes modules of the site's files, before TypeScript and JSX are transformed. Default: none. */
  transforms?: Transform[];
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

const isTransforms = (value: unknown): boolean => Array.isArray(value) && value.every(isTransform);

type Rule = readonly [expected: string, isValid: (value: unknown) => boolean];

const RULES: { readonly [name in keyof ResolvedOptions]: Rule } = {
  directory: ['a directory', (value) => value === null || isText(value)],
  serveHead: ['true or false', (value) => typeof value === 'boolean'],
  single: [
    'true, false or the path of a page like "index.html"',
    (value) => typeof value === 'boolean' || (isPath(value) && !isHidden(value)),
  ],
  database: ['a file or ":memory:"', isText],
  channel: [
    '1 to 64 of a-z, 0-9, ".", "_", "-", starting with a letter or digit',
    (value) => typeof value === 'string' && CHANNEL_PATTERN.test(value),
  ],
  prefix: ['a path like "/-/"', (value) => typeof value === 'string' && isPrefix(value)],
  base: ['a path like "/app/"', (value) => value === '/' || (typeof value === 'string' && isPrefix(value))],
  trustProxy: ['true or false', (value) => typeof value === 'boolean'],
  include: ['a list of globs', isStrings],
  exclude: ['a list of globs', isStrings],
  packages: ['true or false', (value) => typeof value === 'boolean'],
  conditions: ['a list of names', isStrings],
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
  offline: ['true, false or "all"', (value) => typeof value === 'boolean' || value === 'all'],
  fuse: ['true or false', (value) => typeof value === 'boolean'],
  publicHistory: ['true or false', (value) => typeof value === 'boolean'],
  clients: ['a whole number above 0', isCount],
  transforms: ['a list of transforms, each with `name`, `version`, `filter` and `transform`', isTransforms],
};

/** URL parsing removes dot segments, so a prefix with one would never match. */
function isPrefix(value: string): boolean {
  return /^\/(?:[\w.~-]+\/)+$/.test(value) && !/\/\.{1,2}\//.test(value);
}

function isWatch(value: unknown): boolean {
  if (typeof value === 'boolean') return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(value).join() === 'poll' && isCount((value as { poll: unknown }).poll);
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws ModcastError `option-invalid`, also for an unknown option, with a suggestion
 */
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
    single: options.single ?? false,
    database: options.database ?? (directory === null ? 'modcast.db' : `${directory}/.modcast/registry.db`),
    channel,
    prefix: options.prefix ?? DEFAULT_PREFIX,
    base: options.base ?? '/',
    trustProxy: options.trustProxy ?? false,
    include: options.include ?? [...DEFAULT_FILTER.include],
    exclude: options.exclude ?? [...DEFAULT_FILTER.exclude],
    packages: options.packages ?? true,
    conditions: options.conditions ?? [...DEFAULT_CONDITIONS],
    watch: options.watch ?? true,
    keepDeploys: options.keepDeploys ?? (channel === 'dev' ? LIMITS.devDeploys : 0),
    overlay: options.overlay ?? true,
    boot: options.boot ?? (channel === 'dev' ? 'fresh' : 'cached'),
    timeout: options.timeout ?? 500,
    progress: options.progress ?? false,
    allowedHosts: options.allowedHosts ?? [],
    allowedOrigins: options.allowedOrigins ?? [],
    author: options.author ?? author,
    offline: options.offline ?? channel !== 'dev',
    fuse: options.fuse ?? true,
    publicHistory: options.publicHistory ?? false,
    clients: options.clients ?? LIMITS.clients,
    transforms: options.transforms ?? [],
  };
  if (directory !== null && resolved.serveHead) {
    const expected = 'a directory or serveHead';
    throw new ModcastError(
      'option-invalid',
      'serveHead cannot be used with a directory; leave out one of the two',
      {
        expected,
        found: directory,
      },
    );
  }
  if (directory === null && !resolved.serveHead && resolved.single !== false) {
    const expected = 'a directory or serveHead';
    const message = `single is for a site that this registry serves; give ${expected}`;
    throw new ModcastError('option-invalid', message, { expected, found: resolved.single });
  }
  for (const name of names) {
    const [expected, isValid] = RULES[name];
    const found = resolved[name];
    if (isValid(found)) continue;
    throw new ModcastError('option-invalid', `${name}: expected ${expected}, found ${inspect(found)}`, {
      expected,
      found,
    });
  }
  return resolved;
}
