// Bundles the loader into the one classic script that pages load, and hot reload into the one that it loads itself where
// the server watches.
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
  // Otherwise esbuild drops the options of an import() that the page's own code passes on.
  supported: { 'import-attributes': true, 'import-assertions': true },
  logOverride: { 'unsupported-dynamic-import': 'silent' },
});
