/**
 * `node vite-dev.mjs <directory> <cache directory>`: Vite's dev server over a site of plain modules.
 *
 * Dependency optimisation is off: it joins packages of node_modules into one file each, and here the modules are the
 * site's own sources, which Vite serves one by one, as it would any site of that many modules. No configuration file
 * is looked for above the directory, and the cache is not kept in the site.
 */
import { createServer } from 'vite';

const [root, cacheDir] = process.argv.slice(2);
if (root === undefined || cacheDir === undefined)
  throw new Error('vite-dev.mjs <directory> <cache directory>');

const server = await createServer({
  root,
  cacheDir,
  configFile: false,
  appType: 'mpa',
  logLevel: 'error',
  optimizeDeps: { noDiscovery: true, include: [] },
  server: { host: '127.0.0.1', port: 0, hmr: { overlay: false } },
});
await server.listen();
console.log(server.resolvedUrls?.local[0]);
