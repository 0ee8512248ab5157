import { describe, expect, test } from 'vitest';
import type { Store } from '../../registry/store/store.js';
import { blobOf, deployOf, hashOf, manifestOf, moduleOf, publish } from './store-fixture.js';

export function historyContract(store: () => Store): void {
  describe('history', () => {
    test('of a path lists its versions newest first, each with its first and last deploy', async () => {
      await publish(store(), [['a.mjs', 'one']]);
      await publish(store(), [['b.mjs', 'other']], { channel: 'production' });
      await publish(store(), [
        ['a.mjs', 'two'],
        ['b.mjs', 'b'],
      ]);
      await publish(store(), [['b.mjs', 'b']]);
      await publish(store(), [
        ['a.mjs', 'two'],
        ['b.mjs', 'b'],
      ]);
      expect(await store().versions('dev', 'a.mjs')).toEqual([
        { ...moduleOf('two'), from: 5, to: null },
        { ...moduleOf('two'), from: 3, to: 4 },
        { ...moduleOf('one'), from: 1, to: 3 },
      ]);
      expect(await store().versions('dev', 'b.mjs')).toEqual([{ ...moduleOf('b'), from: 3, to: null }]);
      expect(await store().versions('production', 'b.mjs')).toEqual([
        { ...moduleOf('other'), from: 2, to: null },
      ]);
      expect(await store().versions('dev', 'c.mjs')).toEqual([]);
      expect(await store().versions('nobody', 'a.mjs')).toEqual([]);
    });

    test('of a path distinguishes versions that differ only in type', async () => {
      const manifest = manifestOf([['a', '1']]);
      await store().putBlobs([blobOf('1')]);
      await store().commit(deployOf(manifest));
      const modules = new Map([['a', moduleOf('1', 'application/json')]]);
      const json = { ...manifest, modules };
      await store().commit(deployOf(json, { expected: 1 }));
      expect((await store().versions('dev', 'a')).map(({ type }) => type)).toEqual([
        'application/json',
        'text/javascript',
      ]);
      expect(await store().deploy(2)).toMatchObject({ added: 0, changed: 1, removed: 0 });
    });

    test('of a deploy is what it changed against its parent, sorted by path', async () => {
      await publish(store(), [
        ['gone.mjs', 'g'],
        ['b.mjs', 'b1'],
        ['same.mjs', 's'],
      ]);
      await publish(store(), [['other.mjs', 'x']], { channel: 'production' });
      await publish(store(), [
        ['same.mjs', 's'],
        ['b.mjs', 'b2'],
        ['a.mjs', 'a'],
      ]);
      expect(await store().changes(3)).toEqual([
        { path: 'a.mjs', before: null, after: moduleOf('a') },
        { path: 'b.mjs', before: moduleOf('b1'), after: moduleOf('b2') },
        { path: 'gone.mjs', before: moduleOf('g'), after: null },
      ]);
      expect(await store().changes(2)).toEqual([{ path: 'other.mjs', before: null, after: moduleOf('x') }]);
      expect((await store().changes(1))!.map(({ path }) => path)).toEqual(['b.mjs', 'gone.mjs', 'same.mjs']);
      expect(await store().changes(4)).toBeNull();
    });

    test('finds blobs and deploys by the first digits of a hash', async () => {
      const texts = Array.from({ length: 40 }, (_, i) => `text ${i}`);
      await store().putBlobs(texts.map((text) => blobOf(text)));
      const sorted = texts.map((text) => blobOf(text).hash).toSorted();
      for (let i = 0; i < 12; i++) await publish(store(), [['a.mjs', `text ${i}`]]);
      const deploys = (await store().deploys()).toReversed();

      for (const length of [1, 2, 3, 63, 64]) {
        const prefix = sorted[7]!.slice(0, length);
        const expected = sorted.filter((hash) => hash.startsWith(prefix)).slice(0, 10);
        expect((await store().resolveHash(prefix)).blobs).toEqual(expected);
      }
      expect(await store().resolveHash(deploys[3]!.manifest.slice(0, 11))).toEqual({
        blobs: [],
        deploys: [4],
      });
      expect(await store().resolveHash('')).toEqual({
        blobs: sorted.slice(0, 10),
        deploys: [12, 11, 10, 9, 8, 7, 6, 5, 4, 3],
      });
      for (const odd of ['x', 'AB', '%', `${sorted[0]}0`]) {
        expect(await store().resolveHash(odd)).toEqual({ blobs: [], deploys: [] });
      }
      expect(await store().resolveHash(hashOf(new Uint8Array(99)))).toEqual({ blobs: [], deploys: [] });
    });

    test('finds the newest deploy up to a time, even if clocks went back', async () => {
      for (const [text, time] of [
        ['a', 100],
        ['b', 300],
        ['c', 200],
      ] as const) {
        await publish(store(), [['a.mjs', text]], { time });
      }
      const found = async (time: number) => (await store().deployAt('dev', time))?.number ?? null;
      expect(await Promise.all([99, 100, 199, 200, 299, 300, 1e15].map(found))).toEqual([
        null,
        1,
        1,
        3,
        3,
        3,
        3,
      ]);
      expect(await store().deployAt('nobody', 1e15)).toBeNull();
    });
  });
}
