import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { Ingest } from '../../../../registry/ingest/ingest.js';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import { site, write, type Files } from '../site.js';
import { installed, page } from './resolved-site.js';

const ESM = { type: 'module' };

async function followed(files: Files) {
  const directory = await site(files);
  const store = await openMemoryStore();
  const packages = { mode: 'development' as const, conditions: ['browser', 'import'] };
  const ingest = new Ingest({
    directory,
    store,
    channel: 'dev',
    filter: DEFAULT_FILTER,
    author: 'ada',
    now: Date.now,
    packages,
  });
  await ingest.scan();
  const paths = ({ manifest }: Awaited<ReturnType<Ingest['scan']>>) =>
    [...manifest.modules.keys()].filter((name) => name.startsWith('npm/') && name.endsWith('.js')).toSorted();
  return {
    directory,
    store,
    ingest,
    save: async (more: Files) => {
      await write(directory, more);
      return paths(await ingest.update(Object.keys(more)));
    },
    scan: async () => paths(await ingest.scan()),
  };
}

const SITE = {
  'index.html': page(`import './main.js';`),
  'main.js': `import 'a';`,
  ...installed('a', { 'index.js': 'export {}' }, ESM),
  ...installed('b', { 'index.js': 'export const x = 1' }, ESM),
  ...installed('c', { 'index.js': 'module.exports = Object.assign({}, { one: 1, two: 2 })' }),
};

it('a save that imports the same names resolves nothing', async () => {
  const { directory, save } = await followed(SITE);
  // What is not read again cannot be noticed.
  await writeFile(path.join(directory, 'node_modules/a/index.js'), `import 'b';`);
  expect(await save({ 'main.js': `/* moved */ import 'a'; export const x = 1;` })).toEqual([
    'npm/a@1.0.0/index.js',
  ]);
});

it('a save that imports another name adds its files, and without it they are gone', async () => {
  const { save, store } = await followed(SITE);
  const both = ['npm/a@1.0.0/index.js', 'npm/b@1.0.0/index.js'];
  expect(await save({ 'main.js': `import 'a'; import 'b';` })).toEqual(both);
  expect(await save({ 'main.js': `import 'b';` })).toEqual(['npm/b@1.0.0/index.js']);
  const manifest = (await store.manifest((await store.head('dev'))!.number))!;
  const hashes = [...manifest.modules.values()].map(({ hash }) => hash);
  expect(await store.missing(hashes)).toEqual([]);
  expect(manifest.importMap).toMatchObject({ imports: { b: './npm/b@1.0.0/index.js' } });
});

it('a save that imports another name of a CommonJS module gets that', async () => {
  const { save, store } = await followed(SITE);
  const source = async () => {
    const { modules } = (await store.manifest((await store.head('dev'))!.number))!;
    const [blob] = await store.blobs([modules.get('npm/c@1.0.0/index.js')!.hash]);
    return Buffer.from(blob!.bytes).toString();
  };
  await save({ 'main.js': `import { one } from 'c';` });
  expect(await source()).not.toMatch(/m\.two|m\["two"\]/);
  await save({ 'main.js': `import { one, two } from 'c';` });
  expect(await source()).toMatch(/m\.two|m\["two"\]/);
});

it('other packages are noticed after they are forgotten', async () => {
  const { directory, ingest, scan } = await followed(SITE);
  await writeFile(path.join(directory, 'node_modules/a/index.js'), `import 'b';`);
  expect(await scan()).toHaveLength(1);
  ingest.forgetPackages();
  expect(await scan()).toHaveLength(2);
});
