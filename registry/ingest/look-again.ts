import { statSync } from 'node:fs';
import type { Clock } from '../clock.js';

/** Milliseconds between two looks. */
export const LOOK_MS = 1000;

export interface LookAgainOptions {
  /** Absolute. A file that is missing counts too. */
  readonly files: () => readonly string[];
  readonly clock: Clock;
  /** A file is another one, and nothing has changed since the last look. */
  readonly onChange: () => void;
}

/** Looks at a few files again and again, where no watcher follows their directories. */
export function lookAgain({ files, clock, onChange }: LookAgainOptions): { close(): void } {
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

const stateOf = (files: readonly string[]): string =>
  files
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false });
      return found === undefined ? '' : `${found.mtimeMs} ${found.size} ${found.ino}`;
    })
    .join();
