import { expect, it, vi } from 'vitest';
import { DerivedBlobs } from '../../../../registry/content/derived-blobs.js';
import { blake3 } from '../../../../registry/hash.js';
import type { DerivedItem, DerivedStore } from '../../../../registry/store/store.js';

function itemOf(text: string): DerivedItem {
  const bytes = new TextEncoder().encode(text);
  const hash = blake3(bytes);
  return { kind: 'module', key: hash, version: '1', hash, needs: [], bytes };
}

function storeOf(items: readonly DerivedItem[]) {
  const byHash = new Map(items.map((item) => [item.key, item]));
  return {
    derived: vi.fn<DerivedStore['derived']>(async (_, keys) => keys.flatMap((key) => byHash.get(key) ?? [])),
    derivedByHash: vi.fn<DerivedStore['derivedByHash']>(async (hash) => byHash.get(hash) ?? null),
    dropDerived: vi.fn<DerivedStore['dropDerived']>(async () => {}),
  };
}

const [a, b, gone] = [itemOf('a'), itemOf('b'), itemOf('gone')];

it('reads in one query what is about to be read', async () => {
  const store = storeOf([a, b]);
  const derived = new DerivedBlobs(store as unknown as DerivedStore);
  await derived.prefetch([a.hash, b.hash, gone.hash]);
  expect(await derived.read(a.hash)).toEqual(a.bytes);
  expect(await derived.read(b.hash)).toEqual(b.bytes);
  expect(store.derived).toHaveBeenCalledTimes(1);
  expect(store.derivedByHash).not.toHaveBeenCalled();
  expect(await derived.read(gone.hash)).toBeUndefined();
});

it('drops what is damaged before it is read', async () => {
  const damaged = { ...b, bytes: new TextEncoder().encode('c') };
  const store = storeOf([a, damaged]);
  const derived = new DerivedBlobs(store as unknown as DerivedStore);
  await derived.prefetch([a.hash, b.hash]);
  expect(store.dropDerived).toHaveBeenCalledWith([damaged]);
  expect(await derived.read(a.hash)).toEqual(a.bytes);
});

it('reads again what does not fit into memory', async () => {
  const store = storeOf([a, b]);
  const derived = new DerivedBlobs(store as unknown as DerivedStore, 1);
  await derived.prefetch([a.hash, b.hash]);
  expect(await derived.read(a.hash)).toEqual(a.bytes);
  expect(await derived.read(b.hash)).toEqual(b.bytes);
});
