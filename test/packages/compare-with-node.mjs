// Compares how the names of all packages in node_modules resolve here and in Node, under the same conditions:
//
//     npm run build && node test/packages/compare-with-node.mjs [directory]
//
// The directory has packages installed. Default: this repository. Prints a table of the differences, each with its reason.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { IMPORTER, compareNames, describe } from './installed-names.mjs';

const CONDITIONS = ['browser', 'module', 'import', 'production'];

if (!process.execArgv.some((flag) => flag.startsWith('--conditions'))) {
  const flags = CONDITIONS.filter((name) => name !== 'import').map((name) => `--conditions=${name}`);
  // For the second argument of import.meta.resolve.
  flags.push('--experimental-import-meta-resolve');
  const args = [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, {
    stdio: 'inherit',
  });
  process.exit(status);
}

function byNode(specifier) {
  try {
    const url = import.meta.resolve(specifier, pathToFileURL(IMPORTER));
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

await compareNames('Node', CONDITIONS, {
  resolve: byNode,
  isFailure: (node) => /^ERR_|no such/.test(node),
  reasonOf,
});
