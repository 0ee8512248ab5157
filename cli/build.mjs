// Joins the command's modules, and those of some packages, into a few files in `dist/bin`: Node takes half a millisecond
// for each file that it imports, and there are hundreds. `dist/cli` stays what tests and tools import.
import { init, parse } from 'es-module-lexer';
import MagicString from 'magic-string';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const bin = path.join(dist, 'bin');

/** Packages of many files: zod alone has one for each of fifty languages. Others are few, or have native code. */
const JOINED = ['zod', 'parse5', 'entities'];

const isJoined = (id) => JOINED.some((name) => id === name || id.startsWith(`${name}/`));
const isName = (id) => !id.startsWith('.') && !path.isAbsolute(id);

/** Threads of the server. Each is joined as well, and lies beside the bundle that starts it. */
const WORKERS = ['registry/pages/page-worker', 'registry/fuse/fuse-worker'];
const WORKER_PLACE = /new URL\('\.\/[\w-]+-worker\.js', $/;

/**
 * Modules find files and packages beside them. All bundles are in one directory, from where the way to a
 * module's own place is known.
 */
const ownPlaces = {
  name: 'own-places',
  transform(code, id) {
    if (!id.startsWith(dist + path.sep)) return null;
    const place = path.relative(bin, id).replaceAll(path.sep, '/');
    const text = new MagicString(code);
    for (const { type, start, end } of parse(code)[0]) {
      if (type !== 'import-meta' || WORKER_PLACE.test(code.slice(0, start))) continue;
      if (!code.startsWith('.url', end)) throw new Error(`${id}: only import.meta.url works in a bundle`);
      text.update(start, end + 4, `new URL('${place}', import.meta.url).href`);
    }
    return text.hasChanged() ? text.toString() : null;
  },
};

await init();
await rm(bin, { recursive: true, force: true });
const bundle = await rolldown({
  input: Object.fromEntries([
    ['modcast', path.join(dist, 'cli/main.js')],
    ...WORKERS.map((worker) => [path.basename(worker), path.join(dist, `${worker}.js`)]),
  ]),
  platform: 'node',
  external: (id) => isName(id) && !isJoined(id),
  plugins: [ownPlaces],
});
await bundle.write({ dir: bin, format: 'esm', chunkFileNames: '[name]-[hash].js' });
await bundle.close();
const licenses = JOINED.map(async (name) => {
  const text = await readFile(new URL(`../node_modules/${name}/LICENSE`, import.meta.url), 'utf8');
  return `Parts of these files are from ${name}:\n\n${text}`;
});
await writeFile(path.join(bin, 'LICENSES'), (await Promise.all(licenses)).join('\n'));
