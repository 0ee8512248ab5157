import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cache, type CachedDeploy } from '../../../../loader/cache/cache.js';
import { openDatabase, requested } from '../../../../loader/cache/database.js';
import { hash } from '../../../../loader/hash.js';
import { NO_LINKS, type PackRecord } from '../../../../schema/index.js';
import { bytesOf, hashOf, manifestHash, manifestOf, recordOf } from '../fakes.js';

/** Two sites that have been served at the same origin. */
const SITE = 'a1'.repeat(16);
const OTHER = 'b2'.repeat(16);

const openCache = (registry: string): Promise<Cache> => Cache.open(registry, hash, 'old');

let cache: Cache;

beforeEach(async () => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  cache = await openCache(SITE);
});

afterEach(() => vi.restoreAllMocks());
afterEach(() => vi.unstubAllGlobals());

function deployOf(deploy: number, files: Record<string, string>, channel = 'dev'): CachedDeploy {
  const manifest = manifestOf(files);
  return { channel, deploy, hash: manifestHash(manifest), manifest, fusion: null, derived: [] };
}

const put = (deploy: CachedDeploy, ...texts: string[]) =>
  cache.put(
    texts.map((text) => recordOf(text)),
    deploy,
  );

/** The deploy that was stored last. */
const newest = async (channel = 'dev'): Promise<CachedDeploy | null> =>
  (await cache.deploys(channel)).at(-1) ?? null;

const stored = async (of = cache): Promise<string[]> =>
  (await of.blobs()).map(({ bytes }) => new TextDecoder().decode(bytes)).toSorted();

/** Works on the database behind the cache's back. */
async function alter(work: (transaction: IDBTransaction) => unknown): Promise<void> {
  const database = await openDatabase('modcast', () => {});
  const transaction = database.transaction(['deploys', 'segments'], 'readwrite');
  const committed = new Promise((resolve) => (transaction.oncomplete = resolve));
  await work(transaction);
  await committed;
  database.close();
}

const segmentCount = async (): Promise<number> => {
  const database = await openDatabase('modcast', () => {});
  const count = await requested(database.transaction('segments').objectStore('segments').count());
  database.close();
  return count;
};

