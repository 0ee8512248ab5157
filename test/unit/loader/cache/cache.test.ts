import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cache, type CachedDeploy } from '../../../../loader/cache/cache.js';
import { openDatabase, requested } from '../../../../loader/cache/database.js';
import { hash } from '../../../../loader/hash.js';
import { NO_LINKS, type PackRecord } from '../../../../schema/index.js';
import { bytesOf, hashOf, manifestHash, manifestOf, recordOf } from '../fakes.js';

let cache: Cache;

beforeEach(async () => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  cache = await Cache.open('test', hash);
});

afterEach(() => vi.restoreAllMocks());
afterEach(() => vi.unstubAllGlobals());

function deployOf(deploy: number, files: Record<string, string>, channel = 'dev'): CachedDeploy {
  const manifest = manifestOf(files);
  return { channel, deploy, hash: manifestHash(manifest), manifest };
}

const put = (deploy: CachedDeploy, time: number, ...texts: string[]) =>
  cache.put(
    texts.map((text) => recordOf(text)),
    deploy,
    time,
  );

const stored = async (): Promise<string[]> =>
  (await cache.blobs()).map(({ bytes }) => new TextDecoder().decode(bytes)).toSorted();

/** Works on the database behind the cache's back. */
async function alter(work: (transaction: IDBTransaction) => void): Promise<void> {
  const database = await openDatabase('test', () => {});
  const transaction = database.transaction(['deploys', 'segments'], 'readwrite');
  work(transaction);
  await new Promise((resolve) => (transaction.oncomplete = resolve));
  database.close();
}

const segmentCount = async (): Promise<number> => {
  const database = await openDatabase('test', () => {});
  const count = await requested(database.transaction('segments').objectStore('segments').count());
  database.close();
  return count;
};

describe('a stored deploy', () => {
  it('comes back with its blobs', async () => {
    const deploy = deployOf(3, { 'a.mjs': 'a' });
    const records: PackRecord[] = [recordOf('a', NO_LINKS)];
    await cache.put(records, deploy, 1);
    const again = await Cache.open('test', hash);
    expect(await again.newest('dev')).toEqual(deploy);
    expect(await again.blobs()).toEqual(records);
  });

  it('is found in its channel only', async () => {
    await put(deployOf(3, { 'a.mjs': 'a' }), 1, 'a');
    expect(await cache.newest('production')).toBeNull();
    expect(await cache.newest('de')).toBeNull();
  });

  it('is the one stored last, whatever its number', async () => {
    await put(deployOf(3, { 'a.mjs': 'a' }), 1, 'a');
    await put(deployOf(2, { 'a.mjs': 'b' }), 2, 'b');
    expect((await cache.newest('dev'))?.deploy).toBe(2);
  });

  it('is skipped when its manifest does not match its hash', async () => {
    await put(deployOf(1, { 'a.mjs': 'a' }), 1, 'a');
    const second = deployOf(2, { 'a.mjs': 'b' });
    await put({ ...second, hash: hashOf('other') }, 2, 'b');
    expect((await cache.newest('dev'))?.deploy).toBe(1);
  });

  it('is skipped when its manifest cannot be read', async () => {
    await put(deployOf(1, { 'a.mjs': 'a' }), 1, 'a');
    await alter((transaction) =>
      transaction.objectStore('deploys').put({ channel: 'dev', hash: 'x', deploy: 2, time: 9, manifest: 7 }),
    );
    expect((await cache.newest('dev'))?.deploy).toBe(1);
  });
});

it('skips segments that cannot be read', async () => {
  await put(deployOf(1, { 'a.mjs': 'a' }), 1, 'a');
  await alter((transaction) => transaction.objectStore('segments').put({ count: 2, body: bytesOf('no') }));
  expect(await stored()).toEqual(['a']);
});

