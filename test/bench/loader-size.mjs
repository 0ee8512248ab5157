import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { LOADER_KILOBYTES } from './targets.mjs';

const LOADER = new URL('../../dist/loader/loader.js', import.meta.url);

/** The one script that every page of a site gets first: its size as built, and as it crosses the wire. */
export const loaderSize = {
  name: 'loader',

  async run() {
    const bytes = await readFile(LOADER);
    const compressed = gzipSync(bytes, { level: 9 });
    const kilobytes = (/** @type {Buffer} */ { length }) => length / 1024;
    return [
      {
        title: 'Size of the loader',
        header: ['', 'KB'],
        rows: [
          ['as built', kilobytes(bytes).toFixed(1)],
          ['gzip -9', kilobytes(compressed).toFixed(1)],
        ],
        targets: [
          { what: 'loader, gzip', value: kilobytes(compressed), atMost: LOADER_KILOBYTES, unit: 'KB' },
        ],
        data: { bench: 'loader', bytes: bytes.length, gzip: compressed.length },
      },
    ];
  },
};
