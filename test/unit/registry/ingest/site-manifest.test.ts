import { expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import {
  ManifestBuilder,
  checkModuleCount,
  siteManifest,
} from '../../../../registry/ingest/site-manifest.js';
import { LIMITS, type Hash, type Manifest, type ManifestModule } from '../../../../schema/index.js';

const PAGE = '<script type="module" src="a.mjs"></script><script type="module" src="b.mjs"></script>';

const blobs = new Map<Hash, Buffer>();
/** Hashes of the pages that were read. */
let read: Hash[] = [];
const bytesOf = async (hash: Hash) => {
  read.push(hash);
  return blobs.get(hash)!;
};

function modulesOf(texts: Record<string, string>): Map<string, ManifestModule> {
  return new Map(
    Object.entries(texts).map(([path, text]) => {
      const bytes = Buffer.from(text);
      const hash = blake3(bytes);
      blobs.set(hash, bytes);
      const type = path.endsWith('.html') ? 'text/html' : 'text/javascript';
      return [path, { hash, size: bytes.length, type }];
    }),
  );
}

const none = () => Promise.resolve(null);

/** Builds a manifest, and counts the pages that were read for it. */
async function building(
  build: () => Promise<Manifest>,
): Promise<[entries: readonly string[], pages: number]> {
  read = [];
  const { entries } = await build();
  return [entries, read.length];
}

it('takes the entries that exist from the pages', async () => {
  const manifest = await siteManifest(modulesOf({ 'index.html': PAGE, 'b.mjs': '1', 'c.mjs': '1' }), bytesOf);
  expect(manifest.entries).toEqual(['b.mjs']);
});

it('reads each page once, and takes its entries again when the set of paths changes', async () => {
  const builder = new ManifestBuilder();
  const build = (texts: Record<string, string>, pathChanges: number) =>
    building(() => builder.build(modulesOf(texts), pathChanges, none, bytesOf));
  expect(await build({ 'index.html': PAGE, 'a.mjs': '1' }, 1)).toEqual([['a.mjs'], 1]);
  expect(await build({ 'index.html': PAGE, 'a.mjs': '2' }, 1)).toEqual([['a.mjs'], 0]);
  expect(await build({ 'index.html': PAGE, 'a.mjs': '2', 'b.mjs': '1' }, 2)).toEqual([['a.mjs', 'b.mjs'], 0]);
  expect(await build({ 'index.html': '', 'a.mjs': '2', 'b.mjs': '1' }, 2)).toEqual([[], 1]);
  // The former page is not kept.
  expect(await build({ 'index.html': PAGE, 'a.mjs': '2', 'b.mjs': '1' }, 2)).toEqual([['a.mjs', 'b.mjs'], 1]);
});

it('starts from the manifest of the head when it has the same paths and pages', async () => {
  const texts = { 'index.html': PAGE, 'a.mjs': '1' };
  const head = { modules: modulesOf(texts), entries: ['a.mjs'], importMap: null };
  const build = (now: Record<string, string>) =>
    building(() => new ManifestBuilder().build(modulesOf(now), 1, async () => head, bytesOf));
  expect(await build({ ...texts, 'a.mjs': '2' })).toEqual([['a.mjs'], 0]);
  expect(await build({ ...texts, 'index.html': '' })).toEqual([[], 1]);
  expect(await build({ ...texts, 'b.mjs': '1' })).toEqual([['a.mjs', 'b.mjs'], 1]);
  expect(await build({ 'index.html': PAGE, 'b.mjs': '1' })).toEqual([['b.mjs'], 1]);
});

it('does not change when the table changes later', async () => {
  const modules = modulesOf({ 'a.mjs': '1' });
  const manifest = await new ManifestBuilder().build(modules, 1, none, bytesOf);
  modules.clear();
  expect(manifest.modules.size).toBe(1);
});

it('refuses more modules than a manifest may have', () => {
  expect(() => checkModuleCount(LIMITS.manifestModules)).not.toThrow();
  expect(() => checkModuleCount(LIMITS.manifestModules + 1)).toThrow(
    expect.objectContaining({ code: 'manifest-invalid', found: LIMITS.manifestModules + 1 }),
  );
});
