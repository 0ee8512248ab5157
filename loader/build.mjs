// Bundles the browser's scripts: the guard, which is inline in every page, the loader, and hot reload, which
// the loader adds where the server watches.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

const common = {
  outdir: here('../dist/loader'),
  bundle: true,
  format: 'iife',
  minify: true,
  target: ['es2022'],
  // Otherwise esbuild drops the second argument of import().
  supported: { 'import-attributes': true, 'import-assertions': true },
  logOverride: { 'unsupported-dynamic-import': 'silent' },
};

await Promise.all([
  build({
    ...common,
    entryPoints: { loader: here('main.ts') },
    // The page's scripts may have replaced globals that the loader needs.
    banner: { js: '"use strict";try{' },
    footer: {
      js: '}catch(e){if(!globalThis.__modcast_guard__)throw e;__modcast_guard__.fail("failed: "+e)}',
    },
  }),
  build({ ...common, entryPoints: { hot: here('hot/main.ts') } }),
  build({
    ...common,
    entryPoints: { guard: here('guard/main.ts') },
    // Otherwise errors that it reports for the browser would seem to come from the page.
    footer: { js: '//# sourceURL=modcast/guard.js' },
  }),
]);
