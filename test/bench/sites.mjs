import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeReactSite } from './react-site.mjs';
import { makeWorkerSite } from './worker-site.mjs';

const fromRoot = (/** @type {string} */ name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** The module that the bench edits. The page's main module imports it. */
export const LEAF = 'leaf.mjs';

/**
 * @typedef {object} Site
 * @property {string} title
 * @property {(directory: string) => Promise<void>} make writes all but the leaf into an empty directory
 * @property {boolean} [usesPackages] whether its sources need a server that resolves packages and runs TypeScript
 * @property {boolean} [cannotBundle] whether it computes URLs of its files, which no bundler can follow
 */

/** @type {Record<string, Site>} */
export const SITES = {
  'lodash-es': {
    title: 'lodash-es, 640 modules',
    make: (directory) => makePackageSite(directory, 'lodash-es', reportOf('lodash-es/lodash.js')),
  },
  three: {
    title: 'three src, 387 modules',
    make: (directory) => makePackageSite(directory, 'three/src', reportOf('three/src/Three.js')),
  },
  babylon: {
    title: '@babylonjs/core, 1,707 modules',
    make: (directory) => makePackageSite(directory, '@babylonjs/core', SCENE),
  },
  orrery: { title: 'the example, 65 modules', make: makeOrrery },
  react: {
    title: 'an application in TypeScript with React, 302 modules',
    make: (directory) => makeReactSite(directory, LEAF),
    usesPackages: true,
  },
  worker: {
    title: 'a worker, 40 modules',
    make: (directory) => writePage(directory).then(() => makeWorkerSite(directory, LEAF)),
    cannotBundle: true,
  },
};

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

/** The end of every main module. @param {string} exports an expression, the same for each subject */
const report = (exports) => `
globalThis.boot = { exports: ${exports}, leaf };
performance.mark('booted');
globalThis.bootedAt = performance.now();
`;

/** @param {string} entry */
const reportOf = (entry) => `import * as namespace from './${entry}';
import { leaf } from './${LEAF}';
${report('Object.keys(namespace).length')}`;

/** A scene of one sphere, drawn once without a canvas. The whole namespace is used, so nothing is shaken off. */
const SCENE = `import * as BABYLON from './@babylonjs/core/pure.js';
import { leaf } from './${LEAF}';

const scene = new BABYLON.Scene(new BABYLON.NullEngine());
new BABYLON.FreeCamera('camera', new BABYLON.Vector3(0, 5, -10), scene).setTarget(BABYLON.Vector3.Zero());
new BABYLON.HemisphericLight('light', new BABYLON.Vector3(0, 1, 0), scene);
BABYLON.MeshBuilder.CreateSphere('sphere', { diameter: 2 }, scene);
scene.render();
${report('Object.keys(BABYLON).length')}`;

/** @param {number} revision padded, so that its size changes too: nginx compares seconds and sizes */
const leafModule = (revision) => `export const leaf = ${revision}; //${'.'.repeat(revision % 10)}\n`;

/** @param {string} directory */
const writePage = (directory) => writeFile(path.join(directory, 'index.html'), PAGE);

/**
 * A page and the plain modules of one public package, at their path in it. Files are copied, not linked,
 * because a subject may refuse files outside of its directory.
 *
 * @param {string} directory
 * @param {string} source the package, or a folder in it
 * @param {string} main text of the main module
 */
async function makePackageSite(directory, source, main) {
  await writePage(directory);
  await cp(fromRoot(`node_modules/${source}`), path.join(directory, source), {
    recursive: true,
    filter: (file) => !/\.(?:d\.ts|map|md)$/.test(file),
  });
  await writeFile(path.join(directory, 'main.mjs'), main);
}

/** The example, which boots when its first piece is loaded and shown. @param {string} directory */
async function makeOrrery(directory) {
  await cp(fromRoot('examples/orrery'), directory, {
    recursive: true,
    filter: (file) => !file.endsWith('.modcast'),
  });
  const main = path.join(directory, 'main.mjs');
  const text = await readFile(main, 'utf8');
  await writeFile(
    main,
    `import { leaf } from './${LEAF}';\n${text}${report('Object.keys(globalThis.orrery.parts).length')}`,
  );
}

/**
 * @param {string} name one of SITES
 * @param {string} directory is created
 */
export async function makeSite(name, directory) {
  const site = SITES[name];
  if (site === undefined) throw new Error(`unknown site ${name}`);
  await mkdir(directory, { recursive: true });
  await site.make(directory);
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
