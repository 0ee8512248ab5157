import { realpath } from 'node:fs/promises';
import { placeholderRoot, resolveSpecifier, Resolver, withPackages } from '../../importmap/index.js';
import {
  type Diagnostic,
  type Hash,
  type ImportFailure,
  type Links,
  type Manifest,
  PACKAGES_MAP,
  type Path,
  byCodeUnit,
  excerpt,
  isPackagePath,
} from '../../schema/index.js';
import { EarlyUses } from '../pages/classic-scripts.js';
import { pageBase } from '../pages/entries.js';
import { PageSummaries } from '../pages/page-summaries.js';
import type { Page } from '../pages/read-page.js';
import { placeIn } from '../ingest/syntax.js';
import { writtenSource } from '../transform/original-place.js';
import { installedPackage } from './installed-package.js';
import { DeployPackageMaps } from '../packages/deploy-package-map.js';
import { nameAdvice } from '../packages/name-advice.js';
import { DEFAULT_CONDITIONS } from '../packages/package-resolver.js';
import { readImportMaps, type PageImportMaps } from './page-import-maps.js';
import { reachedModules, type Severity } from './reached-modules.js';
import { ServedPaths, type ServedPathsOptions } from './served-paths.js';
import { isOfNode, siteImports, type SiteImport } from './site-imports.js';

export interface ImportCheckerOptions extends ServedPathsOptions {
  /** Where browsers find the site. Starts and ends with "/". Default "/". */
  readonly base?: string;
  readonly blobs: {
    links(hashes: readonly Hash[]): Promise<ReadonlyMap<Hash, Links | null>>;
    read(hashes: readonly Hash[]): Promise<ReadonlyMap<Hash, { readonly bytes: Uint8Array }>>;
  };
  /** Pages that are read elsewhere too. */
  readonly summaries?: PageSummaries;
  /** Conditions by which names are resolved to packages. Null: they are not. Default: those of browsers. */
  readonly conditions?: readonly string[] | null;
  /** Failing imports that are reported, errors first. Default: all. */
  readonly limit?: number;
}

export interface ImportReport {
  /** Errors first, then by path and place. */
  readonly diagnostics: readonly Diagnostic[];
  /** The modules that the pages load, with the severity of a problem in each. */
  readonly reached: ReadonlyMap<Path, Severity>;
}

type Place = Pick<Diagnostic, 'line' | 'column' | 'frame'>;

interface FailingImport extends SiteImport {
  readonly path: Path;
  readonly hash: Hash;
  readonly severity: Severity;
  readonly failure: ImportFailure;
}

/**
 * Finds the imports that fail in a browser although every file parses: in all modules that the site's pages
 * load, by what the server serves. Also finds invalid import maps. A second check looks only into what has
 * changed.
 */
export class ImportChecker {
  readonly #options: ImportCheckerOptions;
  readonly #served: ServedPaths;
  readonly #root: string;
  readonly #summaries: PageSummaries;
  readonly #pages = new Map<
    Path,
    { readonly hash: Hash; readonly page: Page; readonly maps: PageImportMaps }
  >();
  readonly #earlyUses: EarlyUses;
  readonly #packageMaps: DeployPackageMaps;
  /** Pages by hash: what `#resolvers` were made of. */
  #pagesKey = '';
  /** One for each distinct import map of the pages. */
  #resolvers: readonly Resolver[] = [];
  #imports = new Map<Path, { readonly hash: Hash; readonly imports: readonly SiteImport[] }>();
  #places = new Map<string, Place>();

  constructor(options: ImportCheckerOptions) {
    this.#options = options;
    this.#served = new ServedPaths(options);
    this.#root = placeholderRoot(options.base ?? '/');
    const { blobs } = options;
    const bytesOf = async (hash: Hash) => (await blobs.read([hash])).get(hash)?.bytes;
    this.#earlyUses = new EarlyUses(bytesOf, this.#root);
    this.#packageMaps = new DeployPackageMaps(bytesOf, this.#root);
    this.#summaries = options.summaries ?? new PageSummaries();
  }

