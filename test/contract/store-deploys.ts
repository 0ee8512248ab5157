import { describe, expect, test } from 'vitest';
import { manifestToJson } from '../../schema/index.js';
import type { Store } from '../../registry/store/store.js';
import { blobOf, deployOf, manifestOf, publish } from './store-fixture.js';

export function deployContract(store: () => Store): void {
  describe('commit', () => {
    test('numbers deploys from 1 over all channels and records what each changed', async () => {
      const commit = 'c0ffee'.padEnd(40, '0');
      const first = await publish(store(), [
        ['a.mjs', 'a'],
        ['b.mjs', 'b'],
      ]);
      const other = await publish(store(), [['a.mjs', 'a']], { channel: 'production' });
      const second = await publish(
        store(),
        [
          ['a.mjs', 'a!'],
          ['c.mjs', 'ccc'],
        ],
        { author: 'Grace 🐚', message: 'more\nlines', time: 1_700_000_000_123, commit },
      );
      expect(first).toMatchObject({
        number: 1,
        parent: null,
        added: 2,
        changed: 0,
        removed: 0,
        commit: null,
      });
      expect(other).toMatchObject({ number: 2, parent: null, channel: 'production' });
      expect(second).toEqual({
        number: 3,
        channel: 'dev',
        parent: 1,
        manifest: second.manifest,
        commit,
        author: 'Grace 🐚',
        message: 'more\nlines',
        time: 1_700_000_000_123,
        added: 1,
        changed: 1,
        removed: 1,
        modules: 2,
        bytes: 5,
      });
      expect(await store().deploy(3)).toEqual(second);
    });

    test('without durability makes a deploy like any other', async () => {
      const manifest = manifestOf([['a.mjs', 'a']]);
      const blobs = [blobOf('a')];
      const { deploy } = await store().commit(deployOf(manifest, { blobs, durable: false }));
      expect(await store().head('dev')).toEqual(deploy);
      expect(await store().blobs([blobOf('a').hash])).toEqual(blobs);
      const next = await publish(store(), [['a.mjs', 'b']]);
      expect(next).toMatchObject({ number: 2, parent: 1, changed: 1 });
    });

    test('of the head’s own manifest makes no deploy', async () => {
      const deploy = await publish(store(), [['a.mjs', 'a']]);
      const again = deployOf(manifestOf([['a.mjs', 'a']]), { expected: 1, message: 'again', time: 2000 });
      expect(await store().commit(again)).toEqual({ deploy, created: false });
      expect(await store().deploys()).toEqual([deploy]);
    });

    test('of an older manifest is a new deploy', async () => {
      await publish(store(), [['a.mjs', 'a']]);
      await publish(store(), [['a.mjs', 'b']]);
      const rollback = await publish(store(), [['a.mjs', 'a']]);
      expect(rollback).toMatchObject({ number: 3, parent: 2, changed: 1 });
      expect(await store().deployOfManifest('dev', rollback.manifest)).toEqual(rollback);
    });

    test('with another head than the expected one is refused and changes nothing', async () => {
      const a = manifestOf([['a.mjs', 'a']]);
      await store().putBlobs([blobOf('a'), blobOf('b')]);
      await expect(store().commit(deployOf(a, { expected: 1 }))).rejects.toMatchObject({
        code: 'head-moved',
        expected: 1,
        found: null,
      });
      const deploy = await publish(store(), [['a.mjs', 'a']]);
      const b = manifestOf([['a.mjs', 'b']]);
      for (const expected of [null, 2]) {
        await expect(store().commit(deployOf(b, { expected }))).rejects.toMatchObject({
          code: 'head-moved',
          expected,
          found: 1,
        });
      }
      expect(await store().head('dev')).toEqual(deploy);
      expect(await store().deploys()).toEqual([deploy]);
    });

    test('has one winner when several expect the same head', async () => {
      await publish(store(), [['a.mjs', 'a']]);
      const texts = ['b', 'c', 'd', 'e'];
      await store().putBlobs(texts.map((text) => blobOf(text)));
      const outcomes = await Promise.allSettled(
        texts.map((text) => store().commit(deployOf(manifestOf([['a.mjs', text]]), { expected: 1 }))),
      );
      const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(won.map(({ value }) => value.created)).toEqual([true]);
      expect(lost.map(({ reason }) => reason.code)).toEqual(Array(3).fill('head-moved'));
      expect(await store().head('dev')).toEqual(won[0]!.value.deploy);
      expect(won[0]!.value.deploy.number).toBe(2);
    });

    test('with missing blobs is refused with their hashes and changes nothing', async () => {
      const first = await publish(store(), [['a.mjs', 'a']]);
      const texts: [string, string][] = [
        ['a.mjs', 'a'],
        ['b.mjs', 'missing'],
        ['c.mjs', 'missing too'],
        ['d.mjs', 'missing'],
      ];
      await expect(store().commit(deployOf(manifestOf(texts), { expected: 1 }))).rejects.toMatchObject({
        code: 'blob-missing',
        found: [blobOf('missing').hash, blobOf('missing too').hash],
      });
      expect(await store().head('dev')).toEqual(first);
      await expect(
        store().commit(deployOf(manifestOf(texts), { channel: 'production' })),
      ).rejects.toMatchObject({ code: 'blob-missing' });
      expect(await store().channels()).toEqual(['dev']);
      expect((await publish(store(), texts)).number).toBe(2);
    });

    test('stores the blobs that come with it, or none', async () => {
      const blobs = [blobOf('new'), blobOf('newer')];
      const texts: [string, string][] = [
        ['a.mjs', 'new'],
        ['b.mjs', 'newer'],
      ];
      const missing = manifestOf([...texts, ['c.mjs', 'missing']]);
      const hashes = blobs.map(({ hash }) => hash);
      await expect(store().commit(deployOf(missing, { blobs }))).rejects.toMatchObject({
        code: 'blob-missing',
        found: [blobOf('missing').hash],
      });
      await expect(store().commit(deployOf(missing, { blobs, expected: 1 }))).rejects.toMatchObject({
        code: 'head-moved',
      });
      expect(await store().missing(hashes)).toEqual(hashes);
      expect(await store().commit(deployOf(manifestOf(texts), { blobs }))).toMatchObject({ created: true });
      expect(await store().blobs(hashes)).toEqual(blobs);
    });

    test('with a wrong size of a blob is refused', async () => {
      const { hash } = blobOf('four');
      await store().putBlobs([blobOf('four')]);
      const modules = new Map([['a.mjs', { hash, size: 5, type: 'text/javascript' }]]);
      const manifest = { modules, entries: [], importMap: null };
      await expect(store().commit(deployOf(manifest))).rejects.toMatchObject({
        code: 'manifest-invalid',
        expected: 4,
        found: 5,
      });
      expect(await store().head('dev')).toBeNull();
    });

    test('is not affected by later changes of the manifest’s map', async () => {
      await store().putBlobs([blobOf('a'), blobOf('b')]);
      const { modules, ...site } = manifestOf([['a.mjs', 'a']]);
      const own = new Map(modules);
      await store().commit(deployOf({ ...site, modules: own }));
      own.clear();
      await publish(store(), [
        ['a.mjs', 'a'],
        ['b.mjs', 'b'],
      ]);
      expect(await store().deploy(2)).toMatchObject({ added: 1, changed: 0, removed: 0 });
      expect((await store().manifest(1))!.modules).toEqual(modules);
    });
  });

  describe('deploys', () => {
    test('are listed newest first, page by page, of all channels or one', async () => {
      for (const [i, channel] of ['dev', 'production', 'dev', 'dev', 'production'].entries()) {
        await publish(store(), [['a.mjs', String(i)]], { channel });
      }
      const numbers = async (options: Parameters<Store['deploys']>[0]) =>
        (await store().deploys(options)).map(({ number }) => number);
      expect(await numbers({})).toEqual([5, 4, 3, 2, 1]);
      expect(await numbers({ limit: 2 })).toEqual([5, 4]);
      expect(await numbers({ limit: 2, before: 4 })).toEqual([3, 2]);
      expect(await numbers({ channel: 'dev' })).toEqual([4, 3, 1]);
      expect(await numbers({ channel: 'dev', before: 4, limit: 1 })).toEqual([3]);
      expect(await numbers({ channel: 'production', before: 1 })).toEqual([]);
      expect(await numbers({ channel: 'nobody' })).toEqual([]);
    });

    test('of a channel without deploys are an empty list', async () => {
      expect(await store().head('dev')).toBeNull();
      expect(await store().channels()).toEqual([]);
      expect(await store().deployOfManifest('dev', blobOf('').hash)).toBeNull();
      expect(await store().visible('dev', [blobOf('').hash])).toEqual(new Set());
      expect(await store().pathOf('dev', blobOf('').hash)).toBeNull();
      await expect(store().delta(1, 2)).rejects.toMatchObject({ code: 'deploy-unknown', found: 1 });
    });

    test('keep the entries and the site’s import map', async () => {
      const importMap = JSON.parse(
        '{"imports":{"__proto__":"/p.mjs","b":"/b.mjs"},"scopes":{"/":{"a":null}}}',
      );
      const site = { entries: ['größe.mjs', '__proto__'], importMap };
      const manifest = manifestOf([['__proto__', 'a']], site);
      await store().putBlobs([blobOf('a')]);
      await store().commit(deployOf(manifest));
      expect(manifestToJson((await store().manifest(1))!)).toEqual(manifestToJson(manifest));
      expect(await store().pathOf('dev', blobOf('a').hash)).toBe('__proto__');
    });

    test('make a blob visible only to channels that contain it, while a deploy does', async () => {
      await publish(store(), [['a.mjs', 'a']]);
      await publish(store(), [['b.mjs', 'b']]);
      await publish(store(), [['c.mjs', 'c']], { channel: 'production' });
      const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((text) => blobOf(text).hash) as [string, ...string[]] &
        string[];
      expect(await store().visible('dev', [a, b!, c!, d!])).toEqual(new Set([a, b]));
      expect(await store().visible('production', [a, b!, c!, d!])).toEqual(new Set([c]));
      expect(await store().pathOf('dev', a)).toBe('a.mjs');
      expect(await store().pathOf('production', a)).toBeNull();
    });

    test('make a blob visible from a deploy on, as long as that or a later one contains it', async () => {
      await publish(store(), [
        ['a.mjs', 'a'],
        ['b.mjs', 'b'],
      ]);
      await publish(store(), [
        ['a.mjs', 'b'],
        ['b.mjs', 'a2'],
      ]);
      await publish(store(), [['x.mjs', 'x']], { channel: 'production' });
      await publish(store(), [
        ['a.mjs', 'a3'],
        ['c.mjs', 'a'],
      ]);
      const hashes = ['a', 'b', 'a2', 'a3'].map((text) => blobOf(text).hash) as [string, ...string[]] &
        string[];
      const [a, b, a2, a3] = hashes;
      expect(await store().visible('dev', hashes, 1)).toEqual(new Set(hashes));
      expect(await store().visible('dev', hashes, 2)).toEqual(new Set([a, b, a2, a3]));
      // Deploy 3 is another channel's.
      expect(await store().visible('dev', hashes, 3)).toEqual(new Set([a, b, a2, a3]));
      expect(await store().visible('dev', hashes, 4)).toEqual(new Set([a, a3]));
      expect(await store().visible('dev', hashes, 5)).toEqual(new Set([a, a3]));
      // And in single deploys before.
      expect(await store().visible('dev', hashes, 5, [1])).toEqual(new Set([a, b, a3]));
      expect(await store().visible('dev', hashes, 5, [2])).toEqual(new Set([a, b, a2, a3]));
      expect(await store().visible('dev', hashes, Infinity, [1])).toEqual(new Set([a, b]));
      expect(await store().visible('production', hashes, 5, [1, 2])).toEqual(new Set());
    });

    test('give a blob’s path in the newest deploy that has it', async () => {
      await publish(store(), [['old.mjs', 'a']]);
      await publish(store(), [['mid.mjs', 'a']]);
      await publish(store(), [['other.mjs', 'b']]);
      expect(await store().pathOf('dev', blobOf('a').hash)).toBe('mid.mjs');
      await publish(store(), [['new.mjs', 'a']]);
      expect(await store().pathOf('dev', blobOf('a').hash)).toBe('new.mjs');
    });
  });
}
