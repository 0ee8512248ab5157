// Compares how the names of all packages in node_modules resolve here and in Vite's dev server, with its defaults:
//
//     npm run build && node test/packages/compare-with-vite.mjs [directory]
//
// The directory has packages installed. Default: this repository. Prints a table of the differences, each with its reason.
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { createServer } from 'vite';
import { IMPORTER, compareNames, describe } from './installed-names.mjs';

const CONDITIONS = ['browser', 'module', 'import', 'development'];

const server = await createServer({
  root: path.dirname(IMPORTER),
  configFile: false,
  logLevel: 'silent',
  mode: 'development',
  optimizeDeps: { noDiscovery: true, include: [] },
  server: { middlewareMode: true, ws: false, watch: null },
});

async function byVite(specifier) {
  try {
    const found = await server.environments.client.pluginContainer.resolveId(specifier, IMPORTER);
    if (found === null) return 'missing';
    const file = found.id.replace(/[?#].*$/, '');
    if (found.id.includes('browser-external')) return 'builtin';
    return existsSync(file) ? realpathSync(file) : found.id;
  } catch (error) {
    return error.code ?? 'missing';
  }
}

function reasonOf(name, vite, own) {
  const { exports, browser, module, main } = describe(name);
  if (name === '@oxc-project/runtime') return 'Vite has its own copy of the helpers that Oxc imports';
  if (vite === 'builtin')
    return own === 'builtin'
      ? 'same'
      : 'a part of Node, which Vite replaces also where a package has its name';
  if (path.isAbsolute(own) && !path.isAbsolute(vite)) {
    return exports === undefined
      ? 'only a file without an entry point in package.json'
      : 'only the condition require fits, which is tried last';
  }
  if (exports === undefined && typeof browser === 'string' && typeof module === 'string')
    return 'a browser field beside a module field: the ES module comes first';
  if (exports === undefined && browser !== undefined) return 'the browser field';
  if (!path.isAbsolute(own)) return 'not found here';
  return main === undefined ? 'no main' : 'unknown';
}

await compareNames('Vite', CONDITIONS, {
  resolve: byVite,
  isFailure: (vite) => !path.isAbsolute(vite),
  reasonOf,
});
await server.close();