it('cuts blobs into segments of 4 MiB', async () => {
  const half = 'x'.repeat(2 * 1024 * 1024);
  await put(deployOf(1, {}), 1, `${half.slice(1)}1`, `${half.slice(1)}2`, '3');
  expect(await segmentCount()).toBe(2);
  expect(await cache.blobs()).toHaveLength(3);
});

describe('old deploys', () => {
  const files = (text: string) => ({ 'a.mjs': text });

  it('are evicted: a channel keeps two', async () => {
    for (const [i, text] of ['a', 'b', 'c'].entries()) await put(deployOf(i, files(text)), i, text);
    await alter((transaction) =>
      transaction.objectStore('deploys').delete(['dev', deployOf(2, files('c')).hash]),
    );
    expect((await cache.newest('dev'))?.deploy).toBe(1);
    await alter((transaction) =>
      transaction.objectStore('deploys').delete(['dev', deployOf(1, files('b')).hash]),
    );
    expect(await cache.newest('dev')).toBeNull();
  });

  it('of another channel stay', async () => {
    await put(deployOf(1, files('p'), 'production'), 0, 'p');
    for (const [i, text] of ['a', 'b', 'c'].entries()) await put(deployOf(i, files(text)), i + 1, text);
    expect((await cache.newest('production'))?.deploy).toBe(1);
  });

  it('leave their blobs until there are more than 24 segments', async () => {
    for (let i = 0; i < 24; i++) await put(deployOf(i, files(`v${i}`)), i, `v${i}`);
    expect(await segmentCount()).toBe(24);
    expect(await stored()).toHaveLength(24);
    await put(deployOf(24, files('v24')), 24, 'v24');
    expect(await segmentCount()).toBe(1);
    expect(await stored()).toEqual(['v23', 'v24']);
  });

  it('leave the last record of a blob that was stored twice', async () => {
    const deploy = deployOf(1, files('a'));
    await cache.put([{ ...recordOf('a'), bytes: bytesOf('damaged') }], deploy, 1);
    for (let i = 0; i < 23; i++) await put(deploy, 1, `unused ${i}`);
    await put(deploy, 1, 'a');
    expect(await stored()).toEqual(['a']);
  });
});

describe('when space runs out', () => {
  const full = () => new DOMException('full', 'QuotaExceededError');

  /** The next `times` writes of a deploy fail. */
  function failPuts(times: number): void {
    const native = IDBObjectStore.prototype.put;
    let left = times;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      if (this.name === 'deploys' && left-- > 0) throw full();
      return native.apply(this, args);
    });
  }

  const first = deployOf(1, { 'a.mjs': 'a' });
  const second = deployOf(2, { 'a.mjs': 'b' });
  const third = deployOf(3, { 'a.mjs': 'c' });

  it('the oldest deploy goes, with its blobs', async () => {
    await put(first, 1, 'a');
    await put(second, 2, 'b');
    failPuts(1);
    await put(third, 3, 'c');
    expect((await cache.newest('dev'))?.deploy).toBe(3);
    expect(await stored()).not.toContain('a');
    expect(await stored()).toContain('b');
  });

  it('deploys of other channels go too', async () => {
    await put(deployOf(1, { 'p.mjs': 'p' }, 'production'), 1, 'p');
    failPuts(1);
    await put(third, 3, 'c');
    expect(await cache.newest('production')).toBeNull();
  });

  it('all others go before it gives up', async () => {
    await put(first, 1, 'a');
    await put(second, 2, 'b');
    failPuts(3);
    await expect(put(third, 3, 'c')).rejects.toThrow('full');
    expect(await cache.newest('dev')).toBeNull();
  });

  it('an earlier copy of the same deploy is no reason to try again', async () => {
    await put(first, 1, 'a');
    failPuts(1);
    await expect(put(first, 2, 'a')).rejects.toThrow('full');
    expect((await cache.newest('dev'))?.deploy).toBe(1);
  });
});

it('closes for another tab that upgrades the database', async () => {
  const request = indexedDB.open('test', 2);
  await requested(request);
  request.result.close();
  await expect(cache.blobs()).rejects.toThrow();
});
