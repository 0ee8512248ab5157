import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CacheWriter } from '../../../../loader/cache/cache-writer.js';
import { Cache } from '../../../../loader/cache/cache.js';
import type { LoaderConfig } from '../../../../loader/config.js';
import { hash } from '../../../../loader/hash.js';
import type { Release } from '../../../../loader/transport/channel-client.js';
import { FakeClock, hashOf, manifestHash, manifestOf, recordOf, settle } from '../fakes.js';
import { eventually } from '../../../eventually.js';

const PREFIX = 'https://host.test/-/';
const KEY = `modcast ${PREFIX} dev`;
const REGISTRY = 'ab'.repeat(16);
const HOT: LoaderConfig['hot'] = {
  version: '1',
  integrity: '',
  page: null,
  file: null,
  deploy: null,
  served: 0,
  overlay: true,
};

let clock: FakeClock;
let storage: Map<string, string>;
let problems: string[];
let boot: () => void;

beforeEach(() => {
  clock = new FakeClock();
  storage = new Map();
  problems = [];
  vi.stubGlobal('indexedDB', new IDBFactory());
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => storage.get(key) ?? null,
    setItem: (key: string, value: string) => storage.set(key, value),
  });
});

afterEach(() => vi.restoreAllMocks());
afterEach(() => vi.unstubAllGlobals());

function create(hot: LoaderConfig['hot'] = null, rest: Partial<LoaderConfig> = {}): CacheWriter {
  return new CacheWriter({
    config: { prefix: PREFIX, registry: REGISTRY, channel: 'dev', deploy: null, hot, timeout: 500, ...rest },
    hasher: hash,
    derivedOf: () => [],
    after: clock.after,
    booted: new Promise<void>((resolve) => (boot = resolve)),
    onProblem: (error) => problems.push(String(error)),
  });
}

function releaseOf(deploy: number, text: string): Release {
  const manifest = manifestOf({ 'a.mjs': text });
  return { deploy, hash: manifestHash(manifest), manifest, fusion: null };
}

/** What is in IndexedDB, read by the next page. */
async function contents() {
  const cache = await Cache.open(REGISTRY, hash, '');
  const [newest, records] = [(await cache.deploys('dev')).at(-1), await cache.blobs()];
  return {
    deploy: newest?.deploy ?? null,
    blobs: records.map(({ bytes }) => new TextDecoder().decode(bytes)),
  };
}

const one = releaseOf(1, 'a1');
const two = releaseOf(2, 'a2');
const three = releaseOf(3, 'a3');

describe('loading', () => {
  it('returns what an earlier page stored', async () => {
    const writer = create();
    boot();
    await writer.store(one, [recordOf('a1')]);
    const next = create();
    expect(await next.load()).toEqual({
      deploys: [{ channel: 'dev', derived: [], ...one }],
      records: [recordOf('a1')],
    });
    expect(problems).toEqual([]);
  });

  it('returns the deploy of the page first, and the one that was stored last', async () => {
    const writer = create();
    boot();
    await writer.store(one, [recordOf('a1')]);
    await writer.store(two, [recordOf('a2')]);
    const next = create(null, { deploy: { number: 7, manifest: one.hash } });
    expect((await next.load()).deploys).toEqual(
      [one, two].map((it) => ({ channel: 'dev', derived: [], ...it })),
    );
    expect(next.have.have).toBe(two.hash);
  });

  it('returns nothing of another registry', async () => {
    const writer = create();
    boot();
    await writer.store(one, [recordOf('a1')]);
    const next = create(null, { registry: 'f'.repeat(32) });
    expect(next.have.have).toBeNull();
    expect(await next.load()).toEqual({ deploys: [], records: [] });
  });

  it('returns nothing, and stores nothing, for a page without a registry', async () => {
    await create().load();
    const writer = create(null, { registry: null });
    storage.set(KEY, `null ${one.hash}`);
    expect(writer.have.have).toBeNull();
    boot();
    await writer.store(one, [recordOf('a1')]);
    expect(await writer.load()).toEqual({ deploys: [], records: [] });
    expect(await contents()).toEqual({ deploy: null, blobs: [] });
    expect(problems).toEqual([]);
  });

  it('returns nothing from an empty cache', async () => {
    expect(await create().load()).toEqual({ deploys: [], records: [] });
    expect(problems).toEqual([]);
  });

  it('returns nothing when IndexedDB cannot be opened', async () => {
    vi.stubGlobal('indexedDB', {
      open() {
        throw new Error('forbidden');
      },
    });
    expect(await create().load()).toEqual({ deploys: [], records: [] });
    expect(problems).toEqual(['Error: forbidden']);
  });

  it('returns nothing when IndexedDB does not answer in time', async () => {
    vi.stubGlobal('indexedDB', { open: () => ({}) });
    const writer = create();
    let loaded: unknown;
    void writer.load().then((result) => (loaded = result));
    clock.advance(1999);
    await settle();
    expect(loaded).toBeUndefined();
    clock.advance(1);
    await settle();
    expect(loaded).toEqual({ deploys: [], records: [] });
    expect(problems).toEqual(['Error: IndexedDB has not answered for 2000 ms']);
    // Nothing waits for it any more.
    boot();
    await writer.store(one, [recordOf('a1')]);
    await writer.flush();
  });
});

