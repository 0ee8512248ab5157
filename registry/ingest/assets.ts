import { readFileSync, type BigIntStats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Hash } from '../../schema/index.js';
import { compileFilter, walk, type FileFilter } from './files.js';
import { blake3 } from '../hash.js';
import { statFile } from './read-file.js';

/** What is known of a file. */
interface Known {
  readonly size: bigint;
  readonly mtime: bigint;
  /** Undefined for one that has not been read yet, or is too large to be. */
  hash: Hash | undefined;
  /** When it was last another one, as far as is known: milliseconds since 1970. */
  readonly changed: number;
}

export interface ChangedAsset {
  readonly path: string;
  readonly time: number;
}

/** Larger files are known by their size and time. */
const HASHED_BYTES = 4n * 1024n * 1024n;

/** So many changes are remembered for those who come back. */
const REMEMBERED = 100;

/** What editors leave beside a file while they save it, or for good: temporary files, backups, swap files. */
const EDITORS_OWN = /(?:^|\/)(?:[^/]*(?:~|\.tmp|\.bak|\.sw[a-z]|___jb_(?:tmp|old)___)|#[^/]*#|4913)$/;

/** Files of the site that no manifest names, images and fonts: what has changed of them, and when. */
export class Assets {
  readonly #directory: string;
  readonly #filter: FileFilter;
  readonly #isModule: (file: string) => boolean;
  readonly #isServed: (file: string) => boolean;
  readonly #known = new Map<string, Known>();
  #state: 'open' | 'closed' = 'open';

  constructor(directory: string, filter: FileFilter) {
    this.#directory = directory;
    this.#filter = { include: ['**'], exclude: filter.exclude };
    this.#isModule = compileFilter(filter);
    this.#isServed = compileFilter(this.#filter);
  }

  /** Takes note of all that are there. What they hold is read behind that, one after the other. */
  async start(): Promise<{ read: Promise<void> }> {
    const now = Date.now();
    for (const name of (await walk(this.#directory, this.#filter)).files) {
      const found = this.#isModule(name) ? undefined : this.#stat(name);
      if (found === undefined || this.#known.has(name)) continue;
      // The time of the inode: that of the bytes goes with a file that is renamed. It may lie ahead.
      const changed = Math.min(now, Number(found.ctimeMs));
      this.#known.set(name, { size: found.size, mtime: found.mtimeNs, hash: undefined, changed });
    }
    return { read: this.#read() };
  }

  close(): void {
    this.#state = 'closed';
  }

  /** Of these files the assets whose bytes are new. A deleted one does not count. */
  changed(files: Iterable<string>): string[] {
    return [...files].filter((name) => {
      if (!this.#isServed(name) || this.#isModule(name) || EDITORS_OWN.test(name)) return false;
      const found = this.#stat(name);
      if (found === undefined) return false;
      const before = this.#known.get(name);
      const { size, mtimeNs: mtime } = found;
      const isUntouched = before?.size === size && before.mtime === mtime;
      if (isUntouched && before.hash === undefined) return false;
      const hash = this.#hashOf(name, size);
      // One that was not read in time counts as another.
      const isSame = before !== undefined && hash !== undefined && before.hash === hash;
      this.#known.set(name, { size, mtime, hash, changed: isSame ? before.changed : Date.now() });
      return !isSame;
    });
  }

  /** The changes that came last, the newest first. */
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
      if (bytes !== undefined && now?.size === known.size && now.mtimeNs === known.mtime)
        known.hash = blake3(bytes);
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
