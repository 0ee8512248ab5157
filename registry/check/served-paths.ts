import { isHidden, type ImportFailure, type Path } from '../../schema/index.js';
import { findFile } from '../http/site/find-file.js';
import { parseRegistryRoute } from '../http/routes/registry-route.js';

export interface ServedPathsOptions {
  /** Absolute. It may be a link that moves. */
  readonly directory: string;
  /** Path prefix of the registry's own routes, below the site's base. Starts and ends with "/". */
  readonly prefix: string;
}

/** What the server answers at the paths of a site: its files, and below the prefix the registry's routes. */
export class ServedPaths {
  readonly #options: ServedPathsOptions;

  constructor(options: ServedPathsOptions) {
    this.#options = options;
  }

  /** Whether a path is below the registry's prefix, where no file of the site is served. */
  isReserved(path: Path): boolean {
    return `/${path}`.startsWith(this.#options.prefix);
  }

  /** Why the server does not serve a path; undefined when it does. */
  async failure(path: Path): Promise<ImportFailure | undefined> {
    const { directory, prefix } = this.#options;
    if (this.isReserved(path)) {
      return parseRegistryRoute(path.slice(prefix.length - 1)) === undefined ? 'reserved' : undefined;
    }
    if (isHidden(path)) return 'dotfile';
    const found = await findFile(directory, path);
    if (found === undefined) return 'missing';
    return found === 'directory' ? 'directory' : undefined;
  }
}
