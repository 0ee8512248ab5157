import { mkdir, rename, rm, symlink, unlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { blake3 } from '../../../../registry/hash.js';
import { Ingest } from '../../../../registry/ingest/ingest.js';
import { EMPTY_MS } from '../../../../registry/ingest/read-file.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import { openSqliteStore } from '../../../../registry/store/sqlite.js';
import type { Store } from '../../../../registry/store/store.js';
import { ModcastError, manifestBytes } from '../../../../schema/index.js';
import { SITE, later, site, temporary, write, type Files } from '../site.js';

let store: Store;
beforeEach(async () => {
  store = await openMemoryStore();
});

/** How often an update read files that were not reported to it. */
let unreported = 0;

const over = (directory: string, into: Store = store, filter = DEFAULT_FILTER) =>
  new Ingest({
    directory,
    store: into,
    channel: 'dev',
    filter,
    author: 'ada',
    now: () => 1000,
    onUnreported: () => unreported++,
  });

/** Creates files that were written long ago, like most files of a site. */
async function old(files: Files): Promise<string> {
  const directory = await site(files);
  for (const name of Object.keys(files)) await utimes(path.join(directory, name), 1000, 1000);
  return directory;
}

const names = (manifest: { modules: ReadonlyMap<string, unknown> }) =>
  [...manifest.modules.keys()].toSorted();

describe('a scan', () => {
  it('stores each module as it is, and makes one deploy of them', async () => {
    const directory = await site(SITE);
    const { deploy, created, manifest, problems, read } = await over(directory).scan();
    expect(names(manifest)).toEqual(['data.json', 'index.html', 'lib/leaf.js', 'main.js']);
    expect(manifest.entries).toEqual(['main.js']);
    expect({ created, problems, read }).toEqual({ created: true, problems: [], read: 4 });
    expect(deploy).toMatchObject({ number: 1, channel: 'dev', author: 'ada', time: 1000, parent: null });
    expect(deploy.manifest).toBe(blake3(manifestBytes(manifest)));
    for (const [name, { hash, size }] of manifest.modules) {
      const [blob] = await store.blobs([hash]);
      expect(Buffer.from(blob!.bytes).toString()).toBe(SITE[name]);
      expect(size).toBe(blob!.bytes.length);
    }
  });

  it('has the git commit; an update after it does not', async () => {
    const directory = await site(SITE);
    const options = {
      directory,
      store,
      channel: 'dev',
      filter: DEFAULT_FILTER,
      author: 'ada',
      now: () => 1000,
    };
    const ingest = new Ingest({ ...options, commit: async () => 'c0ffee' });
    expect((await ingest.scan()).deploy.commit).toBe('c0ffee');
    await write(directory, { 'main.js': 'changed' });
    expect((await ingest.update(['main.js'])).deploy).toMatchObject({ number: 2, commit: null });
  });

  it('makes no deploy when nothing has changed', async () => {
    const directory = await site(SITE);
    await over(directory).scan();
    expect(await over(directory).scan()).toMatchObject({ created: false, deploy: { number: 1 } });
  });

  it('accepts an empty directory, an empty file, and bytes that are not text', async () => {
    const directory = await temporary();
    expect((await over(directory).scan()).manifest.modules.size).toBe(0);
    const bytes = new Uint8Array([0xff, 0xfe, 0x00, 0x41]);
    await write(directory, { 'empty.js': '', 'empty.json': '', 'binary.js': bytes, 'latin.css': bytes });
    const { manifest, problems } = await over(directory).scan();
    expect(names(manifest)).toEqual(['binary.js', 'empty.js', 'empty.json', 'latin.css']);
    const { hash } = manifest.modules.get('binary.js')!;
    expect(new Uint8Array((await store.blobs([hash]))[0]!.bytes)).toEqual(bytes);
    expect(problems.map((problem) => [problem.path, problem.kind]).toSorted()).toEqual([
      ['binary.js', 'syntax'],
      ['empty.json', 'syntax'],
    ]);
  });

  it('stores a module that does not parse without links, and reports the place', async () => {
    const directory = await site({
      'bad.js': 'import "./x.js";\n\nconst = 1;\n',
      'bad.json': '{\n"a": }',
      'x.js': '',
    });
    const { manifest, problems } = await over(directory).scan();
    expect(problems.find((problem) => problem.path === 'bad.js')).toMatchObject({
      kind: 'syntax',
      severity: 'error',
      line: 3,
      column: 7,
    });
    expect(problems.find((problem) => problem.path === 'bad.json')).toMatchObject({
      kind: 'syntax',
      severity: 'error',
      line: 2,
    });
    const { hash } = manifest.modules.get('bad.js')!;
    expect((await store.links([hash])).get(hash)).toEqual({ state: 'unparsed', list: [] });
  });

  it('reports syntax errors at every start, until the file is fixed', async () => {
    const directory = await old({ 'bad.js': 'const = 1;', 'bad.json': '{', 'good.js': '1' });
    await over(directory).scan();
    const again = over(directory);
    expect((await again.scan()).problems).toHaveLength(2);
    await write(directory, { 'bad.js': 'const a = 1;', 'bad.json': '{}' });
    expect((await again.update(['bad.js'])).problems).toHaveLength(1);
    expect((await again.update(['bad.json'])).problems).toEqual([]);
  });

  it('leaves out files that it cannot store, with reasons, and stores the rest', async () => {
    const outside = await temporary();
    await write(outside, { 'x.js': 'secret' });
    const directory = await site({
      ...SITE,
      'e\u0301.js': '',
      '.hidden.js': '',
      'node_modules/x/index.js': '',
    });
    await symlink(path.join(outside, 'x.js'), path.join(directory, 'link.js'));
    await symlink('loop.js', path.join(directory, 'loop.js'));
    await symlink('.', path.join(directory, 'cycle'));
    await mkdir(path.join(directory, 'dir.js'));
    const { manifest, problems } = await over(directory).scan();
    expect(names(manifest)).toEqual(['data.json', 'index.html', 'lib/leaf.js', 'main.js']);
    expect(problems.map((problem) => [problem.path, problem.message]).toSorted()).toEqual([
      ['e\u0301.js', 'it is not in Unicode normal form C'],
      ['link.js', 'it is a link to a place outside the directory'],
      ['loop.js', 'its symbolic links form a cycle (ELOOP)'],
    ]);
  });

  it('uses the given globs', async () => {
    const directory = await site({ 'a.js': '1', 'b.txt': '2', 'old/c.js': '3' });
    const { manifest } = await over(directory, store, { include: ['**/*'], exclude: ['old/**'] }).scan();
    expect(names(manifest)).toEqual(['a.js', 'b.txt']);
  });

  it('stores blobs in batches when they have more than 64 MiB, under a lease', async () => {
    const directory = await site({
      'a.css': Buffer.alloc(33 << 20, 32),
      'b.css': Buffer.alloc(33 << 20, 33),
    });
    await write(directory, { 'c.css': '1' });
    const calls: [string, number][] = [];
    const { lease, putBlobs, commit } = store;
    store.lease = (hashes, ...rest) => (calls.push(['lease', hashes.length]), lease(hashes, ...rest));
    store.putBlobs = (blobs) => (calls.push(['put', blobs.length]), putBlobs(blobs));
    store.commit = (deploy) => (calls.push(['commit', deploy.blobs!.length]), commit(deploy));
    expect((await over(directory).scan()).manifest.modules.size).toBe(3);
    const stored = calls.filter(([, count]) => count > 0);
    expect(stored.map(([name]) => name)).toEqual(['lease', 'put', 'commit']);
    expect(stored[1]![1] + stored[2]![1]).toBe(3);
    expect(stored[0]![1]).toBe(stored[1]![1]);
  });
});

describe('the next start', () => {
  it('does not open unchanged files, and loses nothing', async () => {
    const directory = await old(SITE);
    const file = path.join(await temporary(), 'registry.db');
    const first = await openSqliteStore(file);
    const before = await over(directory, first).scan();
    const blobs = await first.blobs([...before.manifest.modules.values()].map(({ hash }) => hash));
    await first.close();

    const second = await openSqliteStore(file);
    later(() => second.close());
    const after = await over(directory, second).scan();
    expect([before.read, after.read, after.created]).toEqual([4, 0, false]);
    expect(after.deploy).toEqual(before.deploy);
    expect(Buffer.from(manifestBytes(after.manifest))).toEqual(Buffer.from(manifestBytes(before.manifest)));
    expect(await second.blobs(blobs.map(({ hash }) => hash))).toEqual(blobs);
  });

  it('reads files that changed since the last run, even with the same size and time', async () => {
    const directory = await old({ 'a.js': '1111', 'b.js': '2222', 'c.js': '3333', 'd.js': '4444' });
    await over(directory).scan();
    await write(directory, { 'a.js': '11111', new: '2223' });
    // A rename puts another file in its place.
    await rename(path.join(directory, 'new'), path.join(directory, 'b.js'));
    await utimes(path.join(directory, 'b.js'), 1000, 1000);
    await unlink(path.join(directory, 'd.js'));
    const { manifest, read } = await over(directory).scan();
    expect(read).toBe(2);
    expect(names(manifest)).toEqual(['a.js', 'b.js', 'c.js']);
    expect(manifest.modules.get('b.js')!.hash).toBe(blake3(Buffer.from('2223')));
  });

  it('notices new content of the same size and time that was written right after the first read', async () => {
    const directory = await site({ 'a.js': '1111' });
    const file = path.join(directory, 'a.js');
    // A time in the future: the next write may get the same one.
    const time = new Date(Date.now() + 60_000);
    await utimes(file, time, time);
    await over(directory).scan();
    await write(directory, { 'a.js': '2222' });
    await utimes(file, time, time);
    expect((await over(directory).scan()).manifest.modules.get('a.js')!.hash).toBe(
      blake3(Buffer.from('2222')),
    );
  });

  it('finds the entries again when a module was renamed since the last run', async () => {
    const page = '<script type="module" src="old.js"></script><script type="module" src="new.js"></script>';
    const directory = await old({ 'index.html': page, 'old.js': '1' });
    expect((await over(directory).scan()).manifest.entries).toEqual(['old.js']);
    await rename(path.join(directory, 'old.js'), path.join(directory, 'new.js'));
    expect((await over(directory).scan()).manifest.entries).toEqual(['new.js']);
  });

  it('reads a file again when its blob is gone', async () => {
    const directory = await old({ 'a.js': '1' });
    await over(directory).scan();
    const files = await store.files(directory);
    store = await openMemoryStore();
    await store.putFiles(directory, { set: files, delete: [] });
    expect((await over(directory).scan()).read).toBe(1);
  });
});

describe('an update', () => {
  async function scanned(files: Files = SITE) {
    const directory = await site(files);
    const ingest = over(directory);
    await ingest.scan();
    return { directory, ingest };
  }

  it('reads written files and removes deleted ones', async () => {
    const { directory, ingest } = await scanned();
    await write(directory, { 'main.js': 'export {}', 'new.js': '1' });
    await rm(path.join(directory, 'lib'), { recursive: true });
    const { manifest, deploy, created } = await ingest.update([
      'main.js',
      'new.js',
      'lib/leaf.js',
      'ghost.js',
    ]);
    expect([created, deploy.number, deploy.added, deploy.changed, deploy.removed]).toEqual([
      true,
      2,
      1,
      1,
      1,
    ]);
    expect(names(manifest)).toEqual(['data.json', 'index.html', 'main.js', 'new.js']);
  });

  it('makes no deploy when a file is saved without a change', async () => {
    const { directory, ingest } = await scanned();
    await write(directory, { 'main.js': SITE['main.js']! });
    expect((await ingest.update(['main.js'])).created).toBe(false);
  });

  it('reads no file outside the root through a link, and no dotfile', async () => {
    const { directory, ingest } = await scanned();
    const outside = await temporary();
    await write(outside, { 'x.js': 'export const secret = 1;' });
    await write(directory, { '.env.js': 'export const secret = 2;' });
    await symlink(path.join(outside, 'x.js'), path.join(directory, 'link.js'));
    await symlink(outside, path.join(directory, 'links'));
    await symlink('.env.js', path.join(directory, 'env.js'));
    const before = await ingest.update([]);
    const { manifest, problems, created } = await ingest.update([
      'link.js',
      'links/x.js',
      'env.js',
      '.env.js',
      '../x.js',
    ]);
    expect([created, names(manifest)]).toEqual([false, names(before.manifest)]);
    expect(problems.map((problem) => problem.path).toSorted()).toEqual(['env.js', 'link.js', 'links/x.js']);
    // A module that is replaced by such a link is removed.
    await unlink(path.join(directory, 'main.js'));
    await symlink(path.join(outside, 'x.js'), path.join(directory, 'main.js'));
    expect(names((await ingest.update(['main.js'])).manifest)).not.toContain('main.js');
  });

  it('keeps the problems of other files', async () => {
    const { directory, ingest } = await scanned({ ...SITE, 'bad.js': 'const = 1;', 'e\u0301.js': '' });
    await write(directory, { 'main.js': 'export {}' });
    expect((await ingest.update(['main.js'])).problems).toHaveLength(2);
    await unlink(path.join(directory, 'e\u0301.js'));
    expect((await ingest.update(['e\u0301.js'])).problems.map((problem) => problem.path)).toEqual(['bad.js']);
  });

  it('finds the entries again when a module is renamed', async () => {
    const page = '<script type="module" src="old.js"></script><script type="module" src="new.js"></script>';
    const { directory, ingest } = await scanned({ 'index.html': page, 'old.js': '1' });
    await rename(path.join(directory, 'old.js'), path.join(directory, 'new.js'));
    expect((await ingest.update(['old.js', 'new.js'])).manifest.entries).toEqual(['new.js']);
  });

  it('finds the entries again when a module appears that the page names', async () => {
    const page = '<script type="module" src="late.js"></script>';
    const { directory, ingest } = await scanned({ 'index.html': page });
    await write(directory, { 'late.js': '1' });
    expect((await ingest.update(['late.js'])).manifest.entries).toEqual(['late.js']);
  });

  it('scans the whole directory before the first scan, and after one that failed', async () => {
    const directory = await site(SITE);
    const ingest = over(directory);
    expect((await ingest.update(['main.js'])).manifest.modules.size).toBe(4);
    await write(directory, { 'main.js': 'export {}', 'lib/leaf.js': 'export {};' });
    const { commit } = store;
    store.commit = () => Promise.reject(new ModcastError('store-full', 'full'));
    await expect(ingest.scan()).rejects.toMatchObject({ code: 'store-full' });
    store.commit = commit;
    const { manifest } = await ingest.update([]);
    expect(manifest.modules.size).toBe(4);
    expect(manifest.modules.get('lib/leaf.js')!.hash).toBe(blake3(Buffer.from('export {};')));
  });

  it('also reads existing files that a module imports for the first time', async () => {
    const { directory, ingest } = await scanned();
    await write(directory, {
      'main.js': "import './new/one.js'; import './gone.js'; import './empty.js'; import 'bare';",
      'new/one.js': "export * from '/new/two.js';",
      'new/two.js': 'export default 2;',
      'new/other.js': '1',
      'empty.js': '',
    });
    const { manifest, deploy } = await ingest.update(['main.js']);
    expect(names(manifest).filter((name) => name.startsWith('new/') || name === 'empty.js')).toEqual([
      'new/one.js',
      'new/two.js',
    ]);
    expect(unreported).toBeGreaterThan(0);
    expect(deploy.number).toBe(2);
  });

  it('does not read imports that the filter leaves out, or that lead out of the root', async () => {
    const { directory, ingest } = await scanned();
    const outside = await temporary();
    await write(outside, { 'x.js': 'export const secret = 1;' });
    await symlink(path.join(outside, 'x.js'), path.join(directory, 'link.js'));
    await write(directory, { 'main.js': "import './link.js'; import './notes.txt';", 'notes.txt': '1' });
    const { manifest, problems } = await ingest.update(['main.js']);
    expect(names(manifest)).toEqual(['data.json', 'index.html', 'lib/leaf.js', 'main.js']);
    expect(problems).toEqual([]);
  });

  it('keeps the last content of a file that has just been emptied, and asks for it to be read again', async () => {
    const directory = await old({ 'main.js': '1', 'other.js': '1' });
    const unsettled: string[] = [];
    let now = 1000;
    const ingest = new Ingest({
      directory,
      store,
      channel: 'dev',
      filter: DEFAULT_FILTER,
      author: 'ada',
      now: () => now,
      onUnsettled: (files) => unsettled.push(...files),
    });
    const { manifest: before } = await ingest.scan();
    await write(directory, { 'main.js': '', 'new.js': '', 'other.js': '2' });
    const { manifest } = await ingest.update(['main.js', 'new.js', 'other.js']);
    expect(manifest.modules.get('main.js')).toEqual(before.modules.get('main.js'));
    expect(manifest.modules.get('other.js')).not.toEqual(before.modules.get('other.js'));
    expect(names(manifest)).toEqual(['main.js', 'other.js']);
    expect(unsettled).toEqual(['main.js', 'new.js']);
    expect((await ingest.scan()).manifest).toEqual(manifest);
    // A file system may keep the time of the last write while it truncates.
    await utimes(path.join(directory, 'main.js'), 1000, 1000);
    expect((await ingest.update(['main.js'])).manifest).toEqual(manifest);
    // After a while the file is empty on purpose.
    now += EMPTY_MS;
    expect((await ingest.update(['main.js'])).manifest.modules.get('main.js')!.size).toBe(0);
  });

  it('reads empty files that are new at the first scan', async () => {
    const directory = await site({ 'main.js': "import './empty.js';", 'empty.js': '' });
    const unsettled: string[] = [];
    const options = {
      directory,
      store,
      channel: 'dev',
      filter: DEFAULT_FILTER,
      author: 'ada',
      now: () => 1000,
      onUnsettled: (files: readonly string[]) => unsettled.push(...files),
    };
    expect(names((await new Ingest(options).scan()).manifest)).toEqual(['empty.js', 'main.js']);
    // A touch does not change that.
    const ingest = new Ingest(options);
    await ingest.scan();
    await write(directory, { 'empty.js': '' });
    expect(names((await ingest.update(['empty.js'])).manifest)).toEqual(['empty.js', 'main.js']);
    expect(unsettled).toEqual([]);
  });

  it('replaces a head that another writer has made', async () => {
    const { directory, ingest } = await scanned();
    await over(await site({ 'other.js': '1' })).scan();
    await write(directory, { 'main.js': 'export {}' });
    const { deploy, manifest } = await ingest.update(['main.js']);
    expect([deploy.number, deploy.parent, manifest.modules.size]).toEqual([3, 2, 4]);
  });
});