  async check(manifest: Manifest): Promise<ImportReport> {
    await this.#readPages(manifest);
    const links = await this.#options.blobs.links([...manifest.modules.values()].map(({ hash }) => hash));
    const linksOf = (path: Path) => links.get(manifest.modules.get(path)!.hash);
    const isModule = (path: Path) => linksOf(path)?.state === 'linked';
    const hasEntries = manifest.entries.length > 0;
    const importsOf = (path: Path) => this.#importsOf(path, manifest.modules.get(path)!.hash, linksOf(path));
    const reached = reachedModules({
      roots: hasEntries ? manifest.entries : [...manifest.modules.keys()].filter(isModule),
      importsOf,
      isModule: (path) => manifest.modules.has(path) && !this.#served.isReserved(path),
    });
    const failing = [
      ...(await this.#failing(manifest, reached, importsOf)),
      ...(await this.#failingInline(manifest)),
    ];
    const invalid = [...this.#pages.values()].flatMap(({ maps }) => maps.invalid);
    const isUnmapped = ({ failure }: FailingImport) => failure === 'unmapped';
    const breaks = failing.some((one) => isUnmapped(one) && one.severity === 'error');
    const maps = invalid.map((one): Diagnostic => (breaks ? { ...one, severity: 'error' } : one));
    // An invalid import map explains every specifier that is not mapped, and a script may add a valid one.
    const isUnknown = invalid.length > 0 || (failing.some(isUnmapped) && (await this.#mayAddMap(manifest)));
    const told = isUnknown ? failing.filter((one) => !isUnmapped(one)) : failing;
    const imports = await this.#describe(told.toSorted(byPlace).slice(0, this.#options.limit));
    return { diagnostics: [...maps, ...imports].toSorted(bySeverity), reached };
  }

  /** Whether a classic script of a page may add an import map. */
  async #mayAddMap(manifest: Manifest): Promise<boolean> {
    for (const [path, { page }] of this.#pages) {
      const { maps } = await this.#earlyUses.of(page, path, manifest);
      if (maps) return true;
    }
    return false;
  }

  async #readPages(manifest: Manifest): Promise<void> {
    const pages = [...manifest.modules].filter(([, { type }]) => type === 'text/html');
    const packagesHash = manifest.modules.get(PACKAGES_MAP)?.hash;
    const key = JSON.stringify([packagesHash, pages.map(([name, { hash }]) => [name, hash])]);
    if (key === this.#pagesKey) return;
    const changed = pages.filter(([name, { hash }]) => this.#pages.get(name)?.hash !== hash);
    for (const [name, { hash }] of changed) {
      const bytes = async () => (await this.#options.blobs.read([hash])).get(hash)?.bytes;
      const page = await this.#summaries.read(hash, bytes);
      if (page !== undefined) {
        this.#pages.set(name, { hash, page, maps: await readImportMaps(name, page, bytes, this.#root) });
      }
    }
    for (const name of this.#pages.keys()) if (!manifest.modules.has(name)) this.#pages.delete(name);
    this.#pagesKey = key;
    const packages = await this.#packageMaps.of(manifest);
    const maps = [...this.#pages.values()].map(({ maps: { map } }) =>
      withPackages(map, packages, this.#root),
    );
    const distinct = new Map(maps.map((map) => [keyOf(map), map]));
    if (distinct.size === 0) distinct.set('', packages);
    this.#resolvers = [...distinct.values()].map((map) => new Resolver(map));
    this.#imports = new Map();
  }

  #importsOf(name: Path, hash: Hash, links: Links | null | undefined): readonly SiteImport[] {
    const known = this.#imports.get(name);
    if (known?.hash === hash) return known.imports;
    const imports = siteImports(name, links, this.#resolvers, this.#root);
    // Links that are not stored yet may be there at the next check.
    if (links !== undefined) this.#imports.set(name, { hash, imports });
    return imports;
  }

  async #failing(
    { modules, entries }: Manifest,
    reached: ReadonlyMap<Path, Severity>,
    importsOf: (path: Path) => readonly SiteImport[],
  ): Promise<FailingImport[]> {
    const failures = new Map<Path, ImportFailure | undefined>();
    const failureOf = async (target: Path) => {
      if (modules.has(target) && !this.#served.isReserved(target)) return undefined;
      if (!failures.has(target)) failures.set(target, await this.#served.failure(target));
      return failures.get(target);
    };
    const failing: FailingImport[] = [];
    for (const [path, severityOfModule] of reached) {
      const { hash } = modules.get(path)!;
      for (const one of importsOf(path)) {
        // What packages do not find is reported where they are resolved.
        if (!one.resolves && isPackagePath(path)) continue;
        const found: (ImportFailure | undefined)[] = [];
        for (const target of one.targets) found.push(await failureOf(target));
        if (found.includes(undefined)) continue;
        const failure = one.resolves ? (found[0] ?? 'missing') : 'unmapped';
        // Without pages, the import map is in a page that is served elsewhere.
        const mayFail = one.kind === 'dynamic' || (failure === 'unmapped' && entries.length === 0);
        failing.push({ ...one, path, hash, failure, severity: mayFail ? 'warning' : severityOfModule });
      }
    }
    return failing;
  }

  /** Bare names in inline scripts that no import map of their page maps. */
  async #failingInline(manifest: Manifest): Promise<FailingImport[]> {
    const packages = await this.#packageMaps.of(manifest);
    const failing: FailingImport[] = [];
    for (const [path, { hash, page, maps }] of this.#pages) {
      const map = withPackages(maps.map, packages, this.#root);
      for (const { imports, beforeBase } of page.scripts) {
        const base = pageBase(page, path, beforeBase, this.#root);
        for (const { specifier, dynamic } of imports) {
          const { state } = resolveSpecifier(map, specifier, base);
          if ((state !== 'unresolved' && !isOfNode(specifier)) || /^[./]/.test(specifier)) continue;
          const { bytes } = (await this.#options.blobs.read([hash])).get(hash) ?? {};
          const start = bytes === undefined ? -1 : literalIn(bytes, specifier);
          const kind = dynamic ? 'dynamic' : 'static';
          const severity = dynamic ? 'warning' : 'error';
          const place = { path, hash, start: Math.max(0, start), targets: [], resolves: false };
          failing.push({ ...place, specifier, kind, severity, failure: 'unmapped' });
        }
      }
    }
    return failing;
  }

  async #describe(failing: readonly FailingImport[]): Promise<Diagnostic[]> {
    const idOf = ({ path, hash, start }: FailingImport) => JSON.stringify([path, hash, start]);
    const unknown = failing.filter((one) => !this.#places.has(idOf(one)));
    const blobs = await this.#options.blobs.read([...new Set(unknown.map(({ hash }) => hash))]);
    const places = new Map<string, Place>();
    const diagnostics: Diagnostic[] = [];
    for (const one of failing) {
      const id = idOf(one);
      const place = this.#places.get(id) ?? placeWithFrame(blobs.get(one.hash)?.bytes, one.start);
      // The blob is damaged, which is reported elsewhere.
      if (place === undefined) continue;
      places.set(id, place);
      const { path, severity, specifier, failure } = one;
      const kind = one.kind === 'static' ? 'import' : 'dynamic-import';
      const message =
        MESSAGES[failure](JSON.stringify(specifier), this.#options.prefix) +
        (failure === 'unmapped' ? await this.#advice(path, specifier) : '');
      diagnostics.push({ path, kind, severity, message, ...place, specifier, failure });
    }
    this.#places = places;
    return diagnostics;
  }

  /** Why a name leads to no package. Where packages are not resolved, what an import map needs. */
  async #advice(importer: Path, specifier: string): Promise<string> {
    const { directory, base = '/', conditions = DEFAULT_CONDITIONS } = this.#options;
    if (conditions !== null) return nameAdvice(await realpath(directory), importer, specifier, conditions);
    const found = await installedPackage(directory, specifier);
    if (found === null) return '';
    const { folder, file } = found;
    const isServed = file !== undefined && (await this.#served.failure(file)) === undefined;
    return isServed
      ? `; ${folder} is there: add ${JSON.stringify(specifier)}: ${JSON.stringify(base + file)} to an import map`
      : `; ${folder} is there: add the file that you mean to an import map`;
  }
}

const MESSAGES: Readonly<Record<ImportFailure, (specifier: string, prefix: string) => string>> = {
  unmapped: (specifier) => `no import map says where ${specifier} is`,
  missing: (specifier) => `cannot find ${specifier}`,
  directory: (specifier) => `cannot import ${specifier}: it is a directory`,
  dotfile: (specifier) => `cannot import ${specifier}: dotfiles are not served`,
  reserved: (specifier, prefix) => `cannot import ${specifier}: no files are served below ${prefix}`,
};

/** The offset of the first string literal with this text; -1 where there is none. */
function literalIn(bytes: Uint8Array, text: string): number {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = [`'${text}'`, `"${text}"`]
    .map((literal) => source.indexOf(literal))
    .filter((at) => at !== -1);
  return found.length === 0 ? -1 : Math.min(...found);
}

function placeWithFrame(bytes: Uint8Array | undefined, start: number): Place | undefined {
  if (bytes === undefined) return undefined;
  const made = placeIn(bytes, start);
  const code = new TextDecoder().decode(bytes);
  const written = writtenSource(code);
  const place = written?.place(made) ?? made;
  return { ...place, frame: excerpt(written?.text ?? code, place.line, place.column) };
}

const bySeverity = (a: { severity: Severity }, b: { severity: Severity }) =>
  Number(a.severity === 'warning') - Number(b.severity === 'warning');

const byPlace = (a: FailingImport, b: FailingImport): number =>
  bySeverity(a, b) || byCodeUnit(a.path, b.path) || a.start - b.start;

/** Equal for equal import maps. */
const keyOf = (map: PageImportMaps['map']): string =>
  JSON.stringify([[...map.imports], [...map.scopes].map(([scope, rules]) => [scope, [...rules]])]);
