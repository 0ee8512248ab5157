import type { Path } from '../../schema/index.js';
import { EMPTY_MS, isMeantEmpty } from './read-file.js';

/** Tells files that are empty on purpose from files that an editor has truncated and is about to write. */
export class EmptyFiles {
  readonly #now: () => number;
  /** When each file was first seen empty. */
  readonly #since = new Map<Path, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Whether a file that was found empty has been empty for long enough. The time stamp alone does not tell:
   * while the file system is busy, a truncated file may keep the time of its last write.
   *
   * @param file absolute
   */
  isOnPurpose(path: Path, file: string): boolean {
    const now = this.#now();
    const since = this.#since.get(path) ?? now;
    this.#since.set(path, since);
    return isMeantEmpty(file) && now - since >= EMPTY_MS;
  }

  /** The file has content, or is gone. */
  forget(path: Path): void {
    this.#since.delete(path);
  }
}
