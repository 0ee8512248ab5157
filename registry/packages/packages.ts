import { existsSync } from 'node:fs';
import path from 'node:path';
import { EMPTY_IMPORT_MAP } from '../../importmap/index.js';
import {
  type Diagnostic,
  type ManifestModule,
  PACKAGES_FILES,
  PACKAGES_LIST,
  PACKAGES_MAP,
  type Path,
} from '../../schema/index.js';
import { mediaType } from '../content/media-type.js';
import { debug } from '../debug.js';
import { blake3 } from '../hash.js';
import { ConversionCache } from './conversion-cache.js';
import { InstalledPackages } from './installed-packages.js';
import { readPackageFile, type PackageFile } from './package-file.js';
import { packageFiles, type DeployFile } from './package-files.js';
import { packageList } from './package-list.js';
import { packageMap, type MapRule } from './package-map.js';
import { packageProblems } from './package-problems.js';
import { PackageResolver } from './package-resolver.js';
import { PackageWalk } from './package-walk.js';
import { SameInstalls } from './same-installs.js';
import { SiteNames, type SiteFiles, type SiteName } from './site-names.js';
import { joinedMap, VendoredFiles, type Vendored } from './vendored.js';
import { escapePattern } from './escape-pattern.js';
import { importMetaEnv, jsonLiteral } from '../transform/env.js';
import { readEnv } from '../transform/read-recipe.js';
import { NO_RECIPE } from '../transform/recipe.js';
import { readSettings, type SiteSettings } from '../transform/settings.js';
import type { Mode } from '../transform/transform.js';
import type { SourceOptions } from './package-source.js';

/** How names are resolved. */
export interface PackageSettings {
  /** The path under which the site is served: `import.meta.env.BASE_URL` in sources. Default: `/`. */
  readonly base?: string;
  /** The value of `process.env.NODE_ENV`, and a condition. */
  readonly mode: Mode;
  /** Conditions of `exports` and `imports`, besides `default`. */
  readonly conditions: readonly string[];
  /** The packages that are being converted from CommonJS, which can take seconds. Empty: no more. */
  readonly onConverting?: (names: readonly string[]) => void;
}

export interface PackagesOptions extends PackageSettings {
  /** The site's directory, absolute and real. */
  readonly directory: string;
}

/** What the packages that a site imports add to its deploy. */
export interface PackageSet {
  /** Their files, and the import map. */
  readonly files: ReadonlyMap<Path, DeployFile>;
  readonly modules: ReadonlyMap<Path, ManifestModule>;
  readonly problems: readonly Diagnostic[];
  /** Names that lead to no installed package. */
  readonly unresolved: readonly SiteName[];
  /** Files of linked packages outside of the site and of `node_modules`. Absolute. */
  readonly linked: readonly string[];
}

const NOTHING: PackageSet = {
  files: new Map(),
  modules: new Map(),
  problems: [],
  unresolved: [],
  linked: [],
};

/** The files of a site and of its packages. The site's own files win, but for those that are joined. */
export function withPackageFiles<M>(
  site: ReadonlyMap<Path, M>,
  packages: ReadonlyMap<Path, M>,
): Map<Path, M> {
  const joint = [...packages].filter(([file]) => PACKAGES_FILES.includes(file));
  return new Map([...packages, ...site, ...joint]);
}

/** Resolves the bare names of a site to installed packages. One call at a time. */
export class Packages {
  readonly #options: PackagesOptions;
  readonly #names = new SiteNames();
  #disk: Disk | undefined;
  readonly #vendored = new VendoredFiles();
  #last:
    | {
        readonly names: readonly SiteName[];
        readonly vendored: Vendored;
        readonly more: readonly Path[];
        readonly set: PackageSet;
      }
    | undefined;

  constructor(options: PackagesOptions) {
    this.#options = options;
  }

  /** Forgets what is installed: it may have changed. */
  forget(): void {
    this.#disk = undefined;
    this.#last = undefined;
  }

  /**
   * The packages of a site as it is now. The same object for as long as the site imports the same names.
   */
  async resolve(site: SiteFiles): Promise<PackageSet> {
    try {
      return await this.#resolve(site);
    } finally {
      this.#options.onConverting?.([]);
    }
  }

  async #resolve(site: SiteFiles): Promise<PackageSet> {
    const { directory } = this.#options;
    if (!hasPackages(directory)) return NOTHING;
    const start = performance.now();
    const vendored = await this.#vendored.read(site);
    // The modules of linked packages in the site import packages too. Most often they are the same as before.
    const before = this.#last?.more ?? [];
    let more: readonly Path[] = before;
    for (;;) {
      const names = await this.#names.find(site, vendored.map?.parsed ?? EMPTY_IMPORT_MAP, more);
      if (this.#last?.names === names && this.#last.vendored === vendored) return this.#last.set;
      const { set, siteFiles } = await this.#make(site, names, vendored);
      const found = siteFiles.filter((name) => site.modules.has(name)).toSorted();
      if (found.join() === more.join()) {
        this.#last = { names, vendored, more, set };
        const ms = Math.round(performance.now() - start);
        debug.ingest('packages: %d names, %d files, %d ms', names.length, set.files.size, ms);
        return set;
      }
      more = more === before ? found : [...new Set([...more, ...found])].toSorted();
    }
  }

