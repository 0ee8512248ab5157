/**
 * `node vite-dev.mjs <directory> <cache directory> [--bundled]`: Vite's dev server for a site of plain modules.
 * With `--bundled`, it serves a bundle that it keeps in memory (`experimental.bundledDev`).
 *
 * Dependency optimisation is off: it bundles packages of node_modules, but here the modules are the site's
 * own sources, which Vite serves one by one.
 */
import { createServer } from 'vite';
import { commonConfig } from './vite-config.mjs';

const [root, cacheDir, mode] = process.argv.slice(2);
if (root === undefined || cacheDir === undefined)
  throw new Error('Usage: vite-dev.mjs <directory> <cache directory> [--bundled]');

const server = await createServer({
  ...commonConfig(root),
  cacheDir,
  optimizeDeps: { noDiscovery: true, include: [] },
  server: { host: '127.0.0.1', port: 0, hmr: { overlay: false } },
  experimental: { bundledDev: mode === '--bundled' },
});
await server.listen();
console.log(server.resolvedUrls?.local[0]);
