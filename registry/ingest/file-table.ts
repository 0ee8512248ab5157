import type { Diagnostic, Hash, ManifestModule, Path } from '../../schema/index.js';
import { mediaType } from '../content/media-type.js';
import type { FileStat } from '../store/store.js';

/** The files of a directory as they were last read: the site's modules, and the files with problems. */
export class FileTable {
  readonly #modules = new Map<Path, ManifestModule>();
  readonly #stats = new Map<Path, FileStat>();
  readonly #broken = new Map<Path, Diagnostic>();
  readonly #skipped = new Map<string, Diagnostic>();
  #pathChanges = 0;

  get modules(): ReadonlyMap<Path, ManifestModule> {
    return this.#modules;
  }

  /** What the file system said about each file. A file without an entry is read again. */
  get stats(): ReadonlyMap<Path, FileStat> {
    return this.#stats;
  }

  get problems(): Diagnostic[] {
    return [...this.#skipped.values(), ...this.#broken.values()];
  }

  /** Counts additions and removals of paths. While it is the same, the set of paths is. */
  get pathChanges(): number {
    return this.#pathChanges;
  }

  /**
   * Removes all modules and skipped files before a scan. Stats and syntax errors stay: most files are
   * unchanged.
   */
  clear(): void {
    this.#modules.clear();
    this.#skipped.clear();
    this.#pathChanges++;
  }

  /** Forgets what the file system said: another directory is in the place of this one. */
  clearStats(): void {
    this.#stats.clear();
  }

  /** Adds or replaces a module. */
  set(path: Path, hash: Hash, size: number): void {
    if (!this.#modules.has(path)) this.#pathChanges++;
    this.#modules.set(path, { hash, size, type: mediaType(path) });
  }

  setStat(path: Path, stat: FileStat): void {
    this.#stats.set(path, stat);
  }

  forgetStat(path: Path): void {
    this.#stats.delete(path);
  }

  /** Sets or clears a file's syntax error. */
  setBroken(path: Path, problem: Diagnostic | undefined): void {
    if (problem === undefined) this.#broken.delete(path);
    else this.#broken.set(path, problem);
  }

  /** Removes a file that is gone. */
  remove(path: Path): void {
    if (this.#modules.delete(path)) this.#pathChanges++;
    this.#broken.delete(path);
  }

  /** Removes a file that cannot be read. It stays in the list of problems until `unskip` or `clear`. */
  skip(path: string, message: string): void {
    this.remove(path);
    this.setUnreadable(path, message);
  }

  /** Lists a file that cannot be read now. Its module stays as it is. */
  setUnreadable(path: string, message: string): void {
    this.#skipped.set(path, { path, kind: 'skipped', severity: 'warning', message });
  }

  unskip(path: string): void {
    this.#skipped.delete(path);
  }
}
