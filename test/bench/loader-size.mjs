import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { LOADER_KILOBYTES } from './targets.mjs';

const BUILT = fileURLToPath(new URL('../../dist/loader/', import.meta.url));

/** Of single modules, and of joined ones. */
const LOADERS = ['loader.js', 'fused-loader.js'];

/** @param {string} file */
async function sizeOf(file) {
  const bytes = await readFile(file);
  return { bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}

const kilobytes = (/** @type {number} */ bytes) => bytes / 1024;

/** Size of the two loaders, of which every page gets one first: uncompressed and compressed. */
export const loaderSize = {
  name: 'loader',

  /** @param {import('./context.mjs').BenchContext} bench */
  async run({ options }) {
    const { baseline } = options;
    const folders = [BUILT, ...(baseline === undefined ? [] : [path.join(baseline, 'dist/loader')])];
    const sizes = await Promise.all(
      folders.flatMap((folder) => LOADERS.map((name) => sizeOf(path.join(folder, name)))),
    );
    const own = sizes.slice(0, LOADERS.length);
    const of = folders.flatMap((_, at) => LOADERS.map((name) => (at === 0 ? name : `${name}, baseline`)));
    return [
      {
        title: 'Size of the loader (KB)',
        header: ['', ...of],
        rows: [
          ['as built', ...sizes.map(({ bytes }) => kilobytes(bytes).toFixed(1))],
          ['gzip -9', ...sizes.map(({ gzip }) => kilobytes(gzip).toFixed(2))],
        ],
        targets: LOADERS.map((name, at) => ({
          what: `${name}, gzip`,
          value: kilobytes(own[at]?.gzip ?? Infinity),
          atMost: LOADER_KILOBYTES,
          unit: 'KB',
        })),
        data: { bench: 'loader', ...Object.fromEntries(LOADERS.map((name, at) => [name, own[at]])) },
      },
    ];
  },
};
