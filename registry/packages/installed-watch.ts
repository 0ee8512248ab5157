import { lstatSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../clock.js';

/** Milliseconds between two looks at what is installed. */
export const INSTALLED_MS = 1000;

/** Files and directories that package managers write when they install something. */
const MARKS = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'node_modules',
  'node_modules/.package-lock.json',
  'node_modules/.modules.yaml',
  'node_modules/.yarn-integrity',
  'node_modules/.yarn-state.yml',
];

export interface InstalledWatchOptions {
  /** Of the site. Absolute; it may be a link. */
  readonly directory: string;
  /** Files of linked packages that the site uses. Absolute. */
  readonly linked: () => readonly string[];
  readonly clock: Clock;
  /** Something else is installed, and nothing has changed since the last look. */
  readonly onChange: () => void;
}

/**
 * Looks again and again whether other packages are installed, at the site's directory and above it: no
 * watcher follows `node_modules`, which can have a hundred thousand files.
 */
export function watchInstalled({ directory, linked, clock, onChange }: InstalledWatchOptions): {
  close(): void;
} {
  const stateOf = stateReader();
  const look = () => stateOf([...marksOf(directory), ...linked()]);
  let told = look();
  let last = told;
  let timer: { cancel(): void };
  const next = () => {
    timer = clock.after(INSTALLED_MS, () => {
      const now = look();
      // An install that is under way changes more.
      if (now === last && now !== told) {
        onChange();
        told = look();
      }
      last = now;
      next();
    });
  };
  next();
  return { close: () => timer.cancel() };
}

function marksOf(directory: string): string[] {
  const files: string[] = [];
  for (let at = directory; ; at = path.dirname(at)) {
    files.push(...MARKS.map((mark) => path.join(at, mark)));
    if (at === path.dirname(at)) return files;
  }
}

/** The state of files and directories, as text. Directories are only read again when they have changed. */
function stateReader(): (files: readonly string[]) => string {
  const directories = new Map<string, { readonly mtime: number; readonly state: string }>();
  const stateOf = (file: string): string => {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return '';
    if (!found.isDirectory()) return `${found.mtimeMs} ${found.size} ${found.ino}`;
    const known = directories.get(file);
    if (known?.mtime === found.mtimeMs) return known.state;
    const state = `${found.ino} ${entriesOf(file)}`;
    directories.set(file, { mtime: found.mtimeMs, state });
    return state;
  };
  return (files) => files.map(stateOf).join();
}

/** What a directory contains, but for hidden entries: tools keep their caches there, as modcast does. */
function entriesOf(directory: string): string {
  try {
    return readdirSync(directory)
      .filter((name) => !name.startsWith('.'))
      .map((name) => {
        const found = lstatSync(path.join(directory, name), { throwIfNoEntry: false });
        return `${name} ${found?.ino} ${found?.mtimeMs}`;
      })
      .join();
  } catch {
    // An install that is under way.
    return '';
  }
}
