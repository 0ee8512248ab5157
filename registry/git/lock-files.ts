import path from 'node:path';
import { LIMITS } from '../../schema/index.js';
import type { GitCommit, GitObjects, ObjectName } from './git.js';

/** Lock files by which `npm ci` installs. The first one counts, as in npm. */
const LOCKS = ['npm-shrinkwrap.json', 'package-lock.json'];

/** A lock file of a commit with the files that an install needs. */
export interface LockFiles {
  /** Path of the lock file in the repository. */
  readonly lock: string;
  /** Its folder; ends with "/", or is empty. */
  readonly directory: string;
  /** The same for the same files. */
  readonly key: string;
  /**
   * The files by their paths relative to the folder, without those that are too large.
   * @throws ModcastError `git-failed`
   */
  readonly read: () => Promise<Map<string, Uint8Array>>;
}

/** What a lock file names, or why it cannot be read. */
export type NamedFiles = readonly string[] | { readonly reason: string };

/**
 * Finds the lock file of a site in a commit: in its folder, or the nearest above.
 *
 * @param known what the lock files that were read before name
 * @param folder of the site; ends with "/", or is empty
 * @returns null if there is none; a reason if it cannot be read
 * @throws ModcastError `git-failed`
 */
export async function lockFiles(
  objects: Pick<GitObjects, 'find' | 'blobs'>,
  known: Map<ObjectName, NamedFiles>,
  commit: GitCommit,
  folder: string,
): Promise<LockFiles | { readonly reason: string } | null> {
  const candidates = foldersOf(folder).flatMap((at) => LOCKS.map((name) => at + name));
  const names = await objects.find(commit, candidates);
  const index = names.findIndex((name) => name !== null);
  if (index === -1) return null;
  const lock = candidates[index]!;
  const object = names[index]!;
  const directory = lock.slice(0, lock.lastIndexOf('/') + 1);
  let named = known.get(object);
  if (named === undefined) known.set(object, (named = filesNamedBy(await bytesOf(objects, object))));
  if ('reason' in named) return { reason: `${lock} ${named.reason}` };
  const wanted = ['package.json', ...named].filter((name) => !name.startsWith('../'));
  const found = await objects.find(
    commit,
    wanted.map((name) => directory + name),
  );
  const all: (readonly [string, ObjectName])[] = [[path.posix.basename(lock), object]];
  for (const [i, name] of found.entries()) if (name !== null) all.push([wanted[i]!, name]);
  const read = async () => {
    const files = new Map<string, Uint8Array>();
    for (const [name, one] of all) {
      const bytes = await bytesOf(objects, one);
      if (bytes !== null) files.set(name, bytes);
    }
    return files;
  };
  return { lock, directory, key: JSON.stringify(all), read };
}

/** `a/b/`, `a/` and the root, for `a/b/`. */
function foldersOf(folder: string): string[] {
  const parts = folder.split('/').slice(0, -1);
  return [...parts.map((_, i) => `${parts.slice(0, parts.length - i).join('/')}/`), ''];
}

/**
 * Archives in the repository, and descriptions of linked packages, which npm compares with the lock file.
 * @param lock null: too large
 */
function filesNamedBy(lock: Uint8Array | null): NamedFiles {
  if (lock === null) return { reason: `is larger than ${LIMITS.blobBytes / 2 ** 20} MiB` };
  try {
    const { packages = {} } = JSON.parse(Buffer.from(lock).toString()) as {
      packages?: Readonly<Record<string, { readonly resolved?: unknown; readonly link?: unknown }>>;
    };
    const names = Object.entries(packages).flatMap(([place, { resolved, link }]) => {
      if (place !== '' && !/(?:^|\/)node_modules\//.test(place)) return [`${place}/package.json`];
      const isArchive = link !== true && typeof resolved === 'string' && resolved.startsWith('file:');
      return isArchive ? [resolved.slice('file:'.length)] : [];
    });
    return [...new Set(names.map((name) => path.posix.normalize(name)))];
  } catch {
    return { reason: 'is not JSON' };
  }
}

/** The content of an object. Null: too large. */
async function bytesOf(objects: Pick<GitObjects, 'blobs'>, name: ObjectName): Promise<Uint8Array | null> {
  for await (const bytes of objects.blobs([name])) return bytes === 'large' ? null : Buffer.from(bytes);
  return null;
}