describe('a stored deploy', () => {
  it('comes back with its blobs', async () => {
    const deploy = deployOf(3, { 'a.mjs': 'a' });
    const records: PackRecord[] = [recordOf('a', NO_LINKS)];
    await cache.put(records, deploy);
    const again = await openCache(SITE);
    expect(await again.deploys('dev')).toEqual([deploy]);
    expect(await again.blobs()).toEqual(records);
  });

  it('is found in its channel only', async () => {
    await put(deployOf(3, { 'a.mjs': 'a' }), 'a');
    expect(await newest('production')).toBeNull();
    expect(await newest('de')).toBeNull();
  });

  it('is the one stored last, whatever its number', async () => {
    await put(deployOf(3, { 'a.mjs': 'a' }), 'a');
    await put(deployOf(2, { 'a.mjs': 'b' }), 'b');
    expect((await newest())?.deploy).toBe(2);
  });

  it('is the one stored last, also when the clock is set back (stale-after-clock-back)', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      for (const [deploy, hour] of [9, 8, 10, 7].entries()) {
        vi.setSystemTime(hour * 3_600_000);
        await put(deployOf(deploy, { 'a.mjs': `v${deploy}` }), `v${deploy}`);
        expect((await newest())?.deploy).toBe(deploy);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  it('is the one stored last by any tab', async () => {
    const tab = await openCache(SITE);
    await Promise.all([
      put(deployOf(1, { 'a.mjs': 'a' }), 'a'),
      tab.put([recordOf('b')], deployOf(2, { 'a.mjs': 'b' })),
    ]);
    await tab.put([], deployOf(1, { 'a.mjs': 'a' }));
    expect((await newest())?.deploy).toBe(1);
    await put(deployOf(3, { 'a.mjs': 'c' }), 'c');
    expect((await tab.deploys('dev')).map(({ deploy }) => deploy)).toEqual([3]);
    expect(await stored(tab)).toEqual(['a', 'b', 'c']);
  });

  it('is the newest again when it is stored again: a rollback', async () => {
    const first = deployOf(1, { 'a.mjs': 'a' });
    await put(first, 'a');
    await put(deployOf(2, { 'a.mjs': 'b' }), 'b');
    await put({ ...first, deploy: 3 });
    expect(await cache.deploys('dev')).toEqual([{ ...first, deploy: 3 }]);
    await put(deployOf(4, { 'a.mjs': 'd' }), 'd');
    expect(await cache.deploys('dev', first.hash)).toHaveLength(2);
  });

  it('is skipped when its manifest does not match its hash', async () => {
    await put(deployOf(1, { 'a.mjs': 'a' }), 'a');
    const second = deployOf(2, { 'a.mjs': 'b' });
    await put({ ...second, hash: hashOf('other') }, 'b');
    expect((await newest())?.deploy).toBe(1);
  });

  it('is skipped when its manifest cannot be read', async () => {
    await put(deployOf(1, { 'a.mjs': 'a' }), 'a');
    await alter((transaction) =>
      transaction
        .objectStore('deploys')
        .put({ registry: SITE, channel: 'dev', hash: 'x', deploy: 2, manifest: 7 }),
    );
    expect((await newest())?.deploy).toBe(1);
  });
});

it('skips segments that cannot be read', async () => {
  await put(deployOf(1, { 'a.mjs': 'a' }), 'a');
  await alter((transaction) =>
    transaction.objectStore('segments').put({ registry: SITE, count: 2, body: bytesOf('no') }),
  );
  expect(await stored()).toEqual(['a']);
});

it('cuts blobs into segments of 4 MiB', async () => {
  const half = 'x'.repeat(2 * 1024 * 1024);
  await put(deployOf(1, {}), `${half.slice(1)}1`, `${half.slice(1)}2`, '3');
  expect(await segmentCount()).toBe(2);
  expect(await cache.blobs()).toHaveLength(3);
});

describe('a large segment', () => {
  const large = (name: string) => name.repeat(20_000);
  const files = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`${i}.mjs`, `${i}`]));
  const isVerified = async () => (await cache.blobs()).map(({ verified }) => verified ?? false);

  /** Changes each row of a store. */
  const alterRows = (store: string, change: (row: { body: Uint8Array; digest?: string }) => object) =>
    alter(async (transaction) => {
      const rows = transaction.objectStore(store);
      for (const row of await requested(rows.getAll())) rows.put({ ...row, ...change(row) });
    });

  /** Replaces one byte of text. */
  const damaged = ({ body }: { body: Uint8Array }, at = 10_000) => ({
    body: body.map((byte, i) => (i === at ? byte ^ 1 : byte)),
  });

  it('is verified as a whole', async () => {
    await put(deployOf(1, files), large('a'), large('b'));
    expect(await isVerified()).toEqual([true, true]);
  });

  it.each<[string, (row: { body: Uint8Array; digest?: string }) => object]>([
    ['has another byte', damaged],
    ['has another digest', () => ({ digest: 'f'.repeat(64) })],
    ['has no digest', () => ({ digest: undefined })],
    ['has a digest of another kind', () => ({ digest: 7 })],
  ])('is not when it %s', async (_, change) => {
    await put(deployOf(1, files), large('a'), large('b'));
    await alterRows('segments', change);
    expect(await isVerified()).toEqual([false, false]);
  });

  it('is not verified where the browser has no digests', async () => {
    vi.stubGlobal('crypto', {});
    await put(deployOf(1, files), large('a'));
    expect(await isVerified()).toEqual([false]);
    expect((await newest())?.deploy).toBe(1);
  });

  it('of a manifest is skipped when it is damaged', async () => {
    await put(deployOf(1, files));
    await alterRows('deploys', damaged);
    expect(await newest()).toBeNull();
  });

  it('of another manifest is skipped', async () => {
    await put(deployOf(1, files));
    await alterRows('deploys', () => ({ hash: hashOf('other') }));
    expect(await newest()).toBeNull();
  });

  it('leaves its damaged blobs behind when segments are joined', async () => {
    const deploy = deployOf(1, { 'a.mjs': large('a'), 'b.mjs': large('b') });
    await put(deploy, large('a'), large('b'));
    await alterRows('segments', damaged);
    for (let i = 0; i < 24; i++) await put(deploy, `unused ${i}`);
    expect(await segmentCount()).toBe(1);
    expect(await stored()).toEqual([large('b')]);
    expect(await isVerified()).toEqual([true]);
  });
});

