/**
 * `node vite-build.mjs <directory> <output directory>`: Vite's production build of a site, with its defaults,
 * and a compressed copy of each file for nginx's `gzip_static`.
 */
import { build } from 'vite';
import { compressFiles } from '../compress-files.mjs';
import { commonConfig } from './vite-config.mjs';

const [root, outDir] = process.argv.slice(2);
if (root === undefined || outDir === undefined)
  throw new Error('Usage: vite-build.mjs <directory> <output directory>');

await build({
  ...commonConfig(root),
  build: { outDir, emptyOutDir: true, chunkSizeWarningLimit: Infinity, reportCompressedSize: false },
});
await compressFiles(outDir);
