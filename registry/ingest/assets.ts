import { readFileSync, type BigIntStats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Hash } from '../../schema/index.js';
import { LEFTOVERS, compileFilter, walk, type FileFilter } from './files.js';
import { blake3 } from '../hash.js';
import { statFile } from './read-file.js';

/** A file as it was last seen. */
interface KnownAsset {
  readonly size: bigint;
  readonly mtime: bigint;
  /** Of the inode: it changes with every rewrite, also with one that keeps size and time. */
  readonly ctime: bigint;
  /** Undefined for a file that has not been read yet, or that is too large to hash. */
  hash: Hash | undefined;
  /** When it last changed, as far as is known: milliseconds since 1970. */
  readonly changed: number;
}

export interface ChangedAsset {
  readonly path: string;
  readonly time: number;
}

const stateOf = ({ size, mtimeNs, ctimeNs }: BigIntStats) => ({ size, mtime: mtimeNs, ctime: ctimeNs });

const isUntouched = (known: KnownAsset, { size, mtimeNs, ctimeNs }: BigIntStats): boolean =>
  known.size === size && known.mtime === mtimeNs && known.ctime === ctimeNs;

/** Bytes above which a file is compared by its size and time, not by its hash. */
const HASHED_BYTES = 4n * 1024n * 1024n;

/** Changes that a page that reconnects gets to know. */
const REMEMBERED = 100;

/** The site's files that are in no manifest, such as images and fonts, and when they changed. */
export class Assets {
  readonly #directory: string;
  readonly #filter: FileFilter;
  readonly #isModule: (file: string) => boolean;
  readonly #isServed: (file: string) => boolean;
  readonly #known = new Map<string, KnownAsset>();
  #state: 'open' | 'closed' = 'open';
  #changes = 0;

  constructor(directory: string, filter: FileFilter) {
    this.#directory = directory;
    this.#filter = { include: ['**'], exclude: [...filter.exclude, ...LEFTOVERS] };
    this.#isModule = compileFilter(filter);
    this.#isServed = compileFilter(this.#filter);
  }

  /** Lists all assets. `read` resolves when they have been hashed, one after the other. */
  async start(): Promise<{ read: Promise<void> }> {
    const now = Date.now();
    for (const name of (await walk(this.#directory, this.#filter)).files) {
      const found = this.#isModule(name) ? undefined : this.#stat(name);
      if (found === undefined || this.#known.has(name)) continue;
      // The inode's change time, since renaming a file keeps its modification time. It may be in the future.
      const changed = Math.min(now, Number(found.ctimeMs));
      this.#known.set(name, { ...stateOf(found), hash: undefined, changed });
    }
    return { read: this.#read() };
  }

  /** Changes that were found so far. */
  get changes(): number {
    return this.#changes;
  }

  close(): void {
    this.#state = 'closed';
  }

  /** The assets that have changed, of all files: another directory may be in the place of this one. */
  async rescan(): Promise<string[]> {
    return this.changed((await walk(this.#directory, this.#filter)).files);
  }

  /** The assets among these files whose bytes have changed. Deleted files do not count. */
  changed(files: Iterable<string>): string[] {
    return [...files].filter((name) => {
      if (!this.#isServed(name) || this.#isModule(name)) return false;
      const found = this.#stat(name);
      if (found === undefined) return false;
      const before = this.#known.get(name);
      if (before !== undefined && before.hash === undefined && isUntouched(before, found)) return false;
      const hash = this.#hashOf(name, found.size);
      // A file that was not hashed in time counts as changed.
      const isSame = before !== undefined && hash !== undefined && before.hash === hash;
      this.#known.set(name, { ...stateOf(found), hash, changed: isSame ? before.changed : Date.now() });
      if (!isSame) this.#changes++;
      return !isSame;
    });
  }

  /** The last changes, newest first. */
  recent(): ChangedAsset[] {
    const all = [...this.#known].map(([name, { changed }]) => ({ path: name, time: changed }));
    return all.toSorted((a, b) => b.time - a.time).slice(0, REMEMBERED);
  }

  async #read(): Promise<void> {
    for (const [name, known] of this.#known) {
      if (this.#state === 'closed') return;
      if (known.size > HASHED_BYTES || known.hash !== undefined) continue;
      const bytes = await readFile(path.join(this.#directory, name)).catch(() => undefined);
      const now = this.#stat(name);
      if (bytes !== undefined && now !== undefined && isUntouched(known, now)) known.hash = blake3(bytes);
    }
  }

  #hashOf(name: string, size: bigint): Hash | undefined {
    try {
      return size > HASHED_BYTES ? undefined : blake3(readFileSync(path.join(this.#directory, name)));
    } catch {
      return undefined;
    }
  }

  #stat(name: string): BigIntStats | undefined {
    try {
      return statFile(path.join(this.#directory, name));
    } catch {
      return undefined;
    }
  }
}
