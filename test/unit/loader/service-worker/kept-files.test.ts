import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { requested } from '../../../../loader/cache/database.js';
import { hash } from '../../../../loader/hash.js';
import { KeptFiles, offlineDatabase } from '../../../../loader/service-worker/kept-files.js';
import { hashOf } from '../fakes.js';

let kept: KeptFiles;

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  kept = new KeptFiles('/', hash);
  kept.permitCreation();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const A = hashOf('deploy a');
const B = hashOf('deploy b');

const put = (url: string, manifest: string | null, text = url, type = 'text/html') =>
  kept.putResponse({ url, manifest, headers: [['content-type', type]], body: bytes(text) });

async function alter(store: string, key: string, change: object): Promise<void> {
  const open = indexedDB.open(offlineDatabase('/'));
  await new Promise((resolve) => (open.onsuccess = resolve));
  const rows = open.result.transaction(store, 'readwrite').objectStore(store);
  const row = rows.get(key);
  await new Promise((resolve) => (row.onsuccess = resolve));
  const changed = rows.put({ ...(row.result as object), ...change });
  await new Promise((resolve) => (changed.onsuccess = resolve));
  open.result.close();
}

describe('a response', () => {
  it('comes back as it was stored', async () => {
    await put('/a', A, 'page');
    expect(await kept.response('/a')).toMatchObject({ url: '/a', manifest: A, body: bytes('page') });
    expect(await kept.response('/b')).toBeUndefined();
  });

  it('is not used when it is damaged', async () => {
    await put('/a', A);
    await alter('responses', '/a', { body: bytes('other') });
    expect(await kept.response('/a')).toBeUndefined();
  });

  it('is deleted with its deploy; those of none stay', async () => {
    await put('/a', A);
    await put('/b', B);
    await put('/loader.js', null);
    await kept.evict(new Set([B]), new Set());
    expect(await kept.response('/a')).toBeUndefined();
    expect(await kept.response('/b')).toBeDefined();
    expect(await kept.response('/loader.js')).toBeDefined();
  });

  it('stays if it is a module of a deploy that is kept, however many there are', async () => {
    for (let i = 0; i <= 501; i++) await put(`/${i}.js`, A, '', 'text/javascript');
    await put('/page', A);
    await kept.evict(new Set([A]), new Set());
    for (const url of ['/0.js', '/501.js', '/page']) expect(await kept.response(url)).toBeDefined();
  });

  it('is deleted when there are more than 500 newer pages', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    for (let i = 0; i <= 501; i++) {
      vi.setSystemTime(1000 + i);
      await put(`/${i}`, A);
    }
    await kept.evict(new Set([A]), new Set());
    expect(await kept.response('/0')).toBeUndefined();
    expect(await kept.response('/1')).toBeUndefined();
    expect(await kept.response('/2')).toBeDefined();
  });
});

describe('a file', () => {
  it('is stored under its hash only', async () => {
    expect(await kept.putFile(hashOf('text'), bytes('text'))).toBe(true);
    expect(await kept.putFile(hashOf('text'), bytes('other'))).toBe(false);
    expect(await kept.file(hashOf('text'))).toEqual(bytes('text'));
    expect(await kept.hasFile(hashOf('other'))).toBe(false);
  });

  it('is not used when it is damaged', async () => {
    await kept.putFile(hashOf('text'), bytes('text'));
    await alter('files', hashOf('text'), { body: bytes('tixt') });
    expect(await kept.file(hashOf('text'))).toBeUndefined();
  });

  it('is deleted when no deploy has it', async () => {
    await kept.putFile(hashOf('a'), bytes('a'));
    await kept.putFile(hashOf('b'), bytes('b'));
    await kept.evict(new Set(), new Set([hashOf('b')]));
    expect([await kept.hasFile(hashOf('a')), await kept.hasFile(hashOf('b'))]).toEqual([false, true]);
  });
});

describe('a database is created only when a page has asked to keep files:', () => {
  const actions: Record<string, () => Promise<unknown>> = {
    'reading a response': () => kept.response('/a'),
    'storing a response': () => put('/a', A),
    'reading a file': () => kept.file(A),
    'asking for a file': () => kept.hasFile(A),
    'storing a file': () => kept.putFile(hashOf('text'), bytes('text')),
    'reading tabs': () => kept.tabs(),
    'storing a tab': () => kept.putTab({ id: 'a', manifest: A, number: 1, embedder: null, time: 1 }),
    'deleting a response': () => kept.deleteResponse('/a'),
    'deleting tabs': () => kept.deleteTabs(['a']),
    evicting: () => kept.evict(new Set(), new Set()),
  };

  const nothingIsCreated = async () => {
    const open = vi.spyOn(indexedDB, 'open');
    for (const [name, act] of Object.entries(actions)) await expect(act(), name).rejects.toThrow();
    expect(await indexedDB.databases()).toEqual([]);
    // Pages would see it for a moment.
    expect(open).not.toHaveBeenCalled();
    open.mockRestore();
  };

  it('not by a worker that has been started again', async () => {
    kept = new KeptFiles('/', hash);
    await nothingIsCreated();
  });

  it('not after this worker has deleted it', async () => {
    await put('/a', A);
    await kept.delete();
    await nothingIsCreated();
  });

  it('not after a page has deleted it, until one asks again', async () => {
    await put('/a', A);
    await requested(indexedDB.deleteDatabase(offlineDatabase('/')));
    await nothingIsCreated();
    kept.permitCreation();
    expect(await kept.response('/a')).toBeUndefined();
    await put('/a', A);
    expect(await kept.response('/a')).toBeDefined();
  });

  it('one that exists is used by a worker that has been started again', async () => {
    await put('/a', A);
    kept = new KeptFiles('/', hash);
    expect(await kept.response('/a')).toBeDefined();
  });
});
