// Bundles the browser's scripts: the guard, which is inline in the server's pages, the loader, what the loader
// adds where the server watches or offers offline use, the runtime of workers, without hot reload and with it,
// and the service worker.
//
// There are two loaders, each small enough for a first visit. One runs in all pages, also in those without a
// guard, and knows single modules only. The other knows runs as well, and needs the guard of its page.
import { build } from 'esbuild';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';
import { freeNames } from './free-names.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/**
 * Writes a bundle to `dist/loader/<name>.js`. esbuild joins the modules; terser makes them 5 % smaller still,
 * compressed.
 *
 * @param before text that the bundle starts with
 * @param after text that it ends with
 * @param comment its last line, not minified
 * @param wrap changes the text of the bundle
 * @param plugins for esbuild
 * @param define globals that esbuild replaces
 */
async function bundle(
  name,
  entry,
  { before = '', after = '', comment = '', wrap, plugins = [], define = { globalThis: 'window' } } = {},
) {
  const { outputFiles } = await build({
    entryPoints: { [name]: here(entry) },
    outdir: here('../dist/loader'),
    write: false,
    bundle: true,
    format: 'iife',
    minify: true,
    // A page may replace globalThis, and old browsers do not have it. A worker has no window.
    define,
    target: ['es2022'],
    plugins: [...plugins, withoutWarnings],
    banner: { js: before },
    footer: { js: after },
    // Otherwise esbuild drops the second argument of import().
    supported: { 'import-attributes': true, 'import-assertions': true },
    logOverride: { 'unsupported-dynamic-import': 'silent' },
  });
  const [{ path, text }] = outputFiles;
  const format = { ascii_only: true };
  const { code } = await minify(wrap?.(text) ?? text, { ecma: 2022, compress: { passes: 3 }, format });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${code}${comment}\n`);
}

/** When the loader runs, the page's scripts may have replaced what it would keep. The guard has kept it. */
const withoutNatives = changed(/natives\.ts$/, () => 'export const withNatives = (work) => work();');

/** A browser warns of its page's import map by itself. */
const withoutWarnings = changed(
  /import-map-warnings\.ts$/,
  () => "export const importMapWarning = () => '';",
);

/** Servers that join no modules need a loader that knows single modules only. It is a tenth smaller. */
const WITHOUT_RUNS = {
  'fused-modules': 'export class FusedModules {}',
  'fused-imports': 'export class FusedImports {}',
  'run-targets': 'export class RunTargets {}',
  'read-fusion': 'export const readFusion = () => undefined; export const derivedHashes = () => [];',
  'run-direct': 'export const runDirect = async () => {};',
  'run-positions':
    'export const withoutRuns = (root, text) => text; export const correctRunPlace = () => {};',
  digests: 'export const withDigests = async (records) => records;',
};
const withoutRuns = Object.entries(WITHOUT_RUNS).map(([name, text]) =>
  changed(new RegExp(`/${name}\\.ts$`), () => text),
);

/** A tenth of the loader. */
const withoutGuard = changed(/own-guard\.ts$/, () => 'export const ownGuard = () => undefined;');

function changed(filter, change) {
  return {
    name: 'changed',
    setup({ onLoad }) {
      onLoad({ filter }, async ({ path }) => ({
        contents: change(await readFile(path, 'utf8')),
        loader: 'ts',
      }));
    },
  };
}

/** Cannot be redeclared by a page. */
const UNFORGEABLE = new Set(['document', 'location', 'window']);

/**
 * The guard reads its globals when it starts, as the page's first script: scripts of the page may replace
 * them, or declare the same names. Where it cannot start, it leaves the page to the browser. The page should
 * find only the scripts that its author wrote.
 */
function withOwnGlobals(text) {
  const names = freeNames(text)
    .globals.filter((name) => !UNFORGEABLE.has(name))
    .join();
  const read = 'n=>{if(window[n]===void 0)throw{message:"the browser has no "+n};return window[n]}';
  const body = `"use strict";const[${names}]="${names}".split(",").map(${read});${text}`;
  const leave =
    'window.__modcast_guard__=null;window.Object?.defineProperty(window,"__modcast_guard__",{enumerable:!1});console.info("modcast: this page runs without modcast: "+e.message)';
  return `try{(()=>{${body}})()}catch(e){${leave}}finally{document.currentScript.remove()}`;
}

/**
 * What the loader takes from the guard as it was before the page's scripts, which may wrap or remove it: what
 * they could count calls of, and what a boot fails without. In the loader, local names stand for it.
 */
const KEPT =
  'fetch,WebSocket,Blob,indexedDB,crypto,TextEncoder,TextDecoder,setTimeout,clearTimeout,JSON.parse,JSON.stringify,URL.createObjectURL,URL.revokeObjectURL';
const keptNames = KEPT.split(',').map((name) => [name, `kept_${name.replace('.', '_')}`]);
const kept = Object.fromEntries([...keptNames, ['globalThis.crypto', 'kept_crypto']]);
// A browser may have no indexedDB, or forbid it.
const fromPage = `"${KEPT}".split(",").map(n=>{try{return n.split(".").reduce((o,k)=>o[k],window)}catch{}})`;
const fromGuard = `const[${keptNames.map(([, local]) => local).join()}]=window.__modcast_guard__?.kept||${fromPage}`;

// The page's scripts may have replaced other globals that the loader needs.
const LOADER = {
  plugins: [withoutNatives],
  define: { globalThis: 'window', ...kept },
  before: `"use strict";try{${fromGuard};`,
  after: '}catch(e){if(!window.__modcast_guard__?.fail)throw e;__modcast_guard__.fail("failed: "+e)}',
};

await Promise.all([
  bundle('loader', 'main.ts', { ...LOADER, plugins: [...LOADER.plugins, ...withoutRuns] }),
  bundle('fused-loader', 'main.ts', { ...LOADER, plugins: [...LOADER.plugins, withoutGuard] }),
  bundle('hot', 'hot/main.ts'),
  bundle('worker', 'workers/main.ts', { define: {} }),
  bundle('offline-page', 'offline/main.ts'),
  bundle('offline', 'service-worker/main.ts', { define: {} }),
  bundle('worker-hot', 'workers/hot/main.ts', { define: {} }),
  bundle('direct-fallback', 'direct/fallback.ts'),
  bundle('direct', 'direct/starter.ts', {
    plugins: [withoutNatives],
    define: { globalThis: 'window', KEPT: JSON.stringify(KEPT) },
    comment: '\n//# sourceURL=modcast/direct.js',
  }),
  // Otherwise errors that it reports for the browser would seem to come from the page.
  bundle('guard', 'guard/main.ts', {
    define: { globalThis: 'window', KEPT: JSON.stringify(KEPT) },
    wrap: withOwnGlobals,
    comment: '\n//# sourceURL=modcast/guard.js',
  }),
]);