describe('old deploys', () => {
  const files = (text: string) => ({ 'a.mjs': text });

  it('are evicted: a channel keeps two', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((text, i) => deployOf(i, files(text)));
    for (const [deploy, text] of [
      [a, 'a'],
      [b, 'b'],
      [c, 'c'],
    ] as const)
      await put(deploy!, text);
    expect(await cache.deploys('dev', c!.hash)).toEqual([c]);
    expect(await cache.deploys('dev', b!.hash)).toEqual([b, c]);
    expect(await cache.deploys('dev', a!.hash)).toEqual([c]);
  });

  it('stay while a tab runs them', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((text, i) => deployOf(i, files(text)));
    vi.stubGlobal('navigator', { locks: { query: async () => ({ held: [{ name: a!.hash }] }) } });
    await put(a!, 'a');
    await put(b!, 'b');
    await put(c!, 'c');
    expect(await cache.deploys('dev', a!.hash)).toEqual([a, c]);
  });

  it('of another channel stay', async () => {
    await put(deployOf(1, files('p'), 'production'), 'p');
    for (const [i, text] of ['a', 'b', 'c'].entries()) await put(deployOf(i, files(text)), text);
    expect((await newest('production'))?.deploy).toBe(1);
  });

  it('leave their blobs until there are more than 24 segments', async () => {
    for (let i = 0; i < 24; i++) await put(deployOf(i, files(`v${i}`)), `v${i}`);
    expect(await segmentCount()).toBe(24);
    expect(await stored()).toHaveLength(24);
    await put(deployOf(24, files('v24')), 'v24');
    expect(await segmentCount()).toBe(1);
    expect(await stored()).toEqual(['v23', 'v24']);
  });

  it('leave the last record of a blob that was stored twice', async () => {
    const deploy = deployOf(1, files('a'));
    await cache.put([{ ...recordOf('a'), bytes: bytesOf('damaged') }], deploy);
    for (let i = 0; i < 23; i++) await put(deploy, `unused ${i}`);
    await put(deploy, 'a');
    expect(await stored()).toEqual(['a']);
  });
});

describe('another registry of the same origin (another-site-at-the-same-origin)', () => {
  const deploy = deployOf(1, { 'main.mjs': 'A' });

  it('never sees what this one stored', async () => {
    await put(deploy, 'A');
    const other = await openCache(OTHER);
    expect(await other.deploys('dev', deploy.hash)).toEqual([]);
    expect(await other.blobs()).toEqual([]);
    await other.put([recordOf('B')], deployOf(1, { 'main.mjs': 'B' }));
    expect((await newest())?.manifest).toEqual(deploy.manifest);
    expect(await stored()).toEqual(['A']);
    expect(await stored(other)).toEqual(['B']);
  });

  it('makes the oldest ones go, with their blobs, when there are more than twelve deploys', async () => {
    await put(deploy, 'A');
    const sites = Array.from({ length: 11 }, (_, i) => `${10 + i}`.repeat(16));
    const store = async (registry: string) => {
      const site = await openCache(registry);
      await site.put([recordOf(registry)], deployOf(1, { 'main.mjs': registry }));
      return site;
    };
    for (const registry of sites) await store(registry);
    // The first one is used again, and is no longer the oldest.
    await put(deploy, 'again');
    const last = await store(OTHER);
    expect(await stored(await openCache(sites[0]!))).toEqual([]);
    expect((await newest())?.deploy).toBe(1);
    expect(await stored(await openCache(sites[1]!))).toEqual([sites[1]]);
    expect(await stored(last)).toEqual([OTHER]);
    const database = await openDatabase('modcast', () => {});
    const transaction = database.transaction(['deploys', 'segments']);
    expect(await requested(transaction.objectStore('deploys').count())).toBe(12);
    expect(await requested(transaction.objectStore('segments').count())).toBe(13);
    database.close();
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
    await put(first, 'a');
    await put(second, 'b');
    failPuts(1);
    await put(third, 'c');
    expect((await newest())?.deploy).toBe(3);
    expect(await stored()).not.toContain('a');
    expect(await stored()).toContain('b');
  });

  it('deploys of other channels go too', async () => {
    await put(deployOf(1, { 'p.mjs': 'p' }, 'production'), 'p');
    failPuts(1);
    await put(third, 'c');
    expect(await newest('production')).toBeNull();
  });

  it('deploys of other registries go too', async () => {
    const other = await openCache(OTHER);
    await other.put([recordOf('p')], deployOf(1, { 'p.mjs': 'p' }));
    failPuts(1);
    await put(third, 'c');
    expect(await other.deploys('dev')).toEqual([]);
    expect(await stored(other)).toEqual([]);
  });

  it('all others go before it gives up', async () => {
    await put(first, 'a');
    await put(second, 'b');
    failPuts(3);
    await expect(put(third, 'c')).rejects.toThrow('full');
    expect(await newest()).toBeNull();
  });

  it('an earlier copy of the same deploy is no reason to try again', async () => {
    await put(first, 'a');
    failPuts(1);
    await expect(put(first, 'a')).rejects.toThrow('full');
    expect((await newest())?.deploy).toBe(1);
  });
});

it('deletes the database of version 0.1, which did not tell registries apart', async () => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  (await openDatabase('old', () => {})).close();
  await openCache(SITE);
  await expect.poll(async () => (await indexedDB.databases()).map(({ name }) => name)).toEqual(['modcast']);
});

it('closes for another tab that upgrades the database', async () => {
  const request = indexedDB.open('modcast', 2);
  await requested(request);
  request.result.close();
  await expect(cache.blobs()).rejects.toThrow();
});
