import { existsSync, readFileSync, readdirSync, symlinkSync, mkdirSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exportDeploy, exportStatic } from '../../../../registry/export/index.js';
import { manifestBlobs } from '../../../../registry/export/export-deploy.js';
import { EMPTY_MANIFEST, REGISTRY_PLACEHOLDER } from '../../../../schema/index.js';
import { writeFiles } from '../../../../registry/export/write-files.js';
import { openSqliteStore, type Store } from '../../../../registry/index.js';
import { blobOf, deployOf, moduleOf, publish } from '../../../contract/store-fixture.js';
import { temporaryDirectory } from '../store/temporary.js';

const at = temporaryDirectory();
let store: Store;

beforeEach(async () => {
  store = await openSqliteStore(at('a.db'));
});
afterEach(() => store.close());

const run = (directory: string, rest: { deploy?: number; force?: boolean } = {}) =>
  exportDeploy({ store, deploy: 1, directory: at(directory), force: false, ...rest });

function filesOf(directory: string): Record<string, string> {
  const files = readdirSync(at(directory), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      return [path.relative(at(directory), file), readFileSync(file, 'utf8')];
    }),
  );
}

/** Names next to the database. No temporary files must be left. */
const left = (): string[] => readdirSync(at()).filter((name) => !name.startsWith('a.db'));

test('a static export carries the registry’s identity, the same one each time', async () => {
  const html = '<title>x</title><script type=module src=a.mjs></script>';
  await store.putBlobs([blobOf(html)]);
  const modules = new Map([['index.html', moduleOf(html, 'text/html')]]);
  await store.commit(deployOf({ ...EMPTY_MANIFEST, modules }));
  const loader = () => Promise.resolve(new TextEncoder().encode(`"${REGISTRY_PLACEHOLDER}"`));
  const options = { store, deploy: 1, force: false, base: '/', assets: null, loader };
  const identity = await store.identity();
  for (const directory of ['one', 'two']) {
    await exportStatic({ ...options, directory: at(directory) });
    const files = filesOf(directory);
    expect(files['-/loader.js']).toBe(`"${identity}"`);
    expect(files['index.html']).toContain(`data-registry="${identity}"`);
  }
});

test('the linked modules of a static export import each other below its base', async () => {
  const source = `import './b.mjs'; import '/other.mjs'; import 'bare'; import('./' + name); import.meta.url;`;
  const blob = blobOf(source);
  await store.putBlobs([blob]);
  const modules = new Map([['lib/ä b.mjs', moduleOf(source)]]);
  await store.commit(deployOf({ ...EMPTY_MANIFEST, modules }));
  const loader = () => Promise.resolve(new Uint8Array());
  const options = { store, deploy: 1, force: false, assets: null, loader };
  for (const base of ['/', '/deep/er/']) {
    await exportStatic({ ...options, base, directory: at(`at${base}`) });
    const linked = filesOf(`at${base}`)[`-/modules/${blob.hash}/lib/ä b.mjs`]!;
    const own = `${base}lib/%C3%A4%20b.mjs`;
    // The page's author wrote what begins with a slash for the whole host.
    expect(linked).toContain(`import "${base}lib/b.mjs"; import "/other.mjs"; import 'bare';`);
    expect(linked).toContain(`return ${JSON.stringify(own)} + u.replace`);
    expect(linked).toContain(`//# sourceURL=${own}`);
  }
});

