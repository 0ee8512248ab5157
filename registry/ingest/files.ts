import { existsSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import picomatch from 'picomatch';
import { closestEntry, didYouMean } from '../closest.js';
import { isGone, isUnreadable, reasonFor } from './left-out.js';
import { ModcastError, isHidden, pathProblem, type Path } from '../../schema/index.js';
import type { Transform } from '../transform/transform.js';

/** Picomatch globs that select the files of a site by their paths. */
export interface FileFilter {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Other files that are selected: those that transforms take. */
  readonly takes?: Matches;
}

const NODE_MODULES = '**/node_modules/**';

/** The files of a watched directory that its deploys contain. The directory itself serves the others. */
export const DEFAULT_FILTER: FileFilter = {
  include: ['**/*.{js,mjs,json,css,html,ts,mts,tsx,jsx}'],
  exclude: [NODE_MODULES],
};

/**
 * Temporary files, backups and swap files of editors, and what operating systems leave in a directory, as far
 * as they are no dotfiles.
 */
export const LEFTOVERS: readonly string[] = [
  '**/{*~,#*#,*.bak,*.tmp,*.sw[n-px],4913,*___jb_tmp___,*___jb_old___}',
  '**/{[Tt]humbs.db,ehthumbs.db,[Dd]esktop.ini,Icon\r}',
];

/** The files of a deploy that has no directory beside it: the whole site. */
export const SITE_FILTER: FileFilter = { include: ['**/*'], exclude: [NODE_MODULES, ...LEFTOVERS] };

/** A glob that matches exactly this path. */
export const literalGlob = (path: Path): string => path.replace(/[\\!*?[\](){}+@|^$]/g, String.raw`\$&`);

export type Matches = (path: Path) => boolean;

// With `dot` for `.well-known`: other dot segments are checked apart from the globs.
const compile = (globs: readonly string[]): Matches => picomatch([...globs], { nocase: false, dot: true });

/** Also selects the files that transforms of the site's author take. */
export const withTransforms = (filter: FileFilter, transforms: readonly Transform[]): FileFilter =>
  transforms.length === 0
    ? filter
    : { ...filter, takes: (file) => transforms.some((each) => each.filter(file)) };

/** Dotfiles and files in dot directories never match, except in `.well-known`. */
export function compileFilter(filter: FileFilter): Matches {
  const include = compile(filter.include);
  const exclude = compile(filter.exclude);
  return (file) => !isHidden(file) && (include(file) || filter.takes?.(file) === true) && !exclude(file);
}

/** Whether a directory may contain files that match. Others, such as `node_modules`, need not be read. */
export function compileDescend(filter: FileFilter): Matches {
  const exclude = compile(filter.exclude);
  return (directory) => !isHidden(directory) && !exclude(`${directory}/x`) && !exclude(directory);
}

/** Node reads names that are not UTF-8 with replacement characters, and then cannot open the file. */
function nameProblem(file: string, name: string): string | undefined {
  return name.includes('\ufffd') && !existsSync(file) ? 'its name is not UTF-8' : pathProblem(name);
}

type Found =
  | { readonly kind: 'file' }
  | { readonly kind: 'directory'; readonly real: string }
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'unreadable'; readonly error: unknown };

const NOT_REGULAR = 'it is not a regular file';
export const BROKEN_LINK = 'it is a broken link';
export const OUTSIDE_LINK = 'it is a link to a place outside the directory';

export interface WalkResult {
  readonly files: Path[];
  /** Files that match but were left out, with reasons. */
  readonly skipped: { readonly path: string; readonly reason: string }[];
  /** Files and directories that exist and cannot be read now. They are in `skipped` too. */
  readonly unreadable: Path[];
}

/**
 * @returns the directory's absolute path, where a link stays one: it may be pointed to another directory
 * @throws ModcastError `directory-invalid`
 */
export async function openRoot(directory: string): Promise<string> {
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory()) return path.resolve(directory);
  throw new ModcastError(
    'directory-invalid',
    found === undefined
      ? `no such directory: ${directory}${didYouMean(await closestEntry(directory))}`
      : `not a directory: ${directory}`,
    { expected: 'a directory', found: directory },
  );
}

/**
 * @returns the directory's absolute real path
 * @throws ModcastError `directory-invalid`
 */
export const openDirectory = async (directory: string): Promise<string> =>
  realpath(await openRoot(directory));

/**
 * Fails when the directory is gone, since that must not look like a site without files.
 * @throws ModcastError `directory-invalid`
 */
export function requireDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new ModcastError('directory-invalid', `the directory no longer exists: ${directory}`, {
    expected: 'a directory',
    found: directory,
  });
}

