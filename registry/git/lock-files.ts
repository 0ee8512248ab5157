import path from 'node:path';
import type { GitCommit, GitObjects, ObjectName } from './git.js';

/** Lock files by which `npm ci` installs. The first one counts, as in npm. */
const LOCKS = ['npm-shrinkwrap.json', 'package-lock.json'];

/** A lock file of a commit with the files that an install needs. */
export interface LockFiles {
  /** Path of the lock file in the repository. */
  readonly lock: string;
  /** Its folder; ends with "/", or is empty. */
  readonly directory: string;
  /** By their paths relative to the folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Finds the lock file of a site in a commit: in its folder, or the nearest above.
 *
 * @param known contents of objects that were read before; null: too large
 * @param folder of the site; ends with "/", or is empty
 * @returns null if there is none; a reason if it cannot be read
 * @throws ModcastError `git-failed`
 */
export async function lockFiles(
  objects: GitObjects,
  known: Map<ObjectName, Uint8Array | null>,
  commit: GitCommit,
  folder: string,
): Promise<LockFiles | { readonly reason: string } | null> {
  const candidates = foldersOf(folder).flatMap((at) => LOCKS.map((name) => at + name));
  const names = await objects.find(commit, candidates);
  const index = names.findIndex((name) => name !== null);
  if (index === -1) return null;
  const lock = candidates[index]!;
  const directory = lock.slice(0, lock.lastIndexOf('/') + 1);
  const bytes = await read(objects, known, names[index]!);
  const others = bytes === null ? null : filesNamedBy(bytes);
  if (others === null) return { reason: `${lock} is not JSON` };
  const wanted = ['package.json', ...others].filter((name) => !name.startsWith('../'));
  const found = await objects.find(
    commit,
    wanted.map((name) => directory + name),
  );
  const files = new Map<string, Uint8Array>([[path.posix.basename(lock), bytes!]]);
  for (const [i, name] of found.entries()) {
    const content = name === null ? null : await read(objects, known, name);
    if (content !== null) files.set(wanted[i]!, content);
  }
  return { lock, directory, files };
}

/** `a/b/`, `a/` and the root, for `a/b/`. */
function foldersOf(folder: string): string[] {
  const parts = folder.split('/').slice(0, -1);
  return [...parts.map((_, i) => `${parts.slice(0, parts.length - i).join('/')}/`), ''];
}

/** Archives in the repository, and descriptions of linked packages, which npm compares with the lock file. */
function filesNamedBy(lock: Uint8Array): string[] | null {
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
    return null;
  }
}

/** The content of an object. Null: too large. */
async function read(
  objects: GitObjects,
  known: Map<ObjectName, Uint8Array | null>,
  name: ObjectName,
): Promise<Uint8Array | null> {
  const before = known.get(name);
  if (before !== undefined) return before;
  for await (const bytes of objects.blobs([name])) {
    const content = bytes === 'large' ? null : Buffer.from(bytes);
    known.set(name, content);
    return content;
  }
  return null;
}
