import path from 'node:path';
import type { ManifestModule, Path } from '../../schema/index.js';
import type { FileStat, StoredBlob } from '../store/store.js';
import type { EmptyFiles } from './empty-files.js';
import type { FileTable } from './file-table.js';
import { readProblem, type Matches } from './files.js';
import { isGone, isUnreadable, reasonFor } from './left-out.js';
import { importedPaths } from './module-links.js';
import { isUnchanged, readStable, statFile, type ReadFile } from './read-file.js';
import { readModules, type ReadBatch, type ReadModule, type ReadProgress } from './read-modules.js';

export interface ChangeReaderOptions {
  /** Absolute and real. */
  readonly directory: string;
  /** URL of the site's root, as `placeholderRoot` returns it. */
  readonly root: string;
  readonly matches: Matches;
  /** Files that transforms make modules of. They need not parse as they are. */
  readonly takes: Matches;
  readonly table: FileTable;
  readonly empty: EmptyFiles;
  /** Files whose blobs are stored. They are not opened while their stats are the same. */
  readonly known: ReadonlyMap<Path, FileStat>;
  /** The modules as they were before this change. */
  readonly before: ReadonlyMap<Path, Pick<ManifestModule, 'hash' | 'size'>>;
  /** `scan`: the files are all files of the directory. `update`: they are those that the watcher reported. */
  readonly mode: 'scan' | 'update';
  /**
   * What to do with a file that an editor may be about to write: keep its last content, or read it as it is.
   */
  readonly unsettledFiles: 'keep' | 'read';
  /** Whether an empty file that is new has just been created, and may be about to be written. */
  readonly isFollowed: boolean;
  /** Stores blobs when many have been read. */
  readonly put: (blobs: readonly StoredBlob[]) => Promise<void>;
  readonly progress: (progress: ReadProgress) => void;
}

/** Bytes of blobs after which they are stored in one transaction. */
const PUT_BYTES = 64 * 1024 * 1024;

/** Reads changed files into a file table. Used once. */
export class ChangeReader {
  readonly #options: ChangeReaderOptions;
  readonly #stats = new Map<Path, FileStat>();
  readonly #forgotten = new Set<Path>();
  readonly #unsettled: Path[] = [];
  readonly #unreported: Path[] = [];
  readonly #unreadable: Path[] = [];
  #blobs: StoredBlob[] = [];
  #bytes = 0;
  #count = 0;

  constructor(options: ChangeReaderOptions) {
    this.#options = options;
  }

  /** Blobs that have not been stored yet. */
  get blobs(): readonly StoredBlob[] {
    return this.#blobs;
  }

  /** Files that were opened and read. */
  get count(): number {
    return this.#count;
  }

  /** The stats of files that need not be read again while they are the same. */
  get stats(): ReadonlyMap<Path, FileStat> {
    return this.#stats;
  }

  /** Files whose stats do not hold any more. */
  get forgotten(): ReadonlySet<Path> {
    return this.#forgotten;
  }

  /** Files that an editor may be about to write. Their last content stays. */
  get unsettled(): readonly Path[] {
    return this.#unsettled;
  }

  /** Files that the watcher has not reported, read because a changed module imports them. */
  get unreported(): readonly Path[] {
    return this.#unreported;
  }

  /** Files that exist and could not be read. Their last content stays. */
  get unreadable(): readonly Path[] {
    return this.#unreadable;
  }

  /** Takes a file's last content, because it exists and cannot be read now. */
  keep(name: Path): 'kept' | 'unknown' {
    const { table, before, known } = this.#options;
    const last = before.get(name) ?? known.get(name);
    if (last === undefined) return 'unknown';
    table.set(name, last.hash, last.size);
    return 'kept';
  }

