/**
 * `node vite-dev.mjs <directory> <cache directory> [--bundled]`: Vite's dev server for a site of plain modules.
 * With `--bundled`, it serves a bundle that it keeps in memory (`experimental.bundledDev`).
 *
 * A site with a `package.json` gets Vite's defaults with the plugin for React. For others, dependency
 * optimisation is off: it bundles packages of node_modules, but there the modules are the site's own sources,
 * which Vite serves one by one.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createServer } from 'vite';
import { reactPlugin } from './react-plugin.mjs';
import { commonConfig } from './vite-config.mjs';

const [root, cacheDir, mode] = process.argv.slice(2);
if (root === undefined || cacheDir === undefined)
  throw new Error('Usage: vite-dev.mjs <directory> <cache directory> [--bundled]');

const isApplication = existsSync(path.join(root, 'package.json'));
const server = await createServer({
  ...commonConfig(root),
  cacheDir,
  ...(isApplication
    ? { plugins: [(await reactPlugin())()] }
    : { optimizeDeps: { noDiscovery: true, include: [] } }),
  server: { host: '127.0.0.1', port: 0, hmr: { overlay: false } },
  experimental: { bundledDev: mode === '--bundled' },
});
await server.listen();
console.log(server.resolvedUrls?.local[0]);
