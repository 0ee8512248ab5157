import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import picomatch from 'picomatch';
import { ModcastError, pathProblem, type Path } from '../schema/index.js';

/** Which files of a directory belong to the registry. Globs are picomatch's, against paths. */
export interface FileFilter {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export const DEFAULT_FILTER: FileFilter = {
  include: ['**/*.{js,mjs,json,css,html}'],
  exclude: ['**/node_modules/**'],
};

export type Matches = (path: Path) => boolean;

const hasDotSegment = (file: string): boolean => /(?:^|\/)\./.test(file);

/** Dotfiles, and what lies in a dot directory, never match. */
export function compileFilter(filter: FileFilter): Matches {
  const include = picomatch([...filter.include], { nocase: false });
  const exclude = picomatch([...filter.exclude], { nocase: false });
  return (file) => !hasDotSegment(file) && include(file) && !exclude(file);
}

/** Whether a directory may hold anything that matches: spares reading `node_modules` and dot directories. */
export function compileDescend(filter: FileFilter): Matches {
  const exclude = picomatch([...filter.exclude], { nocase: false });
  return (directory) => !hasDotSegment(directory) && !exclude(`${directory}/x`) && !exclude(directory);
}

export interface WalkResult {
  readonly files: Path[];
  /** What was left out although it matches, each with the reason. */
  readonly skipped: { readonly path: string; readonly reason: string }[];
}

/**
 * @returns the directory's absolute real path
 * @throws ModcastError `directory-invalid`
 */
export async function openDirectory(directory: string): Promise<string> {
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory()) return realpath(directory);
  throw new ModcastError(
    'directory-invalid',
    found === undefined ? `no such directory: ${directory}` : `not a directory: ${directory}`,
    { expected: 'a directory', found: directory },
  );
}

/** Whether `file` is `root` or lies in it, by whole segments. Both are absolute and real. */
export function isInside(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return relative === '' || (relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative));
}

/**
 * The files below `root` (absolute, real) that match. Symbolic links are followed where they stay inside the
 * root, and no directory is entered twice on one way down, so that a link cycle ends.
 */
export async function walk(root: string, filter: FileFilter): Promise<WalkResult> {
  const matches = compileFilter(filter);
  const descend = compileDescend(filter);
  const result: WalkResult = { files: [], skipped: [] };

  const kindOf = async (entry: Dirent, file: string): Promise<{ kind: string; real?: string }> => {
    if (entry.isFile()) return { kind: 'file' };
    if (entry.isDirectory()) return { kind: 'directory' };
    if (!entry.isSymbolicLink()) return { kind: 'other' };
    try {
      const real = await realpath(file);
      if (!isInside(root, real)) return { kind: 'outside' };
      const target = await stat(real);
      return { kind: target.isDirectory() ? 'directory' : target.isFile() ? 'file' : 'other', real };
    } catch {
      return { kind: 'dangling' };
    }
  };

  const visit = async (directory: string, prefix: string, above: readonly string[]): Promise<void> => {
    const entries = await readdir(directory, { withFileTypes: true }).catch(
      (error: NodeJS.ErrnoException) => {
        // Gone between two calls is what directories do; anything else the author wants to know.
        if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') {
          result.skipped.push({ path: prefix || '.', reason: error.code ?? error.message });
        }
        return [];
      },
    );
    for (const entry of entries) {
      const file = path.join(directory, entry.name);
      const name = prefix + entry.name;
      const { kind, real } = await kindOf(entry, file);
      if (kind === 'directory') {
        const at = real ?? file;
        if (descend(name) && !above.includes(at)) await visit(file, `${name}/`, [...above, at]);
      } else if (matches(name)) {
        const problem = kind === 'file' ? pathProblem(name) : SKIP_REASONS[kind];
        if (problem === undefined) result.files.push(name);
        else result.skipped.push({ path: name, reason: problem });
      }
    }
  };

  await visit(root, '', [root]);
  return result;
}

const SKIP_REASONS: Record<string, string> = {
  outside: 'it is a link out of the directory',
  dangling: 'it is a link to nothing',
  other: 'it is not a regular file',
};