  /** @param removed files that are gone from the table already */
  async read(files: readonly Path[], removed: readonly Path[]): Promise<void> {
    const { directory, mode, table, progress } = this.#options;
    for (const name of removed) this.#forgotten.add(name);
    for (let next = files; next.length > 0;) {
      const changed: Pick<ReadModule, 'path' | 'links'>[] = [];
      const open = (name: Path, file: string) => this.#open(name, file);
      for await (const batch of readModules(directory, next, { open, progress })) {
        await this.#take(batch);
        // Without their bytes, which need not all fit the memory.
        if (mode === 'update')
          changed.push(...batch.modules.map(({ path: name, links }) => ({ path: name, links })));
      }
      next = this.#unreportedImports(changed);
      this.#unreported.push(...next);
    }
    for (const name of this.#forgotten) table.forgetStat(name);
    for (const [name, stat] of this.#stats) table.setStat(name, stat);
    progress({ done: files.length, total: files.length });
  }

  /** Reads a file that has changed; undefined when there is nothing to read. */
  #open(name: Path, file: string): ReadFile | undefined {
    const { known, before, table, empty } = this.#options;
    const old = known.get(name);
    const now = statFile(file);
    if (now === undefined) {
      this.#remove(name);
      return undefined;
    }
    if (old !== undefined && isUnchanged(old, now)) {
      table.set(name, old.hash, old.size);
      table.setStat(name, old);
      return undefined;
    }
    const read = readStable(file);
    if (this.#isUnsettled(name, file, read, old)) {
      this.#unsettled.push(name);
      const last = before.get(name) ?? old;
      if (last !== undefined && !table.modules.has(name)) table.set(name, last.hash, last.size);
      return undefined;
    }
    empty.forget(name);
    this.#count++;
    return read;
  }

  async #take({ modules, failed }: ReadBatch): Promise<void> {
    for (const module of modules) this.#add(module);
    for (const { path: name, error } of failed) {
      if (isUnreadable(error)) {
        const kept = this.keep(name) === 'kept' ? '; its last version stays' : '';
        this.#options.table.setUnreadable(name, reasonFor(error) + kept);
        this.#unreadable.push(name);
        continue;
      }
      this.#remove(name);
      // A file can disappear between two system calls.
      if (!isGone(error)) this.#options.table.skip(name, reasonFor(error));
    }
    if (this.#bytes <= PUT_BYTES) return;
    const blobs = this.#blobs;
    this.#blobs = [];
    this.#bytes = 0;
    await this.#options.put(blobs);
  }

  #add({ path: name, hash, bytes, stat, links, problem: found, isScript }: ReadModule): void {
    const { table, takes } = this.#options;
    // Where a page uses it as a module, the page reports that.
    const problem = isScript ? undefined : found;
    this.#blobs.push({ hash, bytes, links });
    this.#bytes += bytes.length;
    table.set(name, hash, bytes.length);
    table.setBroken(name, takes(name) ? undefined : problem);
    // A broken file is read again at every start, to report it again.
    if (stat === null || problem !== undefined) this.#forgotten.add(name);
    else this.#stats.set(name, stat);
  }

  #remove(name: Path): void {
    this.#options.table.remove(name);
    this.#options.empty.forget(name);
    this.#forgotten.add(name);
  }

  /**
   * An empty file may have been truncated or created to be written. A first scan takes new empty files as
   * they are.
   */
  #isUnsettled(name: Path, file: string, read: ReadFile, old: FileStat | undefined): boolean {
    const { table, before, empty, unsettledFiles, isFollowed } = this.#options;
    if (unsettledFiles === 'read' || read.bytes.length > 0) return false;
    const size = (before.get(name) ?? table.modules.get(name) ?? old)?.size;
    const hadContent = size === undefined ? isFollowed : size > 0;
    return hadContent && !empty.isOnPurpose(name, file);
  }

  /**
   * Existing files that these modules import and that are not in the table. The watcher may report one save
   * as two changes, but a page must get a module together with its new imports.
   */
  #unreportedImports(modules: readonly Pick<ReadModule, 'path' | 'links'>[]): Path[] {
    const found = new Set<Path>();
    for (const { path: name, links } of modules) {
      for (const file of links === null ? [] : importedPaths(name, links, this.#options.root)) {
        if (this.#isUnreported(file)) found.add(file);
      }
    }
    return [...found];
  }

  #isUnreported(name: Path): boolean {
    const { directory, table, matches } = this.#options;
    if (table.modules.has(name) || !matches(name)) return false;
    try {
      const stat = statFile(path.join(directory, name));
      // An empty file is still being written.
      return stat !== undefined && stat.size > 0n && readProblem(directory, name) === undefined;
    } catch {
      // Part of its path cannot be read: the watcher reports the file, or the next scan finds it.
      return false;
    }
  }
}