test('a static export has each asset once, at its path', async () => {
  const html = '<title>x</title><script type=module src=a.mjs></script>';
  const png = 'not really an image';
  await store.putBlobs([blobOf(html, null), blobOf('export {}'), blobOf(png, null)]);
  const modules = new Map([
    ['index.html', moduleOf(html, 'text/html')],
    ['a.mjs', moduleOf('export {}')],
    ['img/a.png', moduleOf(png, 'image/png')],
    ['img/b.png', moduleOf(png, 'image/png')],
  ]);
  const { deploy } = await store.commit(deployOf({ ...EMPTY_MANIFEST, modules, entries: ['a.mjs'] }));
  const loader = () => Promise.resolve(new Uint8Array());
  const assets = at('assets');
  mkdirSync(path.join(assets, 'img'), { recursive: true });
  writeFileSync(path.join(assets, 'img/a.png'), 'another one');
  writeFileSync(path.join(assets, 'more.txt'), 'more');
  const options = { store, deploy: 1, force: false, base: '/', assets, loader };
  const { files: count } = await exportStatic({ ...options, directory: at('out') });
  const files = filesOf('out');
  const a = moduleOf('export {}').hash;
  expect(Object.keys(files).toSorted()).toEqual(
    [
      `-/blobs/${a}`,
      `-/blobs/${moduleOf(html).hash}`,
      '-/channels/dev/head.json',
      '-/channels/dev/manifest.json',
      '-/deploys/1/at/a.mjs',
      '-/deploys/1/at/index.html',
      '-/deploys/1/manifest.json',
      '-/loader.js',
      `-/modules/${a}/a.mjs`,
      `-/packs/${deploy.manifest}.pack`,
      'a.mjs',
      'img/a.png',
      'img/b.png',
      'index.html',
      'more.txt',
    ].toSorted(),
  );
  expect(count).toBe(15);
  // The deploy's own one, not that of the directory.
  expect([files['img/a.png'], files['img/b.png'], files['more.txt']]).toEqual([png, png, 'more']);
  expect(files[`-/packs/${deploy.manifest}.pack`]).not.toContain(png);
});

describe('exporting a deploy', () => {
  test('writes the files as they were in that deploy', async () => {
    await publish(store, [
      ['a.mjs', 'one'],
      ['lib/deep/ä.mjs', 'two'],
      ['copy.mjs', 'one'],
    ]);
    await publish(store, [['a.mjs', 'later']]);
    expect(await run('out')).toMatchObject({ files: 3, bytes: 9, deploy: { number: 1 } });
    expect(filesOf('out')).toEqual({ 'a.mjs': 'one', 'lib/deep/ä.mjs': 'two', 'copy.mjs': 'one' });
    await run('new/place/out', { deploy: 2 });
    expect(filesOf('new/place/out')).toEqual({ 'a.mjs': 'later' });
    expect(left().toSorted()).toEqual(['new', 'out']);
  });

  test('accepts an empty directory, and an empty deploy', async () => {
    await publish(store, []);
    mkdirSync(at('out'));
    await run('out');
    expect(filesOf('out')).toEqual({});
  });

  test('refuses a directory that is not empty; with force, other files stay', async () => {
    await publish(store, [
      ['a.mjs', 'new'],
      ['lib/b.mjs', 'b'],
    ]);
    mkdirSync(at('out'));
    writeFileSync(at('out/a.mjs'), 'old');
    writeFileSync(at('out/notes.txt'), 'mine');
    await expect(run('out')).rejects.toMatchObject({ code: 'export-occupied' });
    expect(filesOf('out')).toEqual({ 'a.mjs': 'old', 'notes.txt': 'mine' });
    await run('out', { force: true });
    expect(filesOf('out')).toEqual({ 'a.mjs': 'new', 'lib/b.mjs': 'b', 'notes.txt': 'mine' });
    expect(left()).toEqual(['out']);
  });

  test('does not write through a link out of the directory', async () => {
    await publish(store, [['lib/b.mjs', 'b']]);
    mkdirSync(at('elsewhere'));
    mkdirSync(at('out'));
    symlinkSync(at('elsewhere'), at('out/lib'));
    await expect(run('out', { force: true })).rejects.toMatchObject({ code: 'export-occupied' });
    expect(filesOf('elsewhere')).toEqual({});
  });

  test('replaces a link instead of writing to its target', async () => {
    await publish(store, [['b.mjs', 'b']]);
    writeFileSync(at('victim'), 'untouched');
    mkdirSync(at('out'));
    symlinkSync(at('victim'), at('out/b.mjs'));
    await run('out', { force: true });
    expect(readFileSync(at('victim'), 'utf8')).toBe('untouched');
    expect(filesOf('out')).toEqual({ 'b.mjs': 'b' });
  });

  test('reports a directory or a file that is in the way', async () => {
    await publish(store, [['b.mjs', 'b']]);
    mkdirSync(at('out/b.mjs'), { recursive: true });
    await expect(run('out', { force: true })).rejects.toMatchObject({ code: 'export-occupied' });
    writeFileSync(at('file'), '');
    await expect(run('file')).rejects.toMatchObject({ code: 'export-occupied' });
  });

  test('writes nothing when a blob is damaged', async () => {
    await publish(store, [
      ['a.mjs', 'aa'],
      ['b.mjs', 'bb'],
    ]);
    const db = new Database(at('a.db'));
    db.exec(`UPDATE content SET bytes = x'0000' WHERE blob_id = 2`);
    db.close();
    await expect(run('out')).rejects.toMatchObject({
      code: 'blob-damaged',
      message: expect.stringContaining('b.mjs'),
    });
    expect(left()).toEqual([]);
  });

  test.each(['../out.mjs', 'lib/../../out.mjs', '/etc/out.mjs', 'a\\..\\out.mjs'])(
    'refuses the path %s, which a manifest of another making may have',
    async (name) => {
      await publish(store, [['x.mjs', 'x']]);
      const db = new Database(at('a.db'));
      db.prepare('UPDATE path SET path = ?').run(name);
      db.close();
      await expect(run('deep/out')).rejects.toMatchObject({ code: 'path-invalid' });
      expect(existsSync(at('deep'))).toBe(false);
    },
  );

  test.each(['.git/config', 'lib/.env.mjs'])('dot paths: never writes %s', async (name) => {
    await publish(store, [
      ['a.mjs', 'a'],
      [name, 'x'],
    ]);
    await expect(run('out')).rejects.toMatchObject({ code: 'path-invalid', found: name });
    expect(existsSync(at('out'))).toBe(false);
  });

  test('links-bit-flip: finds the links in the bytes again', async () => {
    const right = blobOf('import "./a.mjs";');
    await publish(store, [['b.mjs', 'import "./a.mjs";']]);
    await store.repairBlob({ ...right, links: { state: 'linked', list: [] } });
    const found = [];
    for await (const { blob } of manifestBlobs(store, (await store.manifest(1))!)) found.push(blob);
    expect(found).toEqual([right]);
  });

  test('rejects an unknown deploy', async () => {
    await expect(run('out', { deploy: 7 })).rejects.toMatchObject({ code: 'deploy-unknown', found: 7 });
  });

  test('writes paths that differ only in case if the file system distinguishes them', async () => {
    await publish(store, [
      ['a.mjs', 'small'],
      ['A.mjs', 'large'],
    ]);
    await run('out');
    expect(filesOf('out')).toEqual({ 'a.mjs': 'small', 'A.mjs': 'large' });
  });
});

