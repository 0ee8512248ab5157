import { lstat, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ModcastError, type Path } from '../../schema/index.js';
import { explainSystemError } from '../system-error.js';
import { windowsNameProblem } from '../windows-names.js';

export interface WriteFilesOptions {
  readonly directory: string;
  /** All paths that will be written, checked before the first write. Plain segments only. */
  readonly paths: readonly Path[];
  /** Write into a directory that is not empty. Files of the same name are replaced, others stay. */
  readonly force: boolean;
  /** The files, in any order. An error leaves the directory unchanged. */
  readonly files: (write: (path: Path, bytes: Uint8Array) => Promise<void>) => Promise<void>;
  /** Whether a directory's file system ignores case in names. Default: found out by trying. */
  readonly foldsCase?: (directory: string) => Promise<boolean>;
  /** Whether names have to be ones of Windows. Default: where this runs. */
  readonly isWindows?: boolean;
}

/** @throws ModcastError `path-invalid` */
function assertNames(paths: readonly Path[]): void {
  for (const name of paths) {
    const problem = windowsNameProblem(name);
    if (problem === undefined) continue;
    throw new ModcastError(
      'path-invalid',
      `Windows cannot have a file ${name}: ${problem}; export it elsewhere`,
      {
        expected: 'a name that Windows allows',
        found: name,
      },
    );
  }
}

function collision(a: Path, b: Path, why: string): ModcastError {
  return new ModcastError('export-collision', `${a} and ${b} ${why}`, { found: [a, b] });
}

/** @throws ModcastError `export-collision` */
function assertDistinct(paths: readonly Path[], folds: boolean): void {
  const key = (name: string) => (folds ? name.toUpperCase().toLowerCase() : name);
  const files = new Map<string, Path>();
  for (const name of paths) {
    const other = files.get(key(name));
    if (other !== undefined)
      throw collision(other, name, 'differ only in case, which the file system ignores');
    files.set(key(name), name);
  }
  for (const name of paths) {
    for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
      const file = files.get(key(name.slice(0, at)));
      if (file !== undefined)
        throw collision(file, name, 'need the same name for a file and for a directory');
    }
  }
}

async function tryCase(directory: string): Promise<boolean> {
  await writeFile(path.join(directory, 'case'), '');
  return stat(path.join(directory, 'CASE')).then(
    () => true,
    () => false,
  );
}

const occupied = (message: string, found: string): ModcastError =>
  new ModcastError('export-occupied', message, { expected: 'an empty or a new directory', found });

/** @returns whether the directory has any files; false when it does not exist */
async function isOccupied(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length > 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (code === 'ENOTDIR') throw occupied(`${directory} is not a directory`, directory);
    throw error;
  }
}

/** Creates the parent directories of a file, but never through a link. */
async function makeParents(root: string, name: Path, made: Set<string>): Promise<void> {
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
    const directory = path.join(root, name.slice(0, at));
    if (made.has(directory)) continue;
    await mkdir(directory).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      if (!(await lstat(directory)).isDirectory())
        throw occupied(`${directory} is not a directory`, directory);
    });
    made.add(directory);
  }
}

async function moveInto(root: string, from: string, paths: readonly Path[]): Promise<void> {
  const made = new Set<string>();
  for (const name of paths) {
    await makeParents(root, name, made);
    const target = path.join(root, name);
    await rename(path.join(from, name), target).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EISDIR' || error.code === 'ENOTEMPTY' || error.code === 'EEXIST'
        ? occupied(`${target} is a directory`, target)
        : error;
    });
  }
}

/**
 * Writes files to a temporary directory next to the target, and moves them when all are written.
 *
 * @throws ModcastError `export-occupied`, `export-collision`, `path-invalid`, `disk-full`,
 *   `file-unavailable`; errors of `files`
 */
export async function writeFiles(options: WriteFilesOptions): Promise<void> {
  const { directory, paths, force, files, foldsCase = tryCase } = options;
  if (options.isWindows ?? process.platform === 'win32') assertNames(paths);
  const root = path.resolve(directory);
  const replaces = await isOccupied(root);
  if (replaces && !force)
    throw occupied(`${directory} is not empty; use --force to write into it`, directory);
  const parent = path.dirname(root);
  const writing = async <T>(work: Promise<T>, advice = 'nothing was written there'): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw explainSystemError(error, `cannot write to ${directory}`, advice);
    }
  };
  await writing(mkdir(parent, { recursive: true }));
  const temporary = await writing(mkdtemp(path.join(parent, `.${path.basename(root)}-`)));
  try {
    assertDistinct(paths, await writing(foldsCase(temporary)));
    const staged = path.join(temporary, 'files');
    await writing(mkdir(staged));
    const expected = new Set(paths);
    const made = new Set<string>();
    await files(async (name, bytes) => {
      if (!expected.delete(name)) throw new Error(`not to be written, or twice: ${name}`);
      await writing(makeParents(staged, name, made));
      await writing(writeFile(path.join(staged, name), bytes, { flag: 'wx' }));
    });
    if (expected.size > 0) throw new Error(`not written: ${[...expected][0]}`);
    if (replaces) await writing(moveInto(root, staged, paths), 'export again to complete it');
    else {
      await rm(root, { recursive: true, force: true });
      await writing(rename(staged, root));
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
