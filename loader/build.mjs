// Bundles the loader into one classic script for every page, and hot reload into another, which the loader
// adds where the server watches.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

await build({
  entryPoints: { loader: here('main.ts'), hot: here('hot/main.ts') },
  outdir: here('../dist/loader'),
  bundle: true,
  format: 'iife',
  minify: true,
  target: ['es2022'],
  // Otherwise esbuild drops the second argument of import().
  supported: { 'import-attributes': true, 'import-assertions': true },
  logOverride: { 'unsupported-dynamic-import': 'silent' },
});
