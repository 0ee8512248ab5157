import { beforeEach, describe, expect, test } from 'vitest';
import type { Store, Tag } from '../../registry/store/store.js';
import { blobOf, deployOf, hashOf, manifestOf, moduleOf, publish } from './store-fixture.js';

const tag = (name: string, deploy: number, rest: Partial<Tag> = {}): Tag => ({
  name,
  deploy,
  time: 5000,
  author: 'ada',
  message: 'größer',
  ...rest,
});

const ALL = { keep: 0, olderThan: Infinity, now: 0, dryRun: false };

export function tagContract(store: () => Store): void {
  describe('tags', () => {
    beforeEach(async () => {
      for (const text of ['a', 'b', 'c', 'd']) await publish(store(), [['a.mjs', text]]);
    });

    test('are returned as stored, sorted by name', async () => {
      const tags = [tag('v2', 2), tag('v10', 1, { message: '' }), tag('__proto__', 1)];
      for (const fresh of tags) expect(await store().putTag(fresh)).toBeNull();
      expect(await store().tags()).toEqual([tags[2], tags[1], tags[0]]);
    });

    test('move only by force', async () => {
      await store().putTag(tag('v1', 1));
      await expect(store().putTag(tag('v1', 2))).rejects.toMatchObject({ code: 'tag-exists', found: 1 });
      expect(await store().tags()).toEqual([tag('v1', 1)]);
      const moved = tag('v1', 2, { author: 'grace', time: 6000, message: 'again' });
      expect(await store().putTag(moved, { force: true })).toEqual(tag('v1', 1));
      expect(await store().tags()).toEqual([moved]);
      expect(await store().check(hashOf)).toEqual([]);
    });

    test('are deleted, once', async () => {
      await store().putTag(tag('v1', 1));
      await store().putTag(tag('v2', 1));
      expect(await store().deleteTag('v1')).toEqual(tag('v1', 1));
      expect(await store().deleteTag('v1')).toBeNull();
      expect(await store().tags()).toEqual([tag('v2', 1)]);
    });

    test('name existing deploys, and no channels', async () => {
      for (const force of [false, true]) {
        await expect(store().putTag(tag('v1', 9), { force })).rejects.toMatchObject({
          code: 'deploy-unknown',
          found: 9,
        });
        await expect(store().putTag(tag('dev', 1), { force })).rejects.toMatchObject({ code: 'tag-invalid' });
      }
      expect(await store().tags()).toEqual([]);
      await store().putTag(tag('v1', 1));
      const other = deployOf(manifestOf([['a.mjs', 'a']]), { channel: 'v1' });
      await expect(store().commit(other)).rejects.toMatchObject({ code: 'tag-exists', found: 1 });
      expect(await store().channels()).toEqual(['dev']);
    });

    test('keep their deploys from collection, and what only these contain', async () => {
      await store().putTag(tag('v1', 2));
      const forecast = await store().collect({ ...ALL, dryRun: true });
      expect(await store().collect(ALL)).toEqual(forecast);
      expect(forecast).toEqual({ deploys: 2, blobs: 2, bytes: 2 });
      const numbers = (await store().deploys()).map(({ number }) => number);
      expect(numbers).toEqual([4, 2]);
      expect(await store().deploys({ before: 4 })).toHaveLength(1);
      expect((await store().manifest(2))!.modules).toEqual(new Map([['a.mjs', moduleOf('b')]]));
      expect(await store().changes(4)).toBeNull();
      expect(await store().changes(2)).toBeNull();
      expect(await store().delta(2, 4)).toMatchObject({
        delete: [],
        set: [['a.mjs', blobOf('d').hash, 1, 'text/javascript']],
      });
      expect(await store().versions('dev', 'a.mjs')).toMatchObject([
        { from: 4, to: null },
        { from: 2, to: 3 },
      ]);
      expect(await store().visible('dev', [blobOf('b').hash, blobOf('c').hash])).toEqual(
        new Set([blobOf('b').hash]),
      );
      expect(await store().check(hashOf)).toEqual([]);
    });

    test('keep nothing once they are deleted or moved', async () => {
      await store().putTag(tag('v1', 1));
      await store().putTag(tag('v2', 2));
      expect(await store().collect(ALL)).toMatchObject({ deploys: 1 });
      await store().deleteTag('v1');
      await store().putTag(tag('v2', 4), { force: true });
      expect(await store().collect(ALL)).toEqual({ deploys: 2, blobs: 2, bytes: 2 });
      expect((await store().deploys()).map(({ number }) => number)).toEqual([4]);
      expect(await store().check(hashOf)).toEqual([]);
    });

    test('do not keep what a deploy of the same number range has on another channel', async () => {
      await publish(store(), [['a.mjs', 'e']], { channel: 'other' });
      await publish(store(), [['a.mjs', 'f']], { channel: 'other' });
      await publish(store(), [['a.mjs', 'g']]);
      await store().putTag(tag('v1', 5));
      expect(await store().collect(ALL)).toEqual({ deploys: 4, blobs: 4, bytes: 4 });
      expect((await store().deploys()).map(({ number }) => number)).toEqual([7, 6, 5]);
    });
  });

  test('a deploy that loses its tag during a collection stays whole', async () => {
    for (const text of ['a', 'b', 'c']) await publish(store(), [['a.mjs', text]]);
    await store().putTag(tag('v1', 1));
    let steps = 0;
    await store().collect({
      ...ALL,
      pause: async () => {
        if (steps++ === 0) await store().deleteTag('v1');
      },
    });
    for (const { number } of await store().deploys()) {
      expect((await store().manifest(number))!.modules.size).toBe(1);
    }
    expect(await store().check(hashOf)).toEqual([]);
  });

  describe('commits', () => {
    const [first, second] = ['abcd'.padEnd(40, '1'), 'abcd'.padEnd(40, '2')];
    const numbersOf = async (prefix: string) =>
      (await store().resolveCommit(prefix)).map(({ number }) => number);

    test('lead to the newest deploy of each on each channel', async () => {
      await publish(store(), [['a.mjs', 'a']], { commit: first });
      await publish(store(), [['a.mjs', 'b']], { commit: first });
      await publish(store(), [['a.mjs', 'c']], { commit: second });
      await publish(store(), [['a.mjs', 'c']], { commit: first, channel: 'production' });
      await publish(store(), [['a.mjs', 'd']], { commit: null });
      expect(await numbersOf(first)).toEqual([4, 2]);
      expect(await numbersOf(first.slice(0, 7))).toEqual([4, 2]);
      expect(await numbersOf('abcd')).toEqual([4, 3, 2]);
      expect(await store().resolveCommit(second)).toEqual([await store().deploy(3)]);
      for (const none of ['', 'ABCD', 'abce', `${first}1`, '%', 'abc_', 'abcg'])
        expect(await numbersOf(none)).toEqual([]);
    });
  });
}
