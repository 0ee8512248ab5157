import { readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { byCodeUnit, splitSpecifier } from '../../schema/index.js';
import { isInside } from '../ingest/files.js';
import { splitQuery, virtualKind } from '../transform/imported-files.js';
import { styleUrls } from '../transform/style-urls.js';
import type { VirtualKind } from '../transform/transform.js';
import type { Conversion, ConversionInput } from './convert-commonjs.js';
import { importedNames } from './imported-names.js';
import type { InstalledPackages } from './installed-packages.js';
import type { PackageFile, PackageImport } from './package-file.js';
import type { Found, PackageResolver } from './package-resolver.js';
import type { SameInstalls } from './same-installs.js';

/** An import of a package's module that cannot work in a browser. */
export interface PackageFailure {
  /** Absolute and real. */
  readonly importer: string;
  readonly specifier: string;
  readonly kind: PackageImport['kind'] | 'require';
  readonly found: Exclude<Found, { state: 'file' }>;
}

/** A module that is made of a file of a package: of a style sheet, an image. */
export interface MadeModule {
  /** Absolute and real. */
  readonly file: string;
  readonly kind: VirtualKind;
  /** The style sheets of other packages that it imports. */
  readonly imports: readonly WalkedImport[];
}

/** An import with what it leads to. Null: the `browser` field replaces it by nothing. */
export interface WalkedImport extends PackageImport {
  readonly target: string | null;
}

export interface WalkOptions {
  readonly packages: InstalledPackages;
  readonly resolver: PackageResolver;
  readonly installs: SameInstalls;
  /** @throws the file system's errors */
  readonly read: (file: string) => PackageFile;
  readonly convert: (input: Pick<ConversionInput, 'directory' | 'entries'>) => Promise<Conversion>;
}

export interface AddOptions {
  readonly hasAttributes?: boolean;
  /** The names that are imported. Called for a CommonJS module. */
  readonly names?: () => readonly string[];
}

/** Follows imports through the files of packages. Used once. */
export class PackageWalk {
  readonly #options: WalkOptions;
  /** ES modules, by file, with their imports. */
  readonly modules = new Map<
    string,
    { readonly file: PackageFile; readonly imports: readonly WalkedImport[] }
  >();
  /** Files that are taken as they are. */
  readonly assets = new Set<string>();
  /** JSON files that are imported without attributes, and have to be modules. */
  readonly jsonModules = new Set<string>();
  /** By file and kind. */
  readonly made = new Map<string, MadeModule>();
  /**
   * By package directory, the CommonJS modules that something outside of them imports, relative, with the
   * names that it imports.
   */
  readonly entries = new Map<string, Map<string, Set<string>>>();
  /** By package directory. */
  readonly conversions = new Map<string, Conversion>();
  /** Imports of ES modules that lead nowhere. */
  readonly failures: PackageFailure[] = [];
  /** The site's own files that packages or the site reach by name. */
  readonly siteFiles = new Set<string>();
  /** The first importer of each file. */
  readonly importers = new Map<string, string>();
  readonly #queue: string[] = [];
  readonly #pending = new Set<string>();

  constructor(options: WalkOptions) {
    this.#options = options;
  }

  /** Resolves a specifier of the site or of a package, and follows what it leads to. */
  add(
    importer: string,
    specifier: string,
    kind: PackageImport['kind'],
    { hasAttributes = false, names = () => [] }: AddOptions = {},
  ): Found {
    const found = this.#options.resolver.resolve(importer, specifier);
    if (found.state !== 'file') return found;
    const made = kind === 'url' ? undefined : madeKind(specifier, found.file, hasAttributes);
    // What has its URL needs the file. The text of the others is in the module that is made.
    const reached = made === undefined ? kind : made === 'url' || made === 'worker' ? 'url' : 'text';
    const file = this.#reach(found.file, importer, reached, { hasAttributes, names });
    if (made !== undefined) this.#make(file, made);
    return { state: 'file', file };
  }

  /** The file that stands for a file of a package, or of the site. */
  chosen(file: string): string {
    const { packages, installs } = this.#options;
    return packages.isOfSite(file) ? file : installs.fileFor(file);
  }

  /** What brings in a file: its importer, or that of an entry of its package. */
  importerOf(file: string): string | undefined {
    const known = this.importers.get(file);
    if (known !== undefined) return known;
    const { directory } = this.#options.packages.packageOf(file);
    const [entry] = this.entries.get(directory)?.keys() ?? [];
    return entry === undefined ? undefined : this.importers.get(path.join(directory, entry));
  }

  /** Follows imports until nothing is new. */
  async run(): Promise<void> {
    for (;;) {
      for (let file = this.#queue.pop(); file !== undefined; file = this.#queue.pop()) this.#follow(file);
      if (this.#pending.size === 0) return;
      const pending = [...this.#pending];
      this.#pending.clear();
      const made = await Promise.all(
        pending.map((directory) =>
          this.#options.convert({ directory, entries: sortedEntries(this.entries.get(directory)!) }),
        ),
      );
      for (const [i, directory] of pending.entries()) this.#takeConversion(directory, made[i]!);
    }
  }

  #reach(
    found: string,
    importer: string,
    kind: PackageImport['kind'] | 'text',
    { hasAttributes, names }: Required<AddOptions>,
  ): string {
    const { packages, installs, read } = this.#options;
    if (packages.isOfSite(found)) {
      this.siteFiles.add(found);
      return found;
    }
    const file = installs.fileFor(found);
    if (!this.importers.has(file)) this.importers.set(file, importer);
    if (kind === 'text') return file;
    const { format } = read(file);
    if (format === 'module') {
      if (!this.modules.has(file)) this.#queue.push(file);
    } else if (format === 'commonjs' && kind !== 'url') {
      const { directory } = packages.packageOf(file);
      const entries = this.entries.get(directory) ?? new Map<string, Set<string>>();
      this.entries.set(directory, entries);
      const name = path.relative(directory, file).split(path.sep).join('/');
      const known = entries.get(name) ?? new Set();
      const count = known.size;
      for (const one of names()) known.add(one);
      if (!entries.has(name) || known.size > count) this.#pending.add(directory);
      entries.set(name, known);
    } else if (format === 'json' && kind !== 'url' && !hasAttributes) this.jsonModules.add(file);
    else this.assets.add(file);
    return file;
  }

  /** A module that is made of a file, with the files and modules that it needs. */
  #make(file: string, kind: VirtualKind): void {
    const { packages } = this.#options;
    const key = madeKey(file, kind);
    // What is made of the site's own files is the site's.
    if (this.made.has(key) || packages.isOfSite(file)) return;
    const imports: WalkedImport[] = [];
    this.made.set(key, { file, kind, imports });
    if (kind === 'style') this.#followStyle(file, imports);
    // A worker runs what its URL leads to.
    if (kind === 'worker') this.#reach(file, file, 'static', { hasAttributes: false, names: () => [] });
  }

  /**
   * The files that a style sheet names. Those of other packages are imported: a name that is no file beside
   * it.
   */
  #followStyle(file: string, imports: WalkedImport[] | null): void {
    for (const { address, rule } of styleUrls(readFileSync(file, 'utf8'))) {
      const beside = this.#beside(file, address);
      const isStyle = beside === undefined ? splitSpecifier(address) !== null : beside.endsWith('.css');
      const one = { specifier: address, kind: 'static', range: undefined, hasAttributes: false } as const;
      if (beside !== undefined && isStyle && rule !== undefined && imports !== null) {
        const target = this.#reach(beside, file, 'text', { hasAttributes: false, names: () => [] });
        this.#make(target, 'style');
        imports.push({ ...one, target });
      } else if (beside !== undefined) {
        const isNew = !this.assets.has(beside);
        this.#reach(beside, file, 'url', { hasAttributes: false, names: () => [] });
        if (isNew && isStyle) this.#followStyle(beside, null);
      } else if (isStyle && rule !== undefined && imports !== null) {
        const found = this.add(file, address, 'static');
        if (found.state === 'file') imports.push({ ...one, target: found.file });
        else if (found.state !== 'ignored') this.failures.push({ ...one, importer: file, found });
      }
    }
  }

  #follow(name: string): void {
    if (this.modules.has(name)) return;
    const file = this.#options.read(name);
    const imports: WalkedImport[] = [];
    // Set first: a cycle of imports comes back here.
    this.modules.set(name, { file, imports });
    for (const one of file.imports) {
      const { specifier, kind } = one;
      if (kind === 'url') {
        this.#reachUrl(name, specifier);
        continue;
      }
      if (isOutside(specifier)) continue;
      const names = () => importedNames(file.bytes.toString(), specifier);
      const found = this.add(name, specifier, kind, { hasAttributes: one.hasAttributes, names });
      if (found.state === 'file') imports.push({ ...one, target: found.file });
      else if (found.state === 'ignored') imports.push({ ...one, target: null });
      else this.failures.push({ importer: name, specifier, kind, found });
    }
  }

  /** A file beside a module, named by its URL. It may be missing: the module may have another way. */
  #reachUrl(importer: string, specifier: string): void {
    const file = /^\.{1,2}\//.test(specifier) ? this.#beside(importer, specifier) : undefined;
    if (file !== undefined) this.#reach(file, importer, 'url', { hasAttributes: false, names: () => [] });
  }

  /** The file of the same package that a relative URL names. */
  #beside(importer: string, url: string): string | undefined {
    const named = path.join(path.dirname(importer), url.replace(/[?#].*$/, ''));
    if (statSync(named, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
    const file = realpathSync(named);
    return isInside(this.#options.packages.packageOf(importer).directory, file) ? file : undefined;
  }

  #takeConversion(directory: string, conversion: Conversion): void {
    this.conversions.set(directory, conversion);
    for (const { importer, specifier } of conversion.imports) {
      this.add(path.join(directory, importer), specifier, 'static');
    }
  }
}

/**
 * What is made of a file that an import names and that is no JavaScript. Undefined for modules, for JSON, and
 * for imports with attributes, which are the browser's.
 */
export function madeKind(specifier: string, file: string, hasAttributes: boolean): VirtualKind | undefined {
  if (hasAttributes) return undefined;
  const { query } = specifier.startsWith('#') ? { query: '' } : splitQuery(specifier);
  const kind = virtualKind(file, query);
  return kind === 'json' ? undefined : kind;
}

const madeKey = (file: string, kind: VirtualKind): string => `${file}@${kind}`;

const sortedEntries = (entries: ReadonlyMap<string, ReadonlySet<string>>): ConversionInput['entries'] =>
  [...entries]
    .map(([name, names]) => [name, [...names].toSorted()] as const)
    .toSorted(([a], [b]) => byCodeUnit(a, b));

/** A specifier that names no file of a package: a URL, or a path of the site. */
const isOutside = (specifier: string): boolean =>
  specifier.startsWith('/') || (/^[a-z][a-z\d+.-]*:/i.test(specifier) && !specifier.startsWith('node:'));
