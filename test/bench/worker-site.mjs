import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** How much of each kind the site has: that of a site that runs nearly all its code in a worker. */
const PAGE_MODULES = 20;
const WORKER_MODULES = 40;
const DATA_FILES = 100;
const PIECES = 30;

/** Filler, so that a module has the size of a real one: about 6 KB. */
const body = (/** @type {string} */ name) =>
  Array.from(
    { length: 60 },
    (_, i) =>
      `export const ${name}_${i} = (value) => Math.sin(value * ${i + 1}) + '${name}'.length * ${i}; // a line of code`,
  ).join('\n');

/** @param {number} count @param {(index: number) => string} nameOf */
const each = (count, nameOf) => Array.from({ length: count }, (_, index) => nameOf(index));

/**
 * Writes a site whose page starts a module worker. The worker imports a tree with a cycle, reads its data, and
 * asks for a piece by a computed `import()`. The boot ends there: its message is what the page times.
 *
 * @param {string} directory exists
 * @param {string} leaf the module that both import and the bench edits
 */
export async function makeWorkerSite(directory, leaf) {
  /** @type {Record<string, string>} */
  const files = {};
  /** A binary tree: a module imports two others, as far as there are. */
  const tree = (/** @type {string} */ folder, /** @type {number} */ count) => {
    for (let i = 0; i < count; i++) {
      const imports = [2 * i + 1, 2 * i + 2].filter((child) => child < count);
      const lines = imports.map((child) => `import './m${child}.mjs';`);
      // A cycle, from a leaf to its grandparent.
      if (folder === 'worker' && i === count - 1) lines.push(`import './m${Math.floor((i - 3) / 4)}.mjs';`);
      files[`${folder}/m${i}.mjs`] = `${lines.join('\n')}\n${body(`${folder}${i}`)}\n`;
    }
  };
  tree('page', PAGE_MODULES);
  tree('worker', WORKER_MODULES);
  for (const i of each(DATA_FILES, String)) {
    files[`data/d${i}.json`] = JSON.stringify({
      index: Number(i),
      values: each(40, (k) => `value ${k} of ${i}`),
    });
  }
  for (const i of each(PIECES, String)) {
    files[`pieces/p${i}.mjs`] =
      `import '../worker/m1.mjs';\nexport const piece = ${i};\n${body(`piece${i}`)}\n`;
  }
  files['gain.mjs'] =
    `registerProcessor('gain', class extends AudioWorkletProcessor { process() { return true; } });\n`;
  files['worker.mjs'] = `import './worker/m0.mjs';
import { leaf } from './${leaf}';
const names = ${JSON.stringify(each(DATA_FILES, (i) => `data/d${i}.json`))};
const data = await Promise.all(names.map(async (name) => (await fetch(new URL(name, import.meta.url))).json()));
const asked = import(new URL('pieces/p' + (data.length % ${PIECES}) + '.mjs', import.meta.url).href);
postMessage({ exports: data.length, leaf });
await asked;
`;
  files['main.mjs'] = `import './page/m0.mjs';
import { leaf } from './${leaf}';
const worker = (globalThis.worker = new Worker(new URL('worker.mjs', import.meta.url), { type: 'module' }));
worker.onmessage = ({ data }) => {
  if (data.leaf !== leaf) throw new Error('the page and its worker run other versions');
  globalThis.boot = data;
  globalThis.bootedAt = performance.now();
};
`;
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), text);
  }
}