describe('have', () => {
  it('is what localStorage says until IndexedDB has answered', async () => {
    storage.set(KEY, `${REGISTRY} ${hashOf('x')}`);
    const writer = create();
    expect(writer.have.have).toBe(hashOf('x'));
    await writer.load();
    expect(writer.have.have).toBeNull();
  });

  it('is null when localStorage holds anything else', () => {
    storage.set(KEY, 'x');
    expect(create().have.have).toBeNull();
  });

  it.each([
    ['an earlier version has written', hashOf('x')],
    ['another registry has written', `${'f'.repeat(32)} ${hashOf('x')}`],
  ])('is null for what %s', (_, value) => {
    storage.set(KEY, value);
    expect(create().have.have).toBeNull();
  });

  it('is null when localStorage throws', () => {
    vi.stubGlobal('localStorage', undefined);
    expect(create().have.have).toBeNull();
  });

  it('is what was stored, on the next page too', async () => {
    const writer = create();
    await writer.load();
    boot();
    await writer.store(one, [recordOf('a1')]);
    expect(writer.have.have).toBe(one.hash);
    expect(create().have.have).toBe(one.hash);
  });
});

describe('storing', () => {
  it('waits for the boot', async () => {
    const writer = create();
    const done = writer.store(one, [recordOf('a1')]);
    await settle();
    expect(await contents()).toEqual({ deploy: null, blobs: [] });
    boot();
    await done;
    expect(await contents()).toEqual({ deploy: 1, blobs: ['a1'] });
  });

  it('skips blobs that the release does not name', async () => {
    const writer = create();
    boot();
    await writer.store(two, [recordOf('a1'), recordOf('a2')]);
    expect((await contents()).blobs).toEqual(['a2']);
  });

  it('writes nothing when everything is stored already', async () => {
    const writer = create();
    boot();
    await writer.store(one, [recordOf('a1')]);
    const put = vi.spyOn(Cache.prototype, 'put');
    await writer.store(one, []);
    expect(put).not.toHaveBeenCalled();
    await writer.store(two, []);
    expect(put).toHaveBeenCalledOnce();
  });

  it('reports a full disk and continues', async () => {
    const writer = create();
    boot();
    vi.spyOn(Cache.prototype, 'put').mockRejectedValueOnce(new Error('full'));
    await writer.store(one, [recordOf('a1')]);
    expect(problems).toEqual(['Error: full']);
    expect(storage.size).toBe(0);
    await writer.store(two, [recordOf('a2')]);
    expect(await contents()).toEqual({ deploy: 2, blobs: ['a2'] });
  });

  it('without a cache does nothing', async () => {
    vi.stubGlobal('indexedDB', undefined);
    const writer = create();
    boot();
    await writer.store(one, [recordOf('a1')]);
    expect(problems).toHaveLength(1);
    expect(storage.size).toBe(0);
  });
});

describe('while files are being edited', () => {
  let writer: CacheWriter;

  beforeEach(async () => {
    writer = create(HOT);
    boot();
    await writer.store(one, [recordOf('a1')]);
  });

  it('the boot is written at once', async () => {
    expect((await contents()).deploy).toBe(1);
  });

  it('edits are written together after three seconds, the last version of each file', async () => {
    await writer.store(two, [recordOf('a2')]);
    await writer.store(three, [recordOf('a3')]);
    expect(clock.pending).toBe(1);
    clock.advance(2999);
    await settle();
    expect((await contents()).deploy).toBe(1);
    const put = vi.spyOn(Cache.prototype, 'put');
    clock.advance(1);
    await eventually(async () => expect(await contents()).toEqual({ deploy: 3, blobs: ['a1', 'a3'] }));
    expect(put).toHaveBeenCalledOnce();
  });

  it('later edits are deferred again', async () => {
    await writer.store(two, [recordOf('a2')]);
    clock.advance(3000);
    await eventually(async () => expect((await contents()).deploy).toBe(2));
    await writer.store(three, [recordOf('a3')]);
    expect((await contents()).deploy).toBe(2);
    clock.advance(3000);
    await eventually(async () => expect((await contents()).deploy).toBe(3));
  });

  it('flush writes at once', async () => {
    await writer.store(two, [recordOf('a2')]);
    await writer.flush();
    expect((await contents()).deploy).toBe(2);
  });
});
