import { readFileSync } from 'node:fs';
import path from 'node:path';
import { lexModule } from '../../importmap/index.js';
import {
  ModcastError,
  pathToUrl,
  splitSpecifier,
  type Hash,
  type Links,
  type Path,
} from '../../schema/index.js';
import { mediaType, moduleKind } from '../content/media-type.js';
import { blake3 } from '../hash.js';
import type { Mode } from '../transform/transform.js';
import { virtualModule } from '../transform/virtual.js';
import { DeployPaths } from './deploy-paths.js';
import type { InstalledPackages } from './installed-packages.js';
import type { PackageFile, PackageImport } from './package-file.js';
import type { MapRule } from './package-map.js';
import { madeKind, type PackageWalk, type WalkedImport } from './package-walk.js';

/** A file of a package in a deploy. */
export interface DeployFile {
  readonly hash: Hash;
  readonly size: number;
  /** Null for a file that is not JavaScript. Found when it is asked for: most files are stored already. */
  readonly links: Links | null;
  /**
   * The bytes. Those of a file on the disk are read again.
   * @throws ModcastError `file-unstable` when the file has changed since
   */
  readonly bytes: () => Uint8Array;
}

export interface PackageFiles {
  readonly files: ReadonlyMap<Path, DeployFile>;
  /** What the modules of packages import by name. */
  readonly rules: readonly MapRule[];
  readonly paths: DeployPaths;
  /** The path to which an import of the site leads. */
  readonly targetOf: (file: string, one: Pick<PackageImport, 'specifier' | 'hasAttributes'>) => Path;
}

/** What an import gets that a `browser` field replaces by nothing. */
const EMPTY_FILE = '_empty.js';
const EMPTY_SOURCE = Buffer.from('export default {};\n');

/**
 * The files of a deploy that a walk has reached, where their relative imports work without a bundler: a
 * specifier that means another file than its URL says is written as that file's.
 *
 * @param site the site's directory, absolute and real
 */
export async function packageFiles(
  site: string,
  walk: PackageWalk,
  packages: InstalledPackages,
  mode: Mode,
): Promise<PackageFiles> {
  const directories = [...walk.importers.keys()].map((file) => packages.packageOf(file).directory);
  const paths = new DeployPaths(site, packages, directories);
  const files = new Map<Path, DeployFile>();
  const rules: MapRule[] = [];
  const isEntry = (file: string): boolean => {
    const { directory } = packages.packageOf(file);
    return walk.entries.get(directory)?.has(slashes(path.relative(directory, file))) === true;
  };
  const targetOf: PackageFiles['targetOf'] = (file, { specifier, hasAttributes }) => {
    const kind = madeKind(specifier, file, hasAttributes);
    if (kind !== undefined) return `${paths.of(file)}@${kind}.js`;
    if (packages.isOfSite(file)) return paths.of(file);
    if (walk.jsonModules.has(file) && !hasAttributes) return `${paths.of(file)}.js`;
    return paths.of(file, isModule(file) ? 'script' : 'file');
  };
  const isModule = (file: string): boolean => walk.modules.has(file) || isEntry(file);
  const addRule = (importer: Path, directory: string, specifier: string, target: Path) =>
    rules.push({ importer, package: paths.ofPackage(directory), specifier, target });

  for (const file of walk.assets) {
    const bytes = readFileSync(file);
    files.set(paths.of(file), diskFile(file, bytes, linksOf(bytes, paths.of(file))));
  }
  for (const file of walk.jsonModules) {
    files.set(
      `${paths.of(file)}.js`,
      madeFile(Buffer.from(`export default ${readFileSync(file, 'utf8').trim()};\n`)),
    );
  }
  for (const [name, { file, imports }] of walk.modules) {
    const importer = paths.of(name, 'script');
    const { directory } = packages.packageOf(name);
    const edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
    for (const one of imports) {
      const target =
        one.target === null ? paths.ofPackage(directory) + EMPTY_FILE : targetOf(one.target, one);
      if (one.target === null) files.set(target, madeFile(EMPTY_SOURCE));
      if (!one.specifier.startsWith('.')) addRule(importer, directory, one.specifier, target);
      else if (urlOf(importer, one.specifier) !== urlOf(target)) {
        const text = relativeUrl(importer, target);
        if (one.range === undefined) addRule(importer, directory, urlKey(importer, one), target);
        else edits.push({ ...one.range, text: JSON.stringify(text) });
      }
    }
    files.set(importer, moduleFile(name, file, edits));
  }
  for (const [directory, { files: made, imports }] of walk.conversions) {
    for (const [name, code] of made)
      files.set(paths.inPackage(directory, name, 'script'), madeFile(Buffer.from(code)));
    for (const { importer, specifier, written } of imports) {
      const found = walk.add(path.join(directory, importer), specifier, 'static');
      if (found.state !== 'file') continue;
      addRule(
        paths.inPackage(directory, importer),
        directory,
        written,
        targetOf(found.file, { specifier, hasAttributes: false }),
      );
    }
  }
  for (const { file, kind, imports } of walk.made.values()) {
    const { directory } = packages.packageOf(file);
    const module = {
      path: `${paths.of(file)}@${kind}.js`,
      kind,
      file: paths.of(file, isModule(file) ? 'script' : 'file'),
    };
    const named = new Map(imports.map((one) => [one.specifier, targetOf(one.target!, one)]));
    const importOf = (address: string) => {
      const target = named.get(address);
      if (target === undefined) return undefined;
      if (splitSpecifier(address) === null || isBeside(module.path, address, target)) {
        return relativeUrl(module.path, target);
      }
      addRule(module.path, directory, address, target);
      return address;
    };
    const code = await virtualModule(module, readFileSync(file), { mode, importOf });
    files.set(module.path, madeFile(Buffer.from(code)));
  }
  return { files, rules, paths, targetOf };
}

