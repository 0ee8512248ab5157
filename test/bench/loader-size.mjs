import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { LOADER_KILOBYTES } from './targets.mjs';

const LOADER = fileURLToPath(new URL('../../dist/loader/loader.js', import.meta.url));

/** @param {string} file */
async function sizeOf(file) {
  const bytes = await readFile(file);
  return { bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}

const kilobytes = (/** @type {number} */ bytes) => bytes / 1024;

/** Size of the loader script that every page gets first: uncompressed and compressed. */
export const loaderSize = {
  name: 'loader',

  /** @param {import('./context.mjs').BenchContext} bench */
  async run({ options }) {
    const own = await sizeOf(LOADER);
    const { baseline } = options;
    const sizes =
      baseline === undefined ? [own] : [own, await sizeOf(path.join(baseline, 'dist/loader/loader.js'))];
    return [
      {
        title: 'Size of the loader (KB)',
        header: ['', 'modcast', ...sizes.slice(1).map(() => 'baseline')],
        rows: [
          ['as built', ...sizes.map(({ bytes }) => kilobytes(bytes).toFixed(1))],
          ['gzip -9', ...sizes.map(({ gzip }) => kilobytes(gzip).toFixed(2))],
        ],
        targets: [{ what: 'loader, gzip', value: kilobytes(own.gzip), atMost: LOADER_KILOBYTES, unit: 'KB' }],
        data: { bench: 'loader', ...own },
      },
    ];
  },
};
