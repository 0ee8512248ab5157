// Bundles the loader into the one classic script that pages load.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

await build({
  entryPoints: [here('main.ts')],
  outfile: here('../dist/loader/loader.js'),
  bundle: true,
  format: 'iife',
  minify: true,
  target: ['es2022'],
  // Otherwise esbuild drops the options of an import() that the page's own code passes on.
  supported: { 'import-attributes': true, 'import-assertions': true },
  logOverride: { 'unsupported-dynamic-import': 'silent' },
});