/** The path of a file's URL, or of what a specifier means there: `//` is not `/`. */
function urlOf(importer: Path, specifier = ''): string {
  const url = `/${pathToUrl(importer)}`;
  if (specifier === '') return url;
  // A URL is parsed slowly, and nearly all of these need not be.
  if (isPlain(specifier)) return path.posix.join(path.posix.dirname(url), specifier);
  return new URL(plain(specifier), `file://${url}`).pathname;
}

/** Whether a relative specifier means as a URL what it means as a path. */
const isPlain = (specifier: string): boolean => /^\.{1,2}(?:\/\.\.)*(?:\/[\w-][\w.-]*)+$/.test(specifier);

/** Whether a style sheet's URL, which may look like a name, leads to a file of the same package. */
const isBeside = (importer: Path, address: string, target: Path): boolean =>
  target === `${path.posix.join(path.posix.dirname(importer), address)}@style.js`;

const slashes = (name: string): string => name.split(path.sep).join('/');

const plain = (specifier: string): string => specifier.replace(/[?#].*$/, '');

/** A relative specifier that cannot be replaced in the source, as the key of an import map. */
const urlKey = (importer: Path, { specifier }: WalkedImport): string =>
  `./${pathToUrl(path.posix.join(path.posix.dirname(importer), plain(specifier)))}`;

function relativeUrl(importer: Path, target: Path): string {
  const found = pathToUrl(path.posix.relative(path.posix.dirname(importer), target));
  return found.startsWith('.') ? found : `./${found}`;
}

const linksOf = (bytes: Uint8Array, name: string): Links | null =>
  moduleKind(mediaType(name)) === 'javascript' ? lexModule(bytes) : null;

function madeFile(bytes: Buffer, known?: Links): DeployFile {
  let links = known;
  return {
    hash: blake3(bytes),
    size: bytes.length,
    get links() {
      return (links ??= lexModule(bytes));
    },
    bytes: () => bytes,
  };
}

function diskFile(file: string, bytes: Buffer, links: Links | null): DeployFile {
  const hash = blake3(bytes);
  return { hash, size: bytes.length, links, bytes: () => readAgain(file, hash) };
}

function readAgain(file: string, hash: Hash): Uint8Array {
  const bytes = readFileSync(file);
  const found = blake3(bytes);
  if (found === hash) return bytes;
  throw new ModcastError('file-unstable', `${file} was changed while it was used; try again`, {
    expected: hash,
    found,
  });
}

function moduleFile(
  name: string,
  { bytes, isChanged, links }: PackageFile,
  edits: readonly { readonly start: number; readonly end: number; readonly text: string }[],
): DeployFile {
  if (edits.length === 0) return isChanged ? madeFile(bytes, links!) : diskFile(name, bytes, links);
  const parts: Buffer[] = [];
  let done = 0;
  for (const { start, end, text } of edits) {
    parts.push(bytes.subarray(done, start), Buffer.from(text));
    done = end;
  }
  return madeFile(Buffer.concat([...parts, bytes.subarray(done)]));
}
