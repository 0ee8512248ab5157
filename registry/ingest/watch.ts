import { watch as chokidar, type FSWatcher } from 'chokidar';
import { existsSync, lstatSync, readdirSync, realpathSync, statSync, type Dirent, type Stats } from 'node:fs';
import path from 'node:path';
import { isHidden } from '../../schema/path.js';
import { SerialQueue } from '../../schema/serial-queue.js';
import { ALONE_MS, Burst } from './burst.js';
import { linkProblem } from './files.js';
import type { Clock } from '../clock.js';
import { UnwatchedDirectories } from './unwatched-directories.js';

export interface WatchOptions {
  /** Absolute and real. */
  readonly directory: string;
  /** Whether a directory (by its path) may hold anything of interest. */
  readonly descend: (path: string) => boolean;
  /** Milliseconds between two looks, for file systems that report nothing. */
  readonly poll: number | null;
  readonly clock: Clock;
  /** The paths that one burst touched. The next call waits until this one's promise has settled. */
  readonly onChange: (paths: readonly string[]) => Promise<void>;
  /** A directory has come or gone. No event may tell of changes in it before it is watched. */
  readonly onDirectory: () => void;
  readonly onError: (error: unknown) => void;
  /** The directory itself has been deleted, or has been moved elsewhere. */
  readonly onRootGone?: () => void;
}

export interface Watch {
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** Follows a directory. A burst of events, such as a branch checkout's, is one change. */
export function watchDirectory(options: WatchOptions): Watch {
  const { directory, descend, poll, clock, onChange, onDirectory, onError } = options;
  const changes = new SerialQueue();
  /** The files and directories that the watcher follows. */
  const known = new Set<string>();
  /** Where links to directories led when the watcher found them. */
  const links = new Map<string, string>();
  let state: 'starting' | 'following' | 'closed' = 'starting';
  const burst = new Burst({
    clock,
    now: () => performance.now(),
    isExpected: (name) => known.has(name) || existsSync(path.join(directory, name)),
    isComplete: (name) => isComplete(path.join(directory, name)),
    onEnd: (paths) => {
      changes.run(async () => (state === 'closed' ? undefined : onChange(paths))).catch(onError);
    },
  });
  const relative = (file: string) => path.relative(directory, file).split(path.sep).join('/');
  const isIgnored = (name: string, isDirectory: boolean) =>
    isDirectory ? !descend(name) || !mayEnter(directory, name) : isHidden(name);
  /** The watcher finds the entries of a new directory one after the other. */
  const reportAdded = (name: string) => {
    for (const entry of entriesOf(path.join(directory, name))) {
      const found = path.posix.join(name, entry.name);
      if (!isIgnored(found, entry.isDirectory())) burst.report(found);
    }
  };
  /** The watcher reports a deleted file 100 ms later: editors often put another one in its place. */
  const reportRemoved = (name: string) => {
    for (const found of known) if (found.startsWith(`${name}/`)) burst.report(found);
  };

  const unwatched = new UnwatchedDirectories({
    clock,
    descend: (at) => !isIgnored(relative(at), true),
    onFile: (file) => {
      if (!isIgnored(relative(file), false)) burst.touch(relative(file));
    },
    onDirectory,
    onError,
  });
  const isPointedElsewhere = (name: string) => {
    const last = links.get(name);
    const real = last === undefined ? undefined : linkedDirectory(path.join(directory, name));
    if (real === undefined || real === last) return false;
    links.set(name, real);
    return true;
  };
  const watcher: FSWatcher = chokidar(directory, {
    followSymlinks: true,
    ignored: (file, stats) => {
      const name = relative(file);
      if (name === '') return false;
      if (name.startsWith('..')) return true;
      return isIgnored(name, stats?.isDirectory() === true);
    },
    ...(poll === null ? {} : { usePolling: true, interval: poll, binaryInterval: poll }),
  });
  watcher.on('all', (event, file) => {
    const name = relative(file);
    if (event === 'addDir') {
      const real = linkedDirectory(file);
      if (real !== undefined) links.set(name, real);
    }
    if (event === 'add' || event === 'addDir') {
      known.add(name);
      // The caller reads the directory once the watcher is ready.
      if (state === 'starting') return;
    }
    if (event === 'unlink' || event === 'unlinkDir') known.delete(name);
    if (event === 'unlinkDir' && name === '') options.onRootGone?.();
    if (event !== 'addDir' && event !== 'unlinkDir') return burst.touch(name);
    burst.dismiss(name);
    if (event === 'addDir') reportAdded(name);
    else reportRemoved(name);
    onDirectory();
  });
  watcher.on('raw', (_, name, details) => {
    const file = reportedFile(name, details as RawDetails);
    const reported = file === undefined ? '' : relative(file);
    if (isPointedElsewhere(reported)) {
      unwatched.takeLink(path.join(directory, reported));
      onDirectory();
    }
    // The root's own events, and those of what is ignored.
    if (reported === '' || isHidden(reported)) burst.report();
    else burst.report(reported);
  });
  watcher.on('error', (error) => {
    const { code, path: file } = error as NodeJS.ErrnoException;
    if (unwatched.take(error as NodeJS.ErrnoException)) return;
    // A link to itself is a file's own problem: reading the file reports it.
    if (code !== 'ELOOP' || file === undefined) onError(error);
    else burst.touch(relative(file));
  });
  const ready = new Promise<void>((resolve) => {
    watcher.once('ready', () => {
      if (state === 'starting') state = 'following';
      unwatched.report();
      resolve();
    });
  });
  return {
    ready,
    async close() {
      state = 'closed';
      burst.close();
      unwatched.close();
      await watcher.close();
      await changes.idle();
    },
  };
}

/** What the watcher adds to an event of the file system: the watched path, or what polling has found. */
interface RawDetails {
  readonly watchedPath?: string;
  readonly curr?: Stats;
}

/** The path of a file system event: a watched file, or one in a watched directory. */
function reportedFile(name: string | null, { watchedPath: watched, curr }: RawDetails): string | undefined {
  if (name === null) return undefined;
  // Polling names the path itself. It tells about the entries of a directory apart.
  if (watched === undefined) return curr?.isFile() === true ? name : undefined;
  return name === path.basename(watched) ? watched : path.join(watched, name);
}

/** Where a link to a directory leads. Undefined when there is none. */
function linkedDirectory(file: string): string | undefined {
  try {
    return lstatSync(file).isSymbolicLink() && statSync(file).isDirectory() ? realpathSync(file) : undefined;
  } catch {
    return undefined;
  }
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    // The directory is gone again.
    return [];
  }
}

/** Bytes above which a program writes a file in several steps, with pauses between them on a busy machine. */
const LARGE_BYTES = 256 * 1024;

/**
 * Whether a file that has just been reported is likely to be written to its end. Editors truncate a file
 * before they write it, or delete it before they put another one there.
 */
export function isComplete(file: string): boolean {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined || found.size === 0 || found.size > LARGE_BYTES) return false;
    return Date.now() - Math.floor(found.mtimeMs) >= ALONE_MS;
  } catch {
    // A link to itself, or one into what may not be read: reading the file reports it.
    return true;
  }
}

/** Follows links as `walk` does: inside the root, and into no directory twice on one way down. */
function mayEnter(root: string, name: string): boolean {
  try {
    const file = path.join(root, name);
    const real = realpathSync(file);
    if (real === file) return true;
    if (linkProblem(root, real) !== undefined) return false;
    const segments = name.split('/');
    return segments.every((_, above) => realpathSync(path.join(root, ...segments.slice(0, above))) !== real);
  } catch {
    // The path is gone.
    return false;
  }
}
