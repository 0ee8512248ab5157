import { readdirSync, statSync, type Dirent } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import { isGone } from './left-out.js';

/** Milliseconds between two looks… */
export const POLL_MS = 300;
/** …and at least so many times as long as a look takes. */
const REST_FACTOR = 10;

export interface PolledDirectoriesOptions {
  readonly clock: Clock;
  /** Whether a directory, new in a polled one, is of interest. */
  readonly descend: (directory: string) => boolean;
  /** A file has come, changed or gone. */
  readonly onFile: (file: string) => void;
  /** A directory has come or gone. */
  readonly onDirectory: () => void;
}

/** What a directory holds: for a file what changes when it is written, for a directory nothing more. */
type Snapshot = ReadonlyMap<string, string>;
const DIRECTORY = 'directory';

/** Looks into directories that cannot be watched, again and again. All paths are absolute. */
export class PolledDirectories {
  readonly #options: PolledDirectoriesOptions;
  readonly #snapshots = new Map<string, Snapshot>();
  #state: 'open' | 'closed' = 'open';
  #timer: { cancel(): void } | undefined;

  constructor(options: PolledDirectoriesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#snapshots.size;
  }

  /** Looks into a directory from now on, without those in it. */
  add(directory: string): void {
    if (this.#snapshots.has(directory) || this.#state === 'closed') return;
    this.#snapshots.set(directory, snapshotOf(directory) ?? new Map());
    this.#wait(POLL_MS);
  }

  /** The same with all directories in it. */
  addTree(directory: string): void {
    this.add(directory);
    for (const [name, state] of this.#snapshots.get(directory) ?? []) {
      const inner = path.join(directory, name);
      if (state === DIRECTORY && this.#options.descend(inner)) this.addTree(inner);
    }
  }

  close(): void {
    this.#state = 'closed';
    this.#timer?.cancel();
  }

  #wait(ms: number): void {
    this.#timer ??= this.#options.clock.after(ms, () => void this.#lookAtAll());
  }

  async #lookAtAll(): Promise<void> {
    let spent = 0;
    for (const directory of [...this.#snapshots.keys()]) {
      if (this.#state === 'closed') return;
      const start = performance.now();
      this.#look(directory);
      spent += performance.now() - start;
      await setImmediate();
    }
    this.#timer = undefined;
    if (this.#state === 'open') this.#wait(Math.max(POLL_MS, spent * REST_FACTOR));
  }

  #look(directory: string): void {
    const before = this.#snapshots.get(directory);
    const now = snapshotOf(directory);
    // It cannot be read now: the next look compares with the same snapshot.
    if (before === undefined || now === undefined) return;
    this.#snapshots.set(directory, now);
    for (const [name, state] of now) {
      if (before.get(name) !== state) this.#changed(path.join(directory, name), state);
    }
    for (const [name, state] of before) if (!now.has(name)) this.#gone(path.join(directory, name), state);
  }

  #changed(file: string, state: string): void {
    const { descend, onFile, onDirectory } = this.#options;
    if (state !== DIRECTORY) return onFile(file);
    if (!descend(file)) return;
    onDirectory();
    // A new directory could not be watched either.
    this.#snapshots.set(file, new Map());
    this.#look(file);
  }

  #gone(file: string, state: string): void {
    const { onFile, onDirectory } = this.#options;
    if (state !== DIRECTORY) return onFile(file);
    onDirectory();
    for (const [name, inner] of this.#snapshots.get(file) ?? []) this.#gone(path.join(file, name), inner);
    this.#snapshots.delete(file);
  }
}

/** Undefined when the directory exists and cannot be read. */
function snapshotOf(directory: string): Snapshot | undefined {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return new Map(entries.map((entry) => [entry.name, stateOf(directory, entry)]));
  } catch (error) {
    return isGone(error) ? new Map() : undefined;
  }
}

function stateOf(directory: string, entry: Dirent): string {
  if (entry.isDirectory()) return DIRECTORY;
  try {
    const found = statSync(path.join(directory, entry.name), { bigint: true });
    // A link to a directory is polled as one.
    if (found.isDirectory()) return DIRECTORY;
    return [found.size, found.mtimeNs, found.ctimeNs, found.ino].join();
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
