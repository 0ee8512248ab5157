import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isInside } from '../ingest/files.js';

/** A package on the disk, where it really is: links are followed. */
export interface InstalledPackage {
  /** Absolute and real. */
  readonly directory: string;
  readonly name: string;
  readonly version: string;
  readonly description: PackageJson;
}

/** The parts of a `package.json` that are read. None of them is checked. */
export interface PackageJson {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly type?: unknown;
  readonly module?: unknown;
  readonly main?: unknown;
  readonly browser?: unknown;
  readonly exports?: unknown;
  readonly license?: unknown;
  readonly licenses?: unknown;
  readonly dependencies?: unknown;
  readonly peerDependencies?: unknown;
  readonly optionalDependencies?: unknown;
  readonly devDependencies?: unknown;
}

const MODULES = `${path.sep}node_modules${path.sep}`;

/** Finds packages, and reads their descriptions. A description is read once. */
export class InstalledPackages {
  readonly #site: string;
  readonly #descriptions = new Map<string, PackageJson | null>();
  readonly #packages = new Map<string, InstalledPackage>();
  /** Whether a file is the site's own. A start asks this dozens of times for each file. */
  readonly #ofSite = new Map<string, boolean>();

  /** @param site the site's directory, absolute and real */
  constructor(site: string) {
    this.#site = site;
  }

  /** Whether a file (absolute, real) is the site's own, and so in no package. */
  isOfSite(file: string): boolean {
    let known = this.#ofSite.get(file);
    if (known === undefined) {
      const isBelow = isInside(this.#site, file);
      known = isBelow && !path.relative(this.#site, file).split(path.sep).includes('node_modules');
      this.#ofSite.set(file, known);
    }
    return known;
  }

  /** The package of a file that is not the site's. */
  packageOf(file: string): InstalledPackage {
    const directory = rootOf(file) ?? this.#linkedRoot(file);
    let found = this.#packages.get(directory);
    if (found === undefined) {
      const description = this.describe(directory) ?? {};
      const { name, version } = description;
      found = {
        directory,
        name: typeof name === 'string' && NAME.test(name) ? name : nameOf(directory),
        version: typeof version === 'string' && VERSION.test(version) ? version : '0.0.0',
        description,
      };
      this.#packages.set(directory, found);
    }
    return found;
  }

  /** `type` of the nearest `package.json`. */
  typeOf(file: string): 'module' | 'commonjs' | undefined {
    const { directory } = this.packageOf(file);
    for (let at = path.dirname(file); isInside(directory, at); at = path.dirname(at)) {
      const description = this.describe(at);
      if (description === null) continue;
      const { type } = description;
      return type === 'module' || type === 'commonjs' ? type : undefined;
    }
    return undefined;
  }

  /** The `package.json` of a directory; null where there is none that can be read. */
  describe(directory: string): PackageJson | null {
    let known = this.#descriptions.get(directory);
    if (known === undefined) {
      known = readDescription(directory);
      this.#descriptions.set(directory, known);
    }
    return known;
  }

  /** A linked package is outside of `node_modules`: the nearest directory with a name. */
  #linkedRoot(file: string): string {
    for (let at = path.dirname(file); at !== path.dirname(at); at = path.dirname(at)) {
      if (typeof this.describe(at)?.name === 'string') return at;
    }
    return path.dirname(file);
  }
}

const NAME = /^(?:@[\w.~-]+\/)?[\w~-][\w.~-]*$/;
const VERSION = /^[\w.+-]+$/;

/** Whether a file (absolute, real) is in a `node_modules`. */
export const isInstalled = (file: string): boolean => file.includes(MODULES);

/** The directory below the last `node_modules` of a path. */
function rootOf(file: string): string | undefined {
  const at = file.lastIndexOf(MODULES);
  if (at === -1) return undefined;
  const start = at + MODULES.length;
  const segments = file.slice(start).split(path.sep);
  return file.slice(0, start) + segments.slice(0, segments[0]!.startsWith('@') ? 2 : 1).join(path.sep);
}

function nameOf(directory: string): string {
  const name = path.basename(directory);
  return NAME.test(name) ? name : 'package';
}

function readDescription(directory: string): PackageJson | null {
  try {
    const found: unknown = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));
    return typeof found === 'object' && found !== null ? found : null;
  } catch {
    return null;
  }
}
