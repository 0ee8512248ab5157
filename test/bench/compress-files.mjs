import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

const gzip = promisify(zlib.gzip);
const COMPRESSIBLE = /\.(?:m?js|css|html|json|svg)$/;

/**
 * Writes `<file>.gz` beside each text file of a directory, which nginx's `gzip_static` sends in its place.
 *
 * @param {string} directory
 * @param {(file: string) => boolean} [skip] by the path from the directory
 */
export async function compressFiles(directory, skip = () => false) {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || !COMPRESSIBLE.test(file) || skip(path.relative(directory, file))) continue;
    await writeFile(`${file}.gz`, await gzip(await readFile(file), { level: 9 }));
  }
}
