import { beforeEach, describe, expect, it } from 'vitest';
import { VerifiedBlobs } from '../../../../registry/content/verified-blobs.js';
import { Catalog, type Head } from '../../../../registry/content/catalog.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import type { Store } from '../../../../registry/store/store.js';
import { lexModule } from '../../../../importmap/index.js';
import { manifestBytes, type Manifest } from '../../../../schema/index.js';
import { blake3 } from '../../../../registry/hash.js';

let store: Store;
let catalog: Catalog;
beforeEach(async () => {
  store = await openMemoryStore();
  catalog = over(store);
});

const over = (from: Store) =>
  new Catalog(from, new VerifiedBlobs({ store: from, channel: 'dev', directory: null, onDamaged: () => {} }));

const hashOf = (text: string) => blake3(Buffer.from(text));

async function commit(
  texts: Record<string, string>,
  rest: Partial<Manifest> = {},
  channel = 'dev',
): Promise<Head> {
  const modules = new Map<string, { hash: string; size: number; type: string }>();
  for (const [name, text] of Object.entries(texts)) {
    const bytes = Buffer.from(text);
    await store.putBlobs([{ hash: hashOf(text), bytes, links: lexModule(bytes) }]);
    modules.set(name, { hash: hashOf(text), size: bytes.length, type: 'text/javascript' });
  }
  const manifest: Manifest = { modules, entries: [], importMap: null, ...rest };
  const { deploy } = await store.commit({
    channel,
    manifest,
    hash: blake3(manifestBytes(manifest)),
    expected: (await store.head(channel))?.number ?? null,
    time: 1,
    author: '',
    message: '',
    commit: null,
  });
  return { deploy, manifest };
}

describe('a head', () => {
  it('is null for a channel without deploys', async () => {
    expect(await catalog.head('dev')).toBeNull();
  });

  it('comes from the store first, and then from moveHead', async () => {
    const first = await commit({ 'a.js': '1' });
    expect((await catalog.head('dev'))!.deploy).toEqual(first.deploy);
    const told: number[] = [];
    catalog.onHead(({ deploy }) => told.push(deploy.number));
    const second = await commit({ 'a.js': '2' });
    catalog.moveHead(second);
    catalog.moveHead(first);
    catalog.moveHead(second);
    expect((await catalog.head('dev'))!.deploy).toEqual(second.deploy);
    expect(told).toEqual([2]);
  });

  it('that moves while an older one is read stays the newest', async () => {
    await commit({ 'a.js': '1' });
    const { promise, resolve } = gate();
    const slow: Store = Object.create(store, {
      manifest: {
        value: async (number: number) => {
          await promise;
          return store.manifest(number);
        },
      },
    }) as Store;
    catalog = over(slow);
    const reading = catalog.head('dev');
    const second = await commit({ 'a.js': '2' });
    catalog.moveHead(second);
    resolve();
    expect((await reading)!.deploy.number).toBe(2);
    expect((await catalog.head('dev'))!.deploy.number).toBe(2);
  });
});

it('knows a manifest by hash only on a channel that had it', async () => {
  const dev = await commit({ 'a.js': '1' });
  const other = await commit({ 'a.js': '2' }, {}, 'other');
  catalog.moveHead(dev);
  catalog.moveHead(other);
  expect(await catalog.manifestOf('dev', dev.deploy.manifest)).toEqual(dev.manifest);
  expect(await catalog.manifestOf('dev', other.deploy.manifest)).toBeNull();
  expect(await catalog.manifestOf('dev', '0'.repeat(64))).toBeNull();
});

describe('a shipment', () => {
  const TEXTS = {
    'deep.js': '1',
    'lazy.js': 'import "deep"; 2',
    'leaf.js': '3',
    'main.js': 'import "./leaf.js"; import("lazy");',
    'unused.js': '4',
  };
  const SITE = {
    entries: ['main.js'],
    importMap: { imports: { deep: './deep.js', lazy: './lazy.js' } },
  };
  const texts = (hashes: readonly string[]) =>
    hashes.map((hash) => Object.entries(TEXTS).find(([, text]) => hashOf(text) === hash)?.[0]);

  it('has the static closure, then dynamic imports, and no modules that nothing imports', async () => {
    const head = await commit(TEXTS, SITE);
    const { hashes, first } = await catalog.shipment(head, null, []);
    expect(texts(hashes)).toEqual(['leaf.js', 'main.js', 'deep.js', 'lazy.js']);
    expect(first).toBe(4);
  });

  it('starts with the page’s own entries; the rest of the site follows', async () => {
    const head = await commit(TEXTS, SITE);
    const { hashes, first } = await catalog.shipment(head, null, ['lazy.js', 'nothing.js']);
    expect(texts(hashes)).toEqual(['deep.js', 'lazy.js', 'leaf.js', 'main.js']);
    expect(first).toBe(2);
  });

  it('does not contain what the client has', async () => {
    const before = await commit(TEXTS, SITE);
    const after = await commit({ ...TEXTS, 'leaf.js': 'changed' }, SITE);
    const have = { hash: before.deploy.manifest, manifest: before.manifest, isPublic: true };
    const { hashes, delta } = await catalog.shipment(after, have, []);
    expect(hashes).toEqual([hashOf('changed')]);
    expect(delta.set.map(([name]) => name)).toEqual(['leaf.js']);
  });

  it('is made once for clients with the same manifest and entries, and again after a failure', async () => {
    const head = await commit(TEXTS, SITE);
    expect(catalog.shipment(head, null, ['main.js'])).toBe(catalog.shipment(head, null, ['main.js']));
    const { links } = store;
    store.links = () => Promise.reject(new Error('busy'));
    catalog = over(store);
    await expect(catalog.shipment(head, null, [])).rejects.toThrow('busy');
    store.links = links;
    expect((await catalog.shipment(head, null, [])).hashes).toHaveLength(4);
  });
});

function gate(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
