import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { blake3 } from '../hash.js';
import type { InstalledPackages, InstalledPackage } from './installed-packages.js';
import type { PackageResolver } from './package-resolver.js';

/**
 * Finds out which installs of packages are one: package managers may install the same version at several
 * places, and a page needs one instance. Installs are one if they have the same name, version and
 * `package.json`, and find the same installs of their dependencies.
 */
export class SameInstalls {
  readonly #packages: InstalledPackages;
  readonly #resolver: PackageResolver;
  /** By name and version, the directories that stand for their installs, the first one met first. */
  readonly #chosen = new Map<string, string[]>();
  /** By directory, the one that stands for it. */
  readonly #standIns = new Map<string, string>();

  constructor(packages: InstalledPackages, resolver: PackageResolver) {
    this.#packages = packages;
    this.#resolver = resolver;
  }

  /** The file that stands for a file of a package: the same bytes in the chosen install. */
  fileFor(file: string): string {
    const found = this.#packages.packageOf(file);
    const standIn = this.#standIn(found);
    if (standIn === found.directory) return file;
    const other = path.join(standIn, path.relative(found.directory, file));
    return hasSameBytes(file, other) ? other : file;
  }

  #standIn(found: InstalledPackage): string {
    const known = this.#standIns.get(found.directory);
    if (known !== undefined) return known;
    const id = `${found.name}@${found.version}`;
    const chosen = this.#chosen.get(id) ?? [];
    this.#chosen.set(id, chosen);
    const key = chosen.length === 0 ? '' : this.#keyOf(found.directory);
    let standIn = chosen.find((directory) => this.#keyOf(directory) === key);
    if (standIn === undefined) chosen.push((standIn = found.directory));
    this.#standIns.set(found.directory, standIn);
    return standIn;
  }

  /** Equal for installs that are one. */
  #keyOf(directory: string, above = new Map<string, string>()): string {
    const known = above.get(directory);
    if (known !== undefined) return known;
    const { name, version, description } = this.#packages.packageOf(path.join(directory, 'package.json'));
    // In a cycle of dependencies, only the name counts.
    above.set(directory, `${name}@${version}`);
    const { dependencies, peerDependencies, optionalDependencies } = description;
    const lists = [dependencies, peerDependencies, optionalDependencies];
    const names = new Set(lists.flatMap((list) => Object.keys(list ?? {})));
    const rows = [...names].toSorted().map((dependency) => {
      const place = this.#resolver.directoryOf(directory, dependency);
      return [dependency, place === undefined ? null : this.#keyOf(realpathSync(place), above)];
    });
    const key = blake3(Buffer.from(JSON.stringify([name, version, description, rows])));
    above.set(directory, key);
    return key;
  }
}

function hasSameBytes(file: string, other: string): boolean {
  try {
    return readFileSync(file).equals(readFileSync(other));
  } catch {
    return false;
  }
}
