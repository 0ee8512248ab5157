import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InstalledPackages } from '../../dist/registry/packages/installed-packages.js';
import { readPackageFile } from '../../dist/registry/packages/package-file.js';
import { PackageResolver } from '../../dist/registry/packages/package-resolver.js';
import { nearestModules } from '../../dist/registry/packages/packages.js';

const REPOSITORY = fileURLToPath(new URL('../../test/packages', import.meta.url));

/** The directory whose packages are compared: an argument, or this repository. */
const directory = realpathSync(process.argv[2] ?? REPOSITORY);
/** A file that need not exist, and imports them. */
export const IMPORTER = path.join(directory, 'importer.mjs');

const MODULES = nearestModules(directory) ?? directory;

/** Names of one reason that are printed. */
const MOST = 10;

/** @param {string} name of a package */
export const describe = (name) => JSON.parse(readFileSync(path.join(MODULES, name, 'package.json'), 'utf8'));

/** All packages in node_modules, each with its entry point and the subpaths that `exports` names without a wildcard. */
function installedNames() {
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
function ownAnswers(conditions) {
  const packages = new InstalledPackages(directory);
  const mode = /** @type {const} */ ('production');
  const options = { mode, define: {}, defineInSources: {}, configs: new Map() };
  const isModule = (/** @type {string} */ file) =>
    readPackageFile(file, packages, options).format === 'module';
  const resolver = new PackageResolver(conditions, packages, isModule);
  return (specifier) => {
    const found = resolver.resolve(IMPORTER, specifier);
    return found.state === 'file' ? found.file : found.state;
  };
}

/**
 * Compares all names, and prints a table of the differences.
 *
 * @param {string} other whose answers are compared
 * @param {string[]} conditions
 * @param {object} by
 * @param {(specifier: string) => string | Promise<string>} by.resolve to a file, or to what is none
 * @param {(theirs: string) => boolean} by.isFailure
 * @param {(name: string, theirs: string, own: string) => string} by.reasonOf
 */
export async function compareNames(other, conditions, { resolve, isFailure, reasonOf }) {
  const own = ownAnswers(conditions);
  /** @type {[specifier: string, theirs: string, own: string, reason: string][]} */
  const rows = [];
  let compared = 0;
  let bothFail = 0;
  const names = installedNames();
  for (const { name, specifiers } of names) {
    for (const specifier of specifiers) {
      const theirs = await resolve(specifier);
      const found = own(specifier);
      compared++;
      if (theirs === found && path.isAbsolute(found)) continue;
      if (isFailure(theirs) && !path.isAbsolute(found)) bothFail++;
      else rows.push([specifier, theirs, found, reasonOf(name, theirs, found)]);
    }
  }
  printDifferences(other, { packages: names.length, compared, bothFail, rows });
}

/**
 * Prints the differences, each with its reason.
 *
 * @param {string} other whose answers are compared
 * @param {{ compared: number, packages: number, bothFail: number, rows: [specifier: string, theirs: string, own: string, reason: string][] }} result
 */
function printDifferences(other, { compared, packages, bothFail, rows }) {
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
