import { ModcastError, parseChannel, type Channel } from '../schema/index.js';
import { DEFAULT_FILTER } from './files.js';

/** Options of `createRegistry`. Whatever is left out has the default that is said here. */
export interface RegistryOptions {
  /** The site's directory. Left out: the site is served by somebody else, and its deploys come by publishing. */
  directory?: string;
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
  /** Clients at one time. Default 10,000. */
  clients?: number;
}

export interface ResolvedOptions extends Required<Omit<RegistryOptions, 'directory'>> {
  directory: string | null;
}

/** Levenshtein distance, for "did you mean". */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** @throws ModcastError `option-invalid`, for an option that does not exist too, with the likeliest right one */
export function resolveOptions(options: RegistryOptions, author: string): ResolvedOptions {
  const channel = parseChannel(options.channel ?? 'dev');
  const directory = options.directory ?? null;
  const resolved: ResolvedOptions = {
    directory,
    database: options.database ?? (directory === null ? 'modcast.db' : `${directory}/.modcast/registry.db`),
    channel,
    prefix: options.prefix ?? '/-/',
    include: options.include ?? [...DEFAULT_FILTER.include],
    exclude: options.exclude ?? [...DEFAULT_FILTER.exclude],
    watch: options.watch ?? true,
    boot: options.boot ?? (channel === 'dev' ? 'fresh' : 'cached'),
    timeout: options.timeout ?? 500,
    progress: options.progress ?? false,
    allowedHosts: options.allowedHosts ?? [],
    allowedOrigins: options.allowedOrigins ?? [],
    author: options.author ?? author,
    clients: options.clients ?? 10_000,
  };
  for (const name of Object.keys(options)) {
    if (name in resolved) continue;
    const nearest = Object.keys(resolved).toSorted((a, b) => distance(name, a) - distance(name, b))[0]!;
    const hint = distance(name, nearest) <= 3 ? `; did you mean "${nearest}"?` : '';
    throw new ModcastError('option-invalid', `no option "${name}"${hint}`, {
      expected: nearest,
      found: name,
    });
  }
  const check = (right: boolean, name: keyof ResolvedOptions, expected: string) => {
    if (right) return;
    const found = resolved[name];
    throw new ModcastError(
      'option-invalid',
      `${name}: expected ${expected}, found ${JSON.stringify(found)}`,
      {
        expected,
        found,
      },
    );
  };
  const strings = (list: unknown) => Array.isArray(list) && list.every((item) => typeof item === 'string');
  check(/^\/(?:[\w.~-]+\/)+$/.test(resolved.prefix), 'prefix', 'a path like "/-/"');
  check(resolved.boot === 'fresh' || resolved.boot === 'cached', 'boot', '"fresh" or "cached"');
  check(Number.isFinite(resolved.timeout) && resolved.timeout >= 0, 'timeout', 'milliseconds');
  check(Number.isInteger(resolved.clients) && resolved.clients > 0, 'clients', 'a whole number above 0');
  for (const name of ['include', 'exclude', 'allowedHosts', 'allowedOrigins'] as const) {
    check(strings(resolved[name]), name, 'a list of strings');
  }
  const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;
  check(resolved.allowedOrigins.every(isOrigin), 'allowedOrigins', 'origins like "https://example.org"');
  return resolved;
}
