import { describe, expect, test } from 'vitest';
import type { Store } from '../../registry/store/store.js';
import { blobOf, deployOf, manifestOf, moduleOf, publish } from './store-fixture.js';

const ALL = { keep: 0, olderThan: Infinity, now: 0, dryRun: false };

export function collectContract(store: () => Store): void {
  const exists = async (text: string) => (await store().missing([blobOf(text).hash])).length === 0;

  describe('the collector', () => {
    test('deletes deploys beyond both limits, never a head', async () => {
      for (const [i, text] of ['a', 'b', 'c', 'd', 'e'].entries()) {
        await publish(store(), [['a.mjs', text]], { time: 100 * (i + 1) });
      }
      await publish(store(), [['a.mjs', 'p']], { channel: 'production', time: 1 });
      const numbers = async () => (await store().deploys()).map(({ number }) => number);
      const collect = (keep: number, olderThan: number) => store().collect({ ...ALL, keep, olderThan });

      expect(await collect(2, 100)).toEqual({ deploys: 0, blobs: 0, bytes: 0 });
      expect(await collect(4, 400)).toEqual({ deploys: 1, blobs: 1, bytes: 1 });
      expect(await collect(1, 300)).toEqual({ deploys: 1, blobs: 1, bytes: 1 });
      expect(await numbers()).toEqual([6, 5, 4, 3]);
      expect(await collect(0, 1e9)).toEqual({ deploys: 2, blobs: 2, bytes: 2 });
      expect(await numbers()).toEqual([6, 5]);
      expect((await store().head('production'))?.number).toBe(6);
      expect((await store().manifest(5))!.modules).toEqual(new Map([['a.mjs', moduleOf('e')]]));
    });

    test('does not touch other channels than the given one', async () => {
      for (const text of ['a', 'b', 'c']) {
        await publish(store(), [['a.mjs', text]]);
        await publish(store(), [['a.mjs', `other ${text}`]], { channel: 'other' });
      }
      const forecast = await store().collect({ ...ALL, channel: 'dev', dryRun: true });
      expect(forecast).toEqual({ deploys: 2, blobs: 2, bytes: 2 });
      expect(await store().collect({ ...ALL, channel: 'dev' })).toEqual(forecast);
      expect((await store().deploys()).map(({ number }) => number)).toEqual([6, 5, 4, 2]);
      expect(await exists('other a')).toBe(true);
      expect((await store().manifest(2))!.modules.get('a.mjs')).toEqual(moduleOf('other a'));
      expect(await store().collect({ ...ALL, channel: 'unknown' })).toMatchObject({ deploys: 0, blobs: 0 });
    });

    test('keeps a history that starts with the oldest kept deploy', async () => {
      await publish(store(), [
        ['old.mjs', 'o'],
        ['steady.mjs', 's'],
      ]);
      await publish(store(), [
        ['steady.mjs', 's'],
        ['b.mjs', 'b1'],
      ]);
      await publish(store(), [
        ['steady.mjs', 's'],
        ['b.mjs', 'b2'],
      ]);
      await publish(store(), [
        ['steady.mjs', 's'],
        ['b.mjs', 'b3'],
      ]);
      await store().collect({ ...ALL, keep: 2 });
      expect(await store().deploy(2)).toBeNull();
      expect(await store().manifest(2)).toBeNull();
      await expect(store().delta(2, 3)).rejects.toMatchObject({ code: 'deploy-unknown', found: 2 });
      expect(await store().deploy(3)).toMatchObject({ parent: 2, changed: 1 });
      expect(await store().changes(3)).toBeNull();
      expect(await store().changes(4)).toHaveLength(1);
      expect(await store().versions('dev', 'old.mjs')).toEqual([]);
      expect((await store().versions('dev', 'b.mjs')).map(({ from, to }) => [from, to])).toEqual([
        [4, null],
        [3, 4],
      ]);
      expect(await store().versions('dev', 'steady.mjs')).toEqual([{ ...moduleOf('s'), from: 1, to: null }]);
      expect(await store().visible('dev', [blobOf('b1').hash, blobOf('b2').hash])).toEqual(
        new Set([blobOf('b2').hash]),
      );
      expect(await store().pathOf('dev', blobOf('o').hash)).toBeNull();
    });

    test('never uses a number twice', async () => {
      await publish(store(), [['a.mjs', 'a']]);
      await publish(store(), [['a.mjs', 'b']]);
      await store().collect(ALL);
      expect((await publish(store(), [['a.mjs', 'c']])).number).toBe(3);
    });

    test('reports what it would delete in a dry run, and deletes nothing', async () => {
      await publish(store(), [['a.mjs', 'aaa']]);
      await publish(store(), [['a.mjs', 'b']]);
      await store().putBlobs([blobOf('loose'), blobOf('leased')]);
      await store().lease([blobOf('leased').hash], 'ada', 100);
      const forecast = await store().collect({ ...ALL, dryRun: true });
      expect(forecast).toEqual({ deploys: 1, blobs: 2, bytes: 8 });
      expect(await store().missing([blobOf('aaa').hash, blobOf('loose').hash])).toEqual([]);
      expect(await store().deploy(1)).not.toBeNull();
      expect(await store().collect(ALL)).toEqual(forecast);
      expect(await exists('leased')).toBe(true);
    });

    test('keeps a blob that a deploy of any channel contains', async () => {
      await publish(store(), [['a.mjs', 'shared']], { channel: 'production' });
      await publish(store(), [['a.mjs', 'shared']]);
      await publish(store(), [['a.mjs', 'new']]);
      expect(await store().collect(ALL)).toEqual({ deploys: 1, blobs: 0, bytes: 0 });
      expect(await exists('shared')).toBe(true);
    });

    test('lets a collected blob be stored again, and an old manifest be deployed again', async () => {
      const first = await publish(store(), [['a.mjs', 'a']]);
      await publish(store(), [['a.mjs', 'b']]);
      await store().collect(ALL);
      const again = deployOf(manifestOf([['a.mjs', 'a']]), { expected: 2 });
      await expect(store().commit(again)).rejects.toMatchObject({ code: 'blob-missing' });
      expect(await publish(store(), [['a.mjs', 'a']])).toMatchObject({ number: 3, manifest: first.manifest });
      expect(await store().versions('dev', 'a.mjs')).toHaveLength(2);
    });
  });

  describe('a lease', () => {
    test('protects blobs until it ends, whether they were stored before or after it', async () => {
      await store().putBlobs([blobOf('before')]);
      await store().lease([blobOf('before').hash, blobOf('after').hash], 'ada', 100);
      await store().putBlobs([blobOf('after'), blobOf('loose')]);
      expect(await store().collect({ ...ALL, now: 99 })).toEqual({ deploys: 0, blobs: 1, bytes: 5 });
      expect(await exists('loose')).toBe(false);
      expect(await store().collect({ ...ALL, now: 100 })).toMatchObject({ blobs: 2 });
    });

    test('is never shortened', async () => {
      await store().putBlobs([blobOf('a')]);
      await store().lease([blobOf('a').hash], 'ada', 100);
      await store().lease([blobOf('a').hash], 'ada', 50);
      await store().collect({ ...ALL, now: 75 });
      expect(await exists('a')).toBe(true);
      await store().lease([blobOf('a').hash], 'ada', 200);
      await store().collect({ ...ALL, now: 150 });
      expect(await exists('a')).toBe(true);
    });

    test('belongs to its owner, who can end it', async () => {
      await store().putBlobs([blobOf('a'), blobOf('b')]);
      await store().lease([blobOf('a').hash, blobOf('b').hash], 'ada', 100);
      await store().lease([blobOf('b').hash], 'grace', 100);
      await store().release('ada');
      await store().release('nobody');
      await store().collect(ALL);
      expect(await Promise.all(['a', 'b'].map(exists))).toEqual([false, true]);
    });
  });
}