/** Whether `file` is `root` or inside it. Both are absolute and real. */
export function isInside(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return relative === '' || (relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative));
}

/**
 * Dot directories in which tools keep what they link to: package managers, git-sync, and the volumes of
 * Kubernetes (`..data`).
 */
const LINK_STORE = /^(?:\.(?:pnpm|store|yarn|bun|deno|worktrees)$|\.\.\w)/;

/**
 * Why a link to a path of the site must not be followed; undefined when it may be. The only dot segments of a
 * target may be directories that exist to be linked to: those of `LINK_STORE`, and any directly in a
 * `node_modules`.
 */
export function targetProblem(name: Path): string | undefined {
  const segments = name.split('/');
  const shown = segments.map((segment, i) => {
    const isStore = LINK_STORE.test(segment) || segments[i - 1] === 'node_modules';
    return isStore && i < segments.length - 1 ? 'store' : segment;
  });
  return isHidden(shown.join('/')) ? 'it is a link to a dotfile' : undefined;
}

/**
 * Why a symbolic link below `root` must not be followed; undefined when it may be. A link does not make a
 * dotfile servable.
 *
 * @param real where the link leads: absolute, real
 */
export function linkProblem(root: string, real: string): string | undefined {
  if (!isInside(root, real)) return OUTSIDE_LINK;
  return targetProblem(path.relative(root, real).split(path.sep).join('/'));
}

/**
 * Why a file that `walk` did not find must not be read; undefined when it may be, or when it does not exist.
 *
 * @param root absolute, real
 */
export function readProblem(root: string, file: string): string | undefined {
  try {
    const real = realpathSync(path.join(root, file));
    return pathProblem(file) ?? linkProblem(root, real);
  } catch {
    // Reading a file that does not exist fails by itself.
    return undefined;
  }
}

/**
 * Finds the files below a directory that match. It follows symbolic links that stay inside the
 * root. It does not enter a directory from inside itself, so that a cycle of links ends.
 */
export async function walk(directory: string, filter: FileFilter): Promise<WalkResult> {
  const root = await realpath(directory);
  const matches = compileFilter(filter);
  const descend = compileDescend(filter);
  const result: WalkResult = { files: [], skipped: [], unreadable: [] };

  /** A file can disappear between two system calls. The author needs to know about other errors. */
  const fail = (name: string, error: unknown): void => {
    if (isGone(error)) return;
    result.skipped.push({ path: name || '.', reason: reasonFor(error) });
    if (isUnreadable(error)) result.unreadable.push(name);
  };

  const find = async (entry: Dirent, file: string, parent: string): Promise<Found> => {
    if (entry.isFile()) return { kind: 'file' };
    if (entry.isDirectory()) return { kind: 'directory', real: path.join(parent, entry.name) };
    if (!entry.isSymbolicLink()) return { kind: 'none', reason: NOT_REGULAR };
    try {
      const real = await realpath(file);
      const reason = linkProblem(root, real);
      if (reason !== undefined) return { kind: 'none', reason };
      const target = await stat(real);
      if (target.isDirectory()) return { kind: 'directory', real };
      return target.isFile() ? { kind: 'file' } : { kind: 'none', reason: NOT_REGULAR };
    } catch (error) {
      if (isUnreadable(error)) return { kind: 'unreadable', error };
      const { code } = error as NodeJS.ErrnoException;
      return { kind: 'none', reason: code === 'ELOOP' ? reasonFor(error) : BROKEN_LINK };
    }
  };

  const visit = async (at: string, prefix: string, above: readonly string[]): Promise<void> => {
    const entries = await readdir(at, { withFileTypes: true }).catch((error: unknown) => {
      fail(prefix.slice(0, -1), error);
      return [];
    });
    for (const entry of entries) {
      const file = path.join(at, entry.name);
      const name = prefix + entry.name;
      const found = await find(entry, file, above.at(-1)!);
      if (found.kind === 'directory') {
        const { real } = found;
        if (descend(name) && !above.includes(real)) await visit(file, `${name}/`, [...above, real]);
      } else if (found.kind === 'unreadable') {
        if (matches(name) || descend(name)) fail(name, found.error);
      } else if (matches(name)) {
        const problem = found.kind === 'file' ? nameProblem(file, name) : found.reason;
        if (problem === undefined) result.files.push(name);
        else result.skipped.push({ path: name, reason: problem });
      }
    }
  };

  await visit(root, '', [root]);
  return result;
}

/** Whether a path is `place` or in that directory. Empty: the root. */
export const isBelow = (place: Path, name: Path): boolean =>
  place === '' || name === place || name.startsWith(`${place}/`);
