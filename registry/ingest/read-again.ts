import type { Path } from '../../schema/index.js';
import type { Clock } from '../clock.js';

/** Milliseconds before the first attempt. Each further one takes twice as long, up to the longest. */
export const FIRST_MS = 500;
const LONGEST_MS = 30_000;

export interface ReadAgainOptions {
  readonly clock: Clock;
  /** Reads these files; null: all. It calls `schedule` again when some still cannot be read. */
  readonly read: (files: readonly Path[] | null) => Promise<unknown>;
  readonly onError: (error: unknown) => void;
}

/** Reads files again that could not be read, for example while too many files were open. */
export class ReadAgain {
  readonly #options: ReadAgainOptions;
  readonly #files = new Set<Path>();
  #all = false;
  #delay = FIRST_MS;
  #timer: { cancel(): void } | undefined;

  constructor(options: ReadAgainOptions) {
    this.#options = options;
  }

  /** @param files null: any file may have to be read */
  schedule(files: readonly Path[] | null): void {
    if (files === null) this.#all = true;
    for (const file of files ?? []) this.#files.add(file);
    this.#timer ??= this.#options.clock.after(this.#delay, () => void this.#attempt());
  }

  close(): void {
    this.#timer?.cancel();
  }

  async #attempt(): Promise<void> {
    const files = this.#all ? null : [...this.#files];
    this.#timer = undefined;
    this.#all = false;
    this.#files.clear();
    this.#delay = Math.min(this.#delay * 2, LONGEST_MS);
    try {
      await this.#options.read(files);
      if (this.#timer === undefined) this.#delay = FIRST_MS;
    } catch (error) {
      this.#options.onError(error);
      this.schedule(files);
    }
  }
}
