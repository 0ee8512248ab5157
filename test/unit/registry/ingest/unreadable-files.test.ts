import { rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import { Ingest, type IngestResult } from '../../../../registry/ingest/ingest.js';
import { FIRST_MS, ReadAgain } from '../../../../registry/ingest/read-again.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import { failFiles } from '../failing-files.js';
import { nextEvent, open, site, write, type Files } from '../site.js';

const hashOf = (text: string) => blake3(Buffer.from(text));
const contents = ({ manifest }: IngestResult) =>
  Object.fromEntries([...manifest.modules].map(([name, { hash }]) => [name, hash]));
const wanted = (files: Files) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [name, hashOf(String(text))]));

const FILES = { 'a.mjs': 'export {};', 'lib/b.mjs': '1;', 'lib/deep/c.mjs': '2;' };

async function reader(files: Files = FILES) {
  const directory = await site(files);
  const unreadable: unknown[] = [];
  const options = {
    store: await openMemoryStore(),
    directory,
    channel: 'dev',
    filter: { include: ['**/*.mjs'], exclude: [] },
    author: 'ada',
    now: Date.now,
    onUnreadable: (names: readonly string[] | null) => unreadable.push(names),
  };
  // A file that was just written is not known by its state: the next scan reads it in any case.
  for (const name of Object.keys(files)) await utimes(path.join(directory, name), 1000.5, 1000.5);
  const restart = () => new Ingest(options);
  const ingest = restart();
  await ingest.scan();
  return { directory, ingest, unreadable, restart };
}

describe.each(['EMFILE', 'ENFILE', 'EACCES', 'EPERM', 'EIO', 'ESTALE', 'EBUSY', 'ENOMEM'])(
  'emfile-removes-saved-files: while reading fails with %s',
  (code) => {
    it('a saved file keeps its last version in an update and in a scan, and is read again', async () => {
      const { directory, ingest, unreadable } = await reader();
      let failing = true;
      failFiles({ sync: ['openSync'] }, (file) => (failing && file.endsWith('b.mjs') ? code : undefined));
      await write(directory, { 'lib/b.mjs': 'saved;', 'a.mjs': 'alsoSaved;' });
      const expected = wanted({ ...FILES, 'a.mjs': 'alsoSaved;' });
      const updated = await ingest.update(['lib/b.mjs', 'a.mjs']);
      expect(contents(updated)).toEqual(expected);
      expect(updated.problems).toMatchObject([
        { path: 'lib/b.mjs', severity: 'warning', message: expect.stringContaining('last version stays') },
      ]);
      expect(contents(await ingest.scan())).toEqual(expected);
      expect(unreadable).toEqual([['lib/b.mjs'], ['lib/b.mjs']]);
      failing = false;
      const again = await ingest.update(['lib/b.mjs']);
      expect(contents(again)).toEqual({ ...expected, 'lib/b.mjs': hashOf('saved;') });
      expect(again.problems).toEqual([]);
    });

    it('a directory keeps the last versions of its files, and a deleted file elsewhere is gone', async () => {
      const { directory, ingest, unreadable } = await reader();
      let failing = true;
      failFiles({ promises: ['readdir'] }, (file) => (failing && file.endsWith('/lib') ? code : undefined));
      await rm(path.join(directory, 'a.mjs'));
      await write(directory, { 'lib/deep/c.mjs': 'saved;' });
      const { 'a.mjs': _, ...rest } = FILES;
      expect(contents(await ingest.scan())).toEqual(wanted(rest));
      expect(unreadable).toEqual([null]);
      failing = false;
      expect(contents(await ingest.scan())).toEqual(wanted({ ...rest, 'lib/deep/c.mjs': 'saved;' }));
    });

    it('a restart keeps what was read before', async () => {
      const { directory, restart } = await reader();
      failFiles({ sync: ['openSync'], promises: ['readdir'] }, (file) =>
        /[ab]\.mjs$|\/deep$/.test(file) ? code : undefined,
      );
      await write(directory, { 'a.mjs': 'saved;', 'lib/b.mjs': 'saved;' });
      expect(contents(await restart().scan())).toEqual(wanted(FILES));
    });
  },
);

