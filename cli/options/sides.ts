import { stat } from 'node:fs/promises';
import path from 'node:path';
import {
  deploySnapshot,
  directorySnapshot,
  hasPath,
  resolveDeploy,
  typedPath,
  type Snapshot,
} from '../../registry/history/index.js';
import type { Deploy, Store } from '../../registry/index.js';
import { DEFAULT_FILTER } from '../../registry/ingest/files.js';
import { DATABASE_FOLDER } from '../../registry/store/database-folder.js';
import type { Transform } from '../../registry/transform/index.js';
import { EMPTY_MANIFEST, type Channel, type Path } from '../../schema/index.js';
import type { Io } from '../io.js';
import { siteContents } from '../output/site-contents.js';
import { publishFilter } from '../publishing/publish-filter.js';
import { WATCHED_CHANNEL, filterOf, type FilterOptions } from './filter.js';
import { isRefUnknown, neitherRefNorPath } from './refs.js';

/** What a comparison reads. */
export interface Site {
  readonly store: Store;
  /** The store's file. */
  readonly database: string;
  /** The channel that is compared with the directory if no deploy is named. Null: there are no deploys. */
  readonly channel: Channel | null;
  /** Those of the site's author. */
  readonly transforms: readonly Transform[];
}

export interface Sides {
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** Files and directories to compare. Empty: all. */
  readonly paths: readonly string[];
}

const looksLikePath = (text: string): boolean => text === '.' || text === '..' || /^\.{0,2}\/|\/$/.test(text);

/** `a..b` as `a b`, as in git; a missing side is HEAD. No ref has two dots. */
function expandRange(args: readonly string[]): readonly string[] {
  const [first = '', ...rest] = args;
  const [, from, to] = /^(|.*[^./])\.\.(|[^./].*)$/s.exec(first) ?? [];
  if (from === undefined || to === undefined || looksLikePath(first)) return args;
  return [from || 'HEAD', to || 'HEAD', ...rest];
}

/** The directory of a site that keeps its database in it, else the current directory. */
export function siteDirectory(io: Pick<Io, 'cwd'>, database: string): string {
  const folder = path.dirname(database);
  return path.basename(folder) === DATABASE_FOLDER ? path.dirname(folder) : io.cwd;
}

/**
 * The two sides of a comparison: deploys by their refs, or directories. Text that looks like a path is a
 * directory; other text is first a ref. A missing side is the channel's newest deploy before, and the site's
 * directory after; `a..b` is both. The arguments from the first file of the deploy on are paths, as for `git
 * diff`.
 *
 * @returns null if the newest deploy is missing, and needed
 * @throws ModcastError `ref-unknown`, `path-unknown`, `directory-invalid`
 */
export async function resolveSides(io: Io, site: Site, given: readonly string[]): Promise<Sides | null> {
  const args = expandRange(given);
  const { store, database, channel } = site;
  const head = async () => (channel === null ? null : resolveDeploy(store, channel, io.now()));
  const sides: (string | Deploy)[] = [];
  for (const text of args.slice(0, 2)) {
    const found = await sideOf(io, store, text).catch(async (error: unknown) => {
      if (!isRefUnknown(error)) throw error;
      const [first] = sides;
      // A path of the deploy that is compared with the directory.
      const deploy = typeof first === 'object' ? first : await head();
      if (deploy === null) throw error;
      const { modules } = (await store.manifest(deploy.number)) ?? EMPTY_MANIFEST;
      if (hasPath(modules.keys(), typedPath(text))) return undefined;
      throw await neitherRefNorPath(store, deploy, text, error);
    });
    if (found === undefined) break;
    sides.push(found);
  }
  const paths = args.slice(sides.length);
  const [first, second] = sides;
  const isDirectory = typeof first === 'string' && second === undefined;
  const a = isDirectory || first === undefined ? await head() : first;
  if (a === null) return null;
  const b = isDirectory ? first : (second ?? siteDirectory(io, database));
  const open = (side: string | Deploy, other: string | Deploy) =>
    typeof side === 'string' ? openDirectory(site, side, other) : deploySnapshot(store, side);
  return { before: await open(a, b), after: await open(b, a), paths };
}

/** The deploy, or the absolute path of the directory. */
async function sideOf(io: Io, store: Store, text: string): Promise<Deploy | string> {
  const directory = path.resolve(io.cwd, text);
  if (looksLikePath(text)) return directory;
  try {
    return await resolveDeploy(store, text, io.now());
  } catch (error) {
    const found = isRefUnknown(error) ? await stat(directory).catch(() => undefined) : undefined;
    if (found?.isDirectory()) return directory;
    throw error;
  }
}

/**
 * The whole content of a directory, as publishing reads it. Compared with a deploy that was made while the
 * directory was watched: only what such a deploy contains.
 */
export async function openDirectory(
  { store, database, transforms }: Site,
  directory: string,
  other: Deploy | string,
  options: FilterOptions = {},
): Promise<Snapshot> {
  if (typeof other === 'string' || other.channel !== WATCHED_CHANNEL)
    return directorySnapshot(
      directory,
      publishFilter(options, directory, database),
      'production',
      transforms,
    );
  const manifest = (await store.manifest(other.number)) ?? EMPTY_MANIFEST;
  const takes = (file: Path) => transforms.some((each) => each.filter(file));
  const isWhole = siteContents(manifest, takes).assets.files > 0;
  const filter = isWhole ? publishFilter(options, directory, database) : filterOf(options, DEFAULT_FILTER);
  return directorySnapshot(directory, filter, 'development', transforms);
}