describe('writing files', () => {
  const write = (paths: string[], foldsCase: () => Promise<boolean>) =>
    writeFiles({
      directory: at('out'),
      paths,
      force: false,
      foldsCase,
      files: async (put) => {
        for (const name of paths) await put(name, new Uint8Array());
      },
    });

  test.each(['a\\b.mjs', '\\x.mjs', 'C:/x.mjs', 'a.mjs::$DATA', 'a. /b.mjs', 'nul.mjs', 'a?.mjs'])(
    'refuses %s on Windows, and writes it elsewhere',
    async (name) => {
      const options = {
        directory: at('out'),
        paths: ['a.mjs', name],
        force: false,
        files: async (put: (name: string, bytes: Uint8Array) => Promise<void>) => {
          for (const one of ['a.mjs', name]) await put(one, new Uint8Array());
        },
      };
      await expect(writeFiles({ ...options, isWindows: true })).rejects.toMatchObject({
        code: 'path-invalid',
        found: name,
      });
      expect(existsSync(at('out'))).toBe(false);
      await writeFiles({ ...options, isWindows: false });
      expect(existsSync(at(`out/${name}`))).toBe(true);
    },
  );

  test('refuses paths that differ only in case if the file system ignores case, before it writes', async () => {
    const insensitive = async () => true;
    await expect(write(['lib/Disk.mjs', 'lib/disk.mjs'], insensitive)).rejects.toMatchObject({
      code: 'export-collision',
      found: ['lib/Disk.mjs', 'lib/disk.mjs'],
    });
    await expect(write(['ÄRA.mjs', 'ära.mjs'], insensitive)).rejects.toMatchObject({
      code: 'export-collision',
    });
    await expect(write(['Lib', 'lib/a.mjs'], insensitive)).rejects.toMatchObject({
      code: 'export-collision',
    });
    expect(existsSync(at('out'))).toBe(false);
    await write(['Lib/a.mjs', 'lib/b.mjs'], insensitive);
  });

  test('refuses a name that is both a file and a directory', async () => {
    await expect(write(['lib', 'lib/a.mjs'], async () => false)).rejects.toMatchObject({
      code: 'export-collision',
      found: ['lib', 'lib/a.mjs'],
    });
  });
});