it('the root itself can be unreadable for a while', async () => {
  const { directory, ingest } = await reader();
  let failing = true;
  failFiles({ promises: ['readdir'] }, (file) => (failing && file === directory ? 'EMFILE' : undefined));
  expect(contents(await ingest.scan())).toEqual(wanted(FILES));
  failing = false;
  expect(contents(await ingest.scan())).toEqual(wanted(FILES));
});

it('a new file that cannot be read is left out with a reason until it can be read', async () => {
  const { directory, ingest, unreadable } = await reader();
  let failing = true;
  failFiles({ sync: ['openSync'] }, (file) => (failing && file.endsWith('new.mjs') ? 'EACCES' : undefined));
  await write(directory, { 'new.mjs': 'new;' });
  const result = await ingest.update(['new.mjs']);
  expect(contents(result)).toEqual(wanted(FILES));
  expect(result.problems).toMatchObject([
    { path: 'new.mjs', message: 'there is no permission to read it (EACCES)' },
  ]);
  expect(unreadable).toEqual([['new.mjs']]);
  failing = false;
  expect(contents(await ingest.update(['new.mjs']))).toEqual(wanted({ ...FILES, 'new.mjs': 'new;' }));
});

it('a watched site reads them again by itself, without another save', async () => {
  const directory = await site(FILES);
  const registry = open({ directory, watch: true });
  await registry.ready;
  let failing = true;
  failFiles({ sync: ['openSync'] }, (file) => (failing && file.endsWith('.mjs') ? 'EMFILE' : undefined));
  const problems = nextEvent((told) => registry.on('problems', told));
  await write(directory, { 'a.mjs': 'saved;', 'lib/b.mjs': 'saved;' });
  await problems;
  const deployed = new Promise<IngestResult>((resolve) => {
    registry.on('deploy', (result) => {
      expect(result.manifest.modules.size).toBe(3);
      const now = contents(result);
      if (now['a.mjs'] === hashOf('saved;') && now['lib/b.mjs'] === hashOf('saved;')) resolve(result);
    });
  });
  failing = false;
  expect((await deployed).problems).toEqual([]);
});

describe('ReadAgain', () => {
  it('waits twice as long after each attempt, and starts over after one that succeeds', async () => {
    const waits: number[] = [];
    const asked: unknown[] = [];
    const pending: (() => void)[] = [];
    let again: ReadAgain;
    let left = 8;
    let done = () => {};
    again = new ReadAgain({
      clock: { after: (ms, call) => (waits.push(ms), pending.push(call), { cancel() {} }) },
      read: async (files) => {
        asked.push(files);
        if (left-- > 0) again.schedule(files);
        done();
      },
      onError: (error) => expect.unreachable(String(error)),
    });
    const attempt = async () => {
      const read = new Promise<void>((resolve) => (done = resolve));
      pending.shift()!();
      await read;
      await Promise.resolve();
    };
    again.schedule(['a']);
    again.schedule(['b']);
    for (let i = 0; i < 9; i++) await attempt();
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((times) => times * FIRST_MS));
    expect(asked[0]).toEqual(['a', 'b']);
    again.schedule(null);
    expect(waits.at(-1)).toBe(FIRST_MS);
  });

  it('reports an attempt that fails, and tries again', async () => {
    const errors: unknown[] = [];
    const pending: (() => void)[] = [];
    let wake = () => {};
    const again = new ReadAgain({
      clock: { after: (_, call) => (pending.push(call), wake(), { cancel() {} }) },
      read: () => Promise.reject(new Error('full')),
      onError: (error) => errors.push(error),
    });
    again.schedule(null);
    for (let i = 1; i < 3; i++) {
      const next = new Promise<void>((resolve) => (wake = resolve));
      pending.shift()!();
      await next;
      expect(errors).toHaveLength(i);
    }
  });
});
