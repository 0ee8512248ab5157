import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InstalledPackages } from '../../dist/registry/packages/installed-packages.js';
import { readPackageFile } from '../../dist/registry/packages/package-file.js';
import { PackageResolver } from '../../dist/registry/packages/package-resolver.js';

const REPOSITORY = fileURLToPath(new URL('../../test/packages', import.meta.url));

/** The directory whose packages are compared: an argument, or this repository. */
const directory = realpathSync(process.argv[2] ?? REPOSITORY);
/** A file that need not exist, and imports them. */
export const IMPORTER = path.join(directory, 'importer.mjs');

const MODULES = modulesAbove(directory);

/** @param {string} from @returns {string} */
function modulesAbove(from) {
  const place = path.join(from, 'node_modules');
  return existsSync(place) ? place : modulesAbove(path.dirname(from));
}

/** Names of one reason that are printed. */
const MOST = 10;

/** @param {string} name of a package */
export const describe = (name) => JSON.parse(readFileSync(path.join(MODULES, name, 'package.json'), 'utf8'));

/** All packages in node_modules, each with its entry point and the subpaths that `exports` names without a wildcard. */
export function installedNames() {
  return readdirSync(MODULES)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(path.join(MODULES, name)).map((inner) => `${name}/${inner}`)
        : [name],
    )
    .filter((name) => existsSync(path.join(MODULES, name, 'package.json')))
    .map((name) => ({ name, specifiers: specifiersOf(name) }));
}

/** @param {string} name */
function specifiersOf(name) {
  const { exports } = describe(name);
  if (typeof exports !== 'object' || exports === null) return [name];
  const keys = Object.keys(exports).filter((key) => key.startsWith('.') && !/[*]|\/$/.test(key));
  return keys.length === 0 ? [name] : keys.map((key) => name + key.slice(1));
}

/**
 * What a name means here: a file, or the state of what is none.
 *
 * @param {string[]} conditions
 * @returns {(specifier: string) => string}
 */
export function ownAnswers(conditions) {
  const packages = new InstalledPackages(directory);
  const options = { mode: /** @type {const} */ ('production'), define: {}, defineInSources: {} };
  const isModule = (/** @type {string} */ file) =>
    readPackageFile(file, packages, options).format === 'module';
  const resolver = new PackageResolver(conditions, packages, isModule);
  return (specifier) => {
    const found = resolver.resolve(IMPORTER, specifier);
    return found.state === 'file' ? found.file : found.state;
  };
}

/**
 * Prints the differences, each with its reason.
 *
 * @param {string} other whose answers are compared
 * @param {{ compared: number, packages: number, bothFail: number, rows: [specifier: string, theirs: string, own: string, reason: string][] }} result
 */
export function printDifferences(other, { compared, packages, bothFail, rows }) {
  const same = compared - bothFail - rows.length;
  console.log(
    `${packages} packages, ${compared} names: ${same} the same, ${bothFail} fail in both, ${rows.length} differ\n`,
  );
  /** @type {Map<string, typeof rows>} */
  const reasons = new Map();
  for (const row of rows) reasons.set(row[3], [...(reasons.get(row[3]) ?? []), row]);
  for (const [reason, list] of reasons) {
    console.log(`${reason}: ${list.length}`);
    for (const [specifier, theirs, own] of list.slice(0, MOST))
      console.log(`  ${specifier}: ${other} ${shown(theirs)}, here ${shown(own)}`);
  }
}

/** @param {string} found */
const shown = (found) => (path.isAbsolute(found) ? path.relative(MODULES, found) : found);
