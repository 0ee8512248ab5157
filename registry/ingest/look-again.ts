import { lstatSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../clock.js';

/** Milliseconds between two looks. */
export const LOOK_MS = 1000;

export interface LookAgainOptions {
  /** Absolute paths of files and directories. One that is missing counts too. */
  readonly files: () => readonly string[];
  readonly clock: Clock;
  /** A file is another one, and nothing has changed since the last look. */
  readonly onChange: () => void;
}

/** Looks at a few files again and again, where no watcher follows their directories. */
export function lookAgain({ files, clock, onChange }: LookAgainOptions): { close(): void } {
  const stateOf = stateReader();
  const look = () => stateOf(files());
  let told = look();
  let last = told;
  let timer: { cancel(): void };
  const next = () => {
    timer = clock.after(LOOK_MS, () => {
      const now = look();
      // More may change, as while packages are installed.
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
