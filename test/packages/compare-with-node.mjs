// Compares how the names of all packages in node_modules resolve here and in Node, under the same conditions:
//
//     npm run build && node test/packages/compare-with-node.mjs
//
// Prints a table of the differences, each with its reason.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InstalledPackages } from '../../dist/registry/packages/installed-packages.js';
import { readPackageFile } from '../../dist/registry/packages/package-file.js';
import { PackageResolver } from '../../dist/registry/packages/package-resolver.js';

const CONDITIONS = ['browser', 'module', 'import', 'production'];
const ROOT = realpathSync(fileURLToPath(new URL('../..', import.meta.url)));
const MODULES = path.join(ROOT, 'node_modules');

if (!process.execArgv.some((flag) => flag.startsWith('--conditions'))) {
  const flags = CONDITIONS.filter((name) => name !== 'import').map((name) => `--conditions=${name}`);
  const { status } = spawnSync(process.execPath, [...flags, fileURLToPath(import.meta.url)], {
    stdio: 'inherit',
  });
  process.exit(status);
}

const names = readdirSync(MODULES)
  .filter((name) => !name.startsWith('.'))
  .flatMap((name) =>
    name.startsWith('@') ? readdirSync(path.join(MODULES, name)).map((inner) => `${name}/${inner}`) : [name],
  );

/** The entry point, and the subpaths that `exports` names without a wildcard. */
function specifiersOf(name) {
  const { exports } = describe(name);
  if (typeof exports !== 'object' || exports === null) return [name];
  const keys = Object.keys(exports).filter((key) => key.startsWith('.') && !/[*]|\/$/.test(key));
  return keys.length === 0 ? [name] : keys.map((key) => name + key.slice(1));
}

const describe = (name) => JSON.parse(readFileSync(path.join(MODULES, name, 'package.json'), 'utf8'));

function byNode(specifier) {
  try {
    const url = import.meta.resolve(specifier);
    if (!url.startsWith('file:')) return url;
    const file = fileURLToPath(url);
    return existsSync(file) ? realpathSync(file) : 'no such file';
  } catch (error) {
    return error.code;
  }
}

function reasonOf(name, node) {
  const { exports, browser, module } = describe(name);
  if (node.startsWith('node:')) return 'the name is that of a part of Node';
  if (exports !== undefined) {
    if (node === 'ERR_PACKAGE_PATH_NOT_EXPORTED')
      return 'only the condition require fits, which is tried last';
    if (typeof browser === 'object') return 'the browser field replaces the file that exports names';
    if (node === 'no such file') return 'exports names a file without its ending';
    return 'a condition that Node always has: node, or module-sync';
  }
  if (browser !== undefined) return 'the browser field, which Node ignores';
  if (module !== undefined) return 'the module field, which Node ignores';
  if (/^ERR_|no such/.test(node)) return 'an index file or ending, which Node does not add for imports';
  return 'unknown';
}

const packages = new InstalledPackages(path.join(ROOT, 'test/packages'));
const isModule = (file) =>
  readPackageFile(file, packages, { mode: 'production', define: {}, defineInSources: {} }).format ===
  'module';
const resolver = new PackageResolver(CONDITIONS, packages, isModule);
const rows = [];
let compared = 0;
let bothFail = 0;
const used = new Set();
for (const name of names) {
  if (!existsSync(path.join(MODULES, name, 'package.json'))) continue;
  for (const specifier of specifiersOf(name)) {
    const node = byNode(specifier);
    const found = resolver.resolve(fileURLToPath(import.meta.url), specifier);
    const own = found.state === 'file' ? found.file : found.state;
    compared++;
    used.add(name);
    if (node === own) continue;
    const isFailure = /^ERR_|no such/.test(node) && !path.isAbsolute(own);
    if (isFailure) bothFail++;
    else rows.push([specifier, shown(node), shown(own), reasonOf(name, node)]);
  }
}

function shown(found) {
  return path.isAbsolute(found) ? path.relative(MODULES, found) : found;
}

const same = compared - bothFail - rows.length;
console.log(
  `${used.size} packages, ${compared} names: ${same} the same, ${bothFail} fail in both, ${rows.length} differ\n`,
);
const reasons = new Map();
for (const row of rows) reasons.set(row[3], [...(reasons.get(row[3]) ?? []), row]);
for (const [reason, list] of reasons) {
  console.log(`${reason}: ${list.length}`);
  for (const [specifier, node, own] of list) console.log(`  ${specifier}: Node ${node}, here ${own}`);
}