  async #make(
    site: SiteFiles,
    names: readonly SiteName[],
    vendored: Vendored,
  ): Promise<{ set: PackageSet; siteFiles: Path[] }> {
    const { directory } = this.#options;
    if (names.length === 0) return { set: NOTHING, siteFiles: [] };
    const disk = (this.#disk ??= new Disk(this.#options));
    const walk = disk.walk();
    const unresolved: SiteName[] = [];
    const wanted: (SiteName & { readonly file: string; readonly hasAttributes: boolean })[] = [];
    for (const name of names) {
      const { importer, specifier, kind, names: imported } = name;
      const hasAttributes = /\.(?:json|css)$/i.test(specifier) && (await isTyped(site, name));
      const found = walk.add(path.join(directory, importer), specifier, kind, {
        hasAttributes,
        names: () => imported,
      });
      if (found.state === 'file') wanted.push({ ...name, file: found.file, hasAttributes });
      else unresolved.push(name);
    }
    await walk.run();
    const made = await packageFiles(directory, walk, disk.packages, this.#options.mode);
    const own = wanted.map(({ importer, specifier, file, hasAttributes }): MapRule => {
      const target = made.targetOf(file, { specifier, hasAttributes });
      return { importer, package: null, specifier, target };
    });
    const map = joinedMap(packageMap([...own, ...made.rules]), vendored.map?.json);
    const files = new Map(made.files);
    const siteFiles = [...walk.siteFiles].map((file) => made.paths.of(file));
    if (files.size > 0 && vendored.list !== null) {
      const found = packageList(made.paths.packages());
      files.set(PACKAGES_LIST, jsonFile({ ...found, ...vendored.list }));
    }
    if (files.size > 0 || own.length > 0) files.set(PACKAGES_MAP, jsonFile(map));
    const modules = new Map(
      [...files].map(([name, { hash, size }]) => [name, { hash, size, type: mediaType(name) }] as const),
    );
    const problems = packageProblems({
      directory,
      walk,
      names: wanted,
      paths: made.paths,
      packages: disk.packages,
      resolver: disk.resolver,
    });
    const linked = [...walk.importers.keys()].filter(
      (file) => !file.split(path.sep).includes('node_modules'),
    );
    return { set: { files, modules, problems, unresolved, linked }, siteFiles };
  }
}

/** Whether a file imports a name with attributes, `with { type: 'json' }`. */
async function isTyped({ modules, bytesOf }: SiteFiles, { importer, specifier }: SiteName): Promise<boolean> {
  const source = Buffer.from(await bytesOf(modules.get(importer)!.hash)).toString();
  const literal = escapePattern(specifier);
  return new RegExp(`(["'\`])${literal}\\1\\s*(?:with\\b|assert\\b|,)`).test(source);
}

/** What is known of the packages on the disk. */
class Disk {
  readonly packages: InstalledPackages;
  readonly resolver: PackageResolver;
  readonly #installs: SameInstalls;
  readonly #files = new Map<string, PackageFile>();
  readonly #conversions: ConversionCache;
  readonly #mode: Mode;
  readonly #source: SourceOptions;
  readonly #conditions: readonly string[];

  constructor({ directory, mode, conditions, base = '/', onConverting }: PackagesOptions) {
    const { alias, define } = readSettings(directory).settings;
    this.#mode = mode;
    const defineInSources = environment(directory, mode, base);
    this.#source = { mode, define, defineInSources, configs: new Map() };
    this.#conditions = [...conditions, mode];
    this.packages = new InstalledPackages(directory);
    const isModule = (file: string) => this.#read(file).format === 'module';
    this.resolver = new PackageResolver(
      this.#conditions,
      this.packages,
      isModule,
      absoluteAliases(directory, alias),
    );
    this.#installs = new SameInstalls(this.packages, this.resolver);
    this.#conversions = new ConversionCache(nearestModules(directory) ?? null, onConverting);
  }

  walk(): PackageWalk {
    const resolve = (importer: string, specifier: string) => this.resolver.resolve(importer, specifier);
    return new PackageWalk({
      packages: this.packages,
      resolver: this.resolver,
      installs: this.#installs,
      read: (file) => this.#read(file),
      convert: ({ directory, entries }) => {
        const { description, name } = this.packages.packageOf(path.join(directory, 'package.json'));
        return this.#conversions.convert({
          name,
          directory,
          entries,
          mode: this.#mode,
          define: this.#source.define,
          context: JSON.stringify([description, this.#conditions]),
          isCommonJs: (file) => ['commonjs', 'json'].includes(this.#read(file).format),
          resolve,
        });
      },
    });
  }

  #read(file: string): PackageFile {
    let found = this.#files.get(file);
    if (found === undefined) {
      found = readPackageFile(file, this.packages, this.#source);
      this.#files.set(file, found);
    }
    return found;
  }
}

/** Aliases for files of the whole disk. */
const absoluteAliases = (directory: string, alias: SiteSettings['alias']): SiteSettings['alias'] =>
  Object.fromEntries(
    Object.entries(alias).map(([name, target]) => [
      name,
      /^[./]/.test(target) ? path.join(directory, target) : target,
    ]),
  );

/** What `import.meta.env` is in the TypeScript of packages. */
function environment(directory: string, mode: Mode, base: string): SiteSettings['define'] {
  const env = { ...NO_RECIPE.env, [mode]: readEnv(directory, mode) };
  const value = importMetaEnv({ mode, recipe: { ...NO_RECIPE, env }, base });
  return { 'import.meta.env': jsonLiteral(value) };
}

/** The nearest `node_modules` at or above a directory. */
export function nearestModules(directory: string): string | undefined {
  for (let at = directory; ; at = path.dirname(at)) {
    const place = path.join(at, 'node_modules');
    if (existsSync(place)) return place;
    if (at === path.dirname(at)) return undefined;
  }
}

/** Without an installed package there is nothing to resolve, and pages need not be read. */
export const hasPackages = (directory: string): boolean => nearestModules(directory) !== undefined;

function jsonFile(value: object): DeployFile {
  const bytes = Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  return { hash: blake3(bytes), size: bytes.length, links: null, bytes: () => bytes };
}
