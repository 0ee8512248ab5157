import path from 'node:path';
import { mediaType, moduleKind } from '../content/media-type.js';
import type { InstalledPackage, InstalledPackages } from './installed-packages.js';
import { PACKAGES_PREFIX } from '../../schema/index.js';

/** Where the files of packages are in a deploy. */
export class DeployPaths {
  readonly #site: string;
  readonly #packages: InstalledPackages;
  readonly #ids = new Map<string, string>();

  /** @param directories of the packages, absolute and real: several installs of one version get numbers */
  constructor(site: string, packages: InstalledPackages, directories: Iterable<string>) {
    this.#site = site;
    this.#packages = packages;
    const taken = new Map<string, number>();
    for (const directory of [...new Set(directories)].toSorted()) {
      const { name, version } = packages.packageOf(path.join(directory, 'package.json'));
      const id = `${name}@${version}`;
      const count = (taken.get(id) ?? 0) + 1;
      taken.set(id, count);
      this.#ids.set(directory, count === 1 ? id : `${id}~${count}`);
    }
  }

  /** The packages with their names in the deploy, such as `lit@3.3.0`. */
  packages(): [id: string, InstalledPackage][] {
    return [...this.#ids].map(([directory, id]) => [
      id,
      this.#packages.packageOf(path.join(directory, 'package.json')),
    ]);
  }

  /** `npm/lit@3.3.0/` */
  ofPackage(directory: string): string {
    return `${PACKAGES_PREFIX}${this.#ids.get(directory)!}/`;
  }

  /**
   * The path of a file: the site's own, or that of a package.
   * @param as a script gets a name whose media type is JavaScript
   */
  of(file: string, as: 'script' | 'file' = 'file'): string {
    if (this.#packages.isOfSite(file)) return relative(this.#site, file);
    const { directory } = this.#packages.packageOf(file);
    return this.inPackage(directory, relative(directory, file), as);
  }

  /** @param name relative to the package */
  inPackage(directory: string, name: string, as: 'script' | 'file' = 'file'): string {
    // No dotfile is served.
    const visible = name.replace(/(^|\/)\./g, '$1_.').normalize('NFC');
    const isScript = as === 'file' || moduleKind(mediaType(visible)) === 'javascript';
    return this.ofPackage(directory) + (isScript ? visible : `${visible}.js`);
  }
}

const relative = (from: string, file: string): string => path.relative(from, file).split(path.sep).join('/');
