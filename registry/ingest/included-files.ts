import path from 'node:path';
import { isHidden, type Path } from '../../schema/index.js';
import { readProblem } from './files.js';
import { statFile } from './read-file.js';

/**
 * Files that deploys of a directory contain although their kind is left out: the site's modules need
 * them.
 */
export class IncludedFiles {
  readonly #paths = new Set<Path>();

  has(file: Path): boolean {
    return this.#paths.has(file);
  }

  /** @returns those that exist and are new */
  add(root: string, files: readonly Path[]): Path[] {
    const found = files.filter((file) => !this.has(file) && isReadable(root, file));
    for (const file of found) this.#paths.add(file);
    return found;
  }

  /** Those that exist. */
  existing(root: string): Path[] {
    return [...this.#paths].filter((file) => isReadable(root, file));
  }
}

/** Whether there is a regular file that a site may have. */
const isReadable = (root: string, file: Path): boolean =>
  !isHidden(file) && readProblem(root, file) === undefined && statFile(path.join(root, file)) !== undefined;
