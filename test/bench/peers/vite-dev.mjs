/**
 * `node vite-dev.mjs <directory> <cache directory>`: Vite's dev server for a site of plain modules.
 *
 * Dependency optimisation is off: it bundles packages of node_modules, but here the modules are the site's
 * own sources, which Vite serves one by one. Vite reads no configuration file and keeps its cache outside of
 * the site.
 */
import { createServer } from 'vite';

const [root, cacheDir] = process.argv.slice(2);
if (root === undefined || cacheDir === undefined)
  throw new Error('Usage: vite-dev.mjs <directory> <cache directory>');

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
