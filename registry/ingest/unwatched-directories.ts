import { statSync } from 'node:fs';
import path from 'node:path';
import { ModcastError } from '../../schema/index.js';
import { POLL_MS, PolledDirectories, type PolledDirectoriesOptions } from './polled-directories.js';

/** Milliseconds in which further directories may turn out to be over the limit, before it is reported. */
const REPORT_MS = 1000;

/** The limits behind the error codes of a watch that cannot start. */
const LIMITS: ReadonlyMap<string | undefined, string> = new Map([
  ['ENOSPC', 'fs.inotify.max_user_watches'],
  ['EMFILE', 'fs.inotify.max_user_instances or ulimit -n'],
]);

export interface UnwatchedDirectoriesOptions extends PolledDirectoriesOptions {
  readonly onError: (error: unknown) => void;
}

/**
 * The directories that the watcher does not follow: those over the system's limit of watches, which is
 * reported once, and those that a link leads to since it was pointed elsewhere.
 */
export class UnwatchedDirectories {
  readonly #options: UnwatchedDirectoriesOptions;
  readonly #polled: PolledDirectories;
  #limit: string | undefined;
  #state: 'starting' | 'waiting' | 'reported' = 'starting';
  #timer: { cancel(): void } | undefined;

  constructor(options: UnwatchedDirectoriesOptions) {
    this.#options = options;
    this.#polled = new PolledDirectories(options);
  }

  /**
   * Takes an error of the watcher.
   * @returns false when it is not about a limit
   */
  take({ code, syscall, path: file }: NodeJS.ErrnoException): boolean {
    const limit = LIMITS.get(code);
    if (limit === undefined || syscall !== 'watch' || file === undefined) return false;
    this.#limit ??= limit;
    this.#polled.add(isDirectory(file) ? file : path.dirname(file));
    if (this.#state === 'waiting') this.#timer ??= this.#options.clock.after(REPORT_MS, () => this.report());
    return true;
  }

  /** The watcher has started: reports the directories that it could not watch. */
  report(): void {
    if (this.#limit === undefined) this.#state = 'waiting';
    else if (this.#state !== 'reported') {
      this.#state = 'reported';
      this.#options.onError(limitError(this.#polled.size, this.#limit));
    }
  }

  /** A link leads to another directory than the one that the watcher follows. */
  takeLink(directory: string): void {
    this.#polled.addTree(directory);
  }

  close(): void {
    this.#timer?.cancel();
    this.#polled.close();
  }
}

function isDirectory(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

function limitError(count: number, limit: string): ModcastError {
  const directories = count === 1 ? '1 directory is' : `${count} directories are`;
  const advice = `Raise the limit (sudo sysctl fs.inotify.max_user_watches=524288), exclude directories, or use --poll`;
  return new ModcastError(
    'watch-limited',
    `${directories} not watched, because the system's limit is reached (${limit}); changes there are found every ${POLL_MS} ms by polling. ${advice}`,
    { expected: 'a watch for each file and directory', found: count },
  );
}
