import { cp, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeWorkerSite } from './worker-site.mjs';

const packages = fileURLToPath(new URL('../../node_modules/', import.meta.url));

/**
 * Each site is a page and the plain modules of one public package. `source` is copied to the same path in the
 * site. `worker` is made up: its page does little, and its worker the rest.
 *
 * @type {Record<string, { source: string, entry: string } | null>}
 */
export const SITES = {
  'lodash-es': { source: 'lodash-es', entry: 'lodash-es/lodash.js' },
  three: { source: 'three/src', entry: 'three/src/Three.js' },
  worker: null,
};

/** The module that the bench edits. The page's main module imports it. */
export const LEAF = 'leaf.mjs';

// The empty icon avoids a failing request for /favicon.ico.
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>modcast bench</title>
    <link rel="icon" href="data:," />
    <script type="module" src="./main.mjs"></script>
  </head>
  <body></body>
</html>
`;

/** @param {string} entry */
const mainModule = (entry) => `import * as namespace from './${entry}';
import { leaf } from './${LEAF}';

globalThis.boot = { exports: Object.keys(namespace).length, leaf };
performance.mark('booted');
globalThis.bootedAt = performance.now();
`;

/** @param {number} revision */
const leafModule = (revision) => `export const leaf = ${revision};\n`;

/**
 * Copies the files instead of linking them, because a subject may refuse files outside of its directory.
 *
 * @param {string} name one of SITES
 * @param {string} directory is created
 */
export async function makeSite(name, directory) {
  const site = SITES[name];
  if (site === undefined) throw new Error(`unknown site ${name}`);
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'index.html'), PAGE);
  if (site === null) await makeWorkerSite(directory, LEAF);
  else {
    await cp(path.join(packages, site.source), path.join(directory, site.source), { recursive: true });
    await writeFile(path.join(directory, 'main.mjs'), mainModule(site.entry));
  }
  await writeFile(path.join(directory, LEAF), leafModule(0));
}

/**
 * Writes a temporary file and renames it, so that no watcher sees half of the file.
 *
 * @param {string} directory the site's
 * @param {number} revision the new value that the leaf exports
 */
export async function editLeaf(directory, revision) {
  const draft = `${directory}.leaf`;
  await writeFile(draft, leafModule(revision));
  await rename(draft, path.join(directory, LEAF));
}
