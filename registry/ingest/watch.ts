import { watch as chokidar, type FSWatcher } from 'chokidar';
import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { linkProblem } from './files.js';
import type { Clock } from '../clock.js';

/** A change is settled when nothing has come for this long… */
const QUIET_MS = 25;
/** …one file that is alone sooner: what it is part of would have shown more by then… */
const ALONE_MS = 1;
/** …or when it has gone on for this long: a generator that never rests is seen all the same. */
const LONGEST_MS = 2000;
/** The watcher swallows a file's second change within 50 ms: what was touched is looked at once more after this. */
const AGAIN_MS = 100;

export interface WatchOptions {
  /** Absolute and real. */
  readonly directory: string;
  /** Whether a directory (by its path) may hold anything of interest. */
  readonly descend: (path: string) => boolean;
  /** Milliseconds between two looks, for file systems that report nothing. */
  readonly poll: number | null;
  readonly clock: Clock;
  /** Paths touched by one burst. The next burst waits until this one has been taken. */
  readonly onChange: (paths: readonly string[]) => Promise<void>;
  /** A directory has come or gone: what moves in it before it is watched nobody may tell of. */
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
  let touched = new Set<string>();
  let settled = new Set<string>();
  let quiet: { cancel(): void } | undefined;
  let longest: { cancel(): void } | undefined;
  let again: { cancel(): void } | undefined;
  let working: Promise<void> = Promise.resolve();
  let closed = false;
  /** When the file system last told of anything: some ms before the watcher has found out what it was. */
  let stirred = 0;
  /** The files that it has told of since the last change, and when it last did. */
  const stirring = new Map<string, number>();

  const change = (paths: ReadonlySet<string>) => {
    working = working.then(() => (closed ? undefined : onChange([...paths]))).catch(onError);
  };
  const settle = () => {
    quiet?.cancel();
    longest?.cancel();
    quiet = longest = undefined;
    if (touched.size === 0) return;
    const paths = touched;
    touched = new Set();
    stirring.clear();
    for (const name of paths) settled.add(name);
    change(paths);
    again?.cancel();
    again = clock.after(AGAIN_MS, () => {
      change(settled);
      settled = new Set();
    });
  };
  /** What comes soon after another file is part of what that one began. */
  const isAlone = () => touched.size === 1 && new Set([...settled, ...touched]).size === 1;
  /** What an editor has written beside a file and put away by now does not count. */
  const isAccompanied = (file: string) =>
    [...stirring].some(([other, time]) => other !== file && Date.now() - time < QUIET_MS && isFile(other));
  const settleAlone = () => {
    const [name = ''] = touched;
    const file = path.join(directory, name);
    if (isAtRest(file) && !isAccompanied(file)) settle();
    else whenQuiet(QUIET_MS, settle);
  };
  /** Once nothing has been told of for so long. A timer comes before what was told meanwhile, an immediate after it. */
  const whenQuiet = (ms: number, then: () => void, rest = ms) => {
    quiet = clock.after(rest, () => {
      const immediate = setImmediate(() => {
        const left = ms - (Date.now() - stirred);
        if (left > 0) whenQuiet(ms, then, left);
        else then();
      });
      quiet = { cancel: () => clearImmediate(immediate) };
    });
  };
  const relative = (file: string) => path.relative(directory, file).split(path.sep).join('/');
  const isHidden = (name: string) => name.split('/').some((part) => part.startsWith('.'));

  const watcher: FSWatcher = chokidar(directory, {
    ignoreInitial: true,
    followSymlinks: true,
    ignored: (file, stats) => {
      const name = relative(file);
      if (name === '') return false;
      if (name.startsWith('..')) return true;
      return stats?.isDirectory() === true ? !descend(name) || !mayEnter(directory, name) : isHidden(name);
    },
    ...(poll === null ? {} : { usePolling: true, interval: poll, binaryInterval: poll }),
  });
  watcher.on('all', (event, file) => {
    if (event === 'unlinkDir' && relative(file) === '') options.onRootGone?.();
    if (event === 'addDir' || event === 'unlinkDir') return onDirectory();
    touched.add(relative(file));
    quiet?.cancel();
    longest ??= clock.after(LONGEST_MS, settle);
    // Of what has been told at once the watcher finds out one after the other.
    if (isAlone()) whenQuiet(ALONE_MS, settleAlone);
    else whenQuiet(QUIET_MS, settle);
  });
  watcher.on('raw', (_, name, details) => {
    stirred = Date.now();
    const file = stirredFile(name, (details as { watchedPath?: string }).watchedPath);
    if (file !== undefined && !isHidden(relative(file))) stirring.set(file, stirred);
  });
  watcher.on('error', (error) => {
    const { code, path: file } = error as NodeJS.ErrnoException;
    // A link to itself is a file's own problem: whoever reads it says so.
    if (code !== 'ELOOP' || file === undefined) return onError(error);
    touched.add(relative(file));
    quiet ??= clock.after(QUIET_MS, settle);
  });
  const ready = new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
  return {
    ready,
    async close() {
      closed = true;
      quiet?.cancel();
      longest?.cancel();
      again?.cancel();
      await watcher.close();
      await working;
    },
  };
}

/** What an event of the file system is about: a watched file, or one in a watched directory. Polling does not say. */
function stirredFile(name: string | null, watched: string | undefined): string | undefined {
  if (name === null || watched === undefined) return undefined;
  return name === path.basename(watched) ? watched : path.join(watched, name);
}

function isFile(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

/** Whether a file seems to be written: editors truncate first, or take a file away before they put another there. */
function isAtRest(file: string): boolean {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    return found !== undefined && found.size > 0 && Date.now() - Math.floor(found.mtimeMs) >= ALONE_MS;
  } catch {
    // A link to itself, or one into what may not be read: whoever reads it says so.
    return true;
  }
}

/** Links are followed as `walk` does it: inside the root, and into no directory twice on one way down. */
function mayEnter(root: string, name: string): boolean {
  try {
    const file = path.join(root, name);
    const real = realpathSync(file);
    if (real === file) return true;
    if (linkProblem(root, real) !== undefined) return false;
    const segments = name.split('/');
    return segments.every((_, above) => realpathSync(path.join(root, ...segments.slice(0, above))) !== real);
  } catch {
    // Gone meanwhile.
    return false;
  }
}
