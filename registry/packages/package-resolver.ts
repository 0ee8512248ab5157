import { realpathSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { ResolverFactory, type NapiResolveOptions } from 'oxc-resolver';
import { isInside } from '../ingest/files.js';
import { isTypeScript } from '../transform/kinds.js';
import type { SiteSettings } from '../transform/settings.js';
import { isInstalled, type InstalledPackages } from './installed-packages.js';
import { splitSpecifier } from '../../schema/index.js';

/** What a specifier means in a file on the disk. */
export type Found =
  /** Absolute and real. */
  | { readonly state: 'file'; readonly file: string }
  /** The `browser` field of the importer's package replaces it by nothing. */
  | { readonly state: 'ignored' }
  /** Without the prefix `node:`. No package of this name is installed. */
  | { readonly state: 'builtin'; readonly name: string }
  | { readonly state: 'missing'; readonly reason: string };

/** Conditions of `exports` and `imports` that hold in browsers, before the mode. */
export const DEFAULT_CONDITIONS: readonly string[] = ['browser', 'module', 'import'];

const BUILTIN = new Set(builtinModules);

/** Resolves specifiers in files on the disk, as bundlers do for browsers. */
export class PackageResolver {
  readonly #conditions: readonly string[];
  readonly #packages: InstalledPackages;
  readonly #resolver: ResolverFactory;
  readonly #withRequire: ResolverFactory;
  readonly #moduleFirst: ResolverFactory;
  readonly #typescript: ResolverFactory;
  readonly #known = new Map<string, Found>();

  /**
   * @param isModule whether a file is an ES module
   * @param alias other names, or absolute paths, that names stand for
   */
  constructor(
    conditions: readonly string[],
    packages: InstalledPackages,
    readonly isModule: (file: string) => boolean,
    alias: SiteSettings['alias'] = {},
  ) {
    this.#conditions = conditions;
    this.#packages = packages;
    const options: NapiResolveOptions = {
      conditionNames: [...conditions, 'default'],
      mainFields: ['browser', 'module', 'jsnext:main', 'main'],
      aliasFields: [['browser']],
      extensions: ['.mjs', '.js', '.cjs', '.mts', '.ts', '.jsx', '.tsx', '.json'],
      alias: Object.fromEntries(Object.entries(alias).map(([name, target]) => [name, [target]])),
    };
    this.#resolver = new ResolverFactory(options);
    // Packages without an ES module have only this condition.
    const conditionNames = [...conditions.filter((name) => name !== 'import'), 'require', 'default'];
    this.#withRequire = this.#resolver.cloneWithOptions({ ...options, conditionNames });
    const mainFields = ['module', 'jsnext:main', 'browser', 'main'];
    this.#moduleFirst = this.#resolver.cloneWithOptions({ ...options, mainFields });
    // In TypeScript, `./x.js` may be `x.ts`, and `paths` of the `tsconfig.json` count.
    this.#typescript = this.#resolver.cloneWithOptions({
      ...options,
      tsconfig: 'auto',
      extensionAlias: { '.js': ['.js', '.ts', '.tsx'], '.mjs': ['.mjs', '.mts'], '.jsx': ['.jsx', '.tsx'] },
    });
  }

  /** @param importer absolute and real */
  resolve(importer: string, specifier: string): Found {
    const directory = path.dirname(importer);
    // A configuration for TypeScript in the site is for its own sources, which are resolved elsewhere.
    const isSource = isTypeScript(importer) && !isInstalled(importer) && !this.#packages.isOfSite(importer);
    const key = `${isSource ? importer : directory}\0${specifier}`;
    let found = this.#known.get(key);
    if (found === undefined) {
      const file = isSource ? this.#typescript.resolveFileSync(importer, specifier).path : undefined;
      const own: Found = file === undefined ? this.#resolve(directory, specifier) : { state: 'file', file };
      found = this.#contained(importer, specifier, own);
      this.#known.set(key, found);
    }
    return found;
  }

  /**
   * A package may reach installed packages and its own files. Its paths and fields must not bring in other
   * files of the disk.
   */
  #contained(importer: string, specifier: string, found: Found): Found {
    if (found.state !== 'file') return found;
    const { file } = found;
    const packages = this.#packages;
    if (packages.isOfSite(file) || isInstalled(file)) return found;
    const { directory } = packages.packageOf(file);
    if (!packages.isOfSite(importer) && packages.packageOf(importer).directory === directory) return found;
    const parts = splitSpecifier(specifier);
    const linked = parts && this.directoryOf(path.dirname(importer), parts.name);
    if (linked && isInside(realpathSync(linked), file)) return found;
    return { state: 'missing', reason: `${JSON.stringify(specifier)} leads out of its package` };
  }

  #resolve(directory: string, specifier: string): Found {
    const plain = specifier.replace(/[?#].*$/, (rest) => (specifier.startsWith('#') ? rest : ''));
    let result = this.#resolver.sync(directory, plain);
    if (result.error !== undefined && result.error.startsWith('Path is ignored')) return { state: 'ignored' };
    if (result.path === undefined) {
      const again = this.#withRequire.sync(directory, plain);
      if (again.path === undefined) return this.#missing(directory, specifier);
      result = again;
    }
    const file = result.path!;
    const isEntry = splitSpecifier(plain)?.subpath === '.';
    return { state: 'file', file: isEntry ? this.#preferModule(directory, plain, file) : file };
  }

  /**
   * A `browser` field often names a script for `<script src>`, beside a `module` for bundlers. Only an ES
   * module there comes first.
   */
  #preferModule(directory: string, specifier: string, file: string): string {
    if (this.#packages.isOfSite(file)) return file;
    const { description } = this.#packages.packageOf(file);
    const { exports, module, browser } = description;
    if (exports !== undefined || typeof module !== 'string' || typeof browser !== 'string') return file;
    if (this.isModule(file)) return file;
    return this.#moduleFirst.sync(directory, specifier).path ?? file;
  }

  #missing(directory: string, specifier: string): Found {
    const name = specifier.replace(/^node:/, '');
    if (BUILTIN.has(name) || BUILTIN.has(name.split('/')[0]!)) return { state: 'builtin', name };
    return { state: 'missing', reason: this.#reason(directory, specifier) };
  }

  #reason(directory: string, specifier: string): string {
    const text = JSON.stringify(specifier);
    if (specifier.startsWith('#')) return `no "imports" of a package.json has ${text}`;
    const parts = splitSpecifier(specifier);
    if (parts === null) return `cannot find ${text}`;
    const installed = this.directoryOf(directory, parts.name);
    if (installed === undefined) return `the package ${JSON.stringify(parts.name)} is not installed`;
    const conditions = [...this.#conditions, 'default'].join(', ');
    return this.#packages.describe(installed)?.exports === undefined
      ? `the package ${parts.name} has no file ${JSON.stringify(parts.subpath)}`
      : `the package ${parts.name} exports no ${JSON.stringify(parts.subpath)} under the conditions ${conditions}`;
  }

  /** Where a package is installed, as files of a directory see it. */
  directoryOf(directory: string, name: string): string | undefined {
    for (let at = directory; ; at = path.dirname(at)) {
      const place = path.join(at, 'node_modules', name);
      if (this.#packages.describe(place) !== null) return place;
      if (at === path.dirname(at)) return undefined;
    }
  }
}
