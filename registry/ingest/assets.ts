import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LIMITS } from '../../schema/index.js';
import { compileFilter, type FileFilter } from './files.js';
import { blake3 } from '../hash.js';
import { statFile } from './read-file.js';

/** Files of the site that no manifest names, images and fonts: what has changed of them since they were last looked at. */
export class Assets {
  readonly #directory: string;
  readonly #isModule: (file: string) => boolean;
  readonly #isServed: (file: string) => boolean;
  readonly #known = new Map<string, string>();

  constructor(directory: string, filter: FileFilter) {
    this.#directory = directory;
    this.#isModule = compileFilter(filter);
    this.#isServed = compileFilter({ include: ['**'], exclude: filter.exclude });
  }

  /** Of these files the assets whose bytes are new. One that was never looked at counts as new, a deleted one does not. */
  changed(files: Iterable<string>): string[] {
    return [...files].filter((name) => {
      if (!this.#isServed(name) || this.#isModule(name)) return false;
      const state = this.#stateOf(name);
      if (state === undefined || this.#known.get(name) === state) return false;
      this.#known.set(name, state);
      return true;
    });
  }

  #stateOf(name: string): string | undefined {
    try {
      const file = path.join(this.#directory, name);
      const found = statFile(file);
      if (found === undefined) return undefined;
      // What is too large to be hashed in passing is known by its time.
      if (found.size > BigInt(LIMITS.blobBytes)) return String(found.mtimeNs);
      return blake3(readFileSync(file));
    } catch {
      return undefined;
    }
  }
}
