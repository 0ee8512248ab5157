import { describe, expect, test } from 'vitest';
import type { DerivedItem, Store } from '../../registry/store/store.js';
import { blobOf, hashOf, publish } from './store-fixture.js';

const encode = (text: string) => new TextEncoder().encode(text);
const keyOf = (text: string) => hashOf(encode(`key ${text}`));

/** An item whose bytes are the text. */
function item(kind: DerivedItem['kind'], text: string, rest: Partial<DerivedItem> = {}): DerivedItem {
  const bytes = encode(text);
  return { kind, key: keyOf(text), version: '1', hash: hashOf(bytes), bytes, needs: [], ...rest };
}

const ALL = { keep: 0, olderThan: Infinity, now: 0, dryRun: false };

export function derivedContract(store: () => Store): void {
  async function everything(limit = 100): Promise<DerivedItem[]> {
    const items: DerivedItem[] = [];
    for (let after = 0; ;) {
      const page = await store().derivedPage(after, limit);
      items.push(...page.items);
      if (page.next === null) return items;
      after = page.next;
    }
  }

  describe('derived items', () => {
    test('are returned as stored, by kind and key, in the given order', async () => {
      const a = item('run', 'a', { version: 'größe', needs: [keyOf('x'), keyOf('y')] });
      const b = item('run', '');
      const c = item('record', 'c', { key: a.key });
      await store().putDerived([a, b, c]);
      expect(await store().derived('run', [b.key, keyOf('unknown'), a.key])).toStrictEqual([b, a]);
      expect(await store().derived('record', [a.key, b.key])).toStrictEqual([c]);
      expect(await store().derived('fusion', [a.key])).toEqual([]);
    });

    test('are found by the hash of their bytes', async () => {
      const a = item('run', 'a');
      await store().putDerived([a]);
      expect(await store().derivedByHash(a.hash)).toStrictEqual(a);
      expect(await store().derivedByHash(a.key)).toBeNull();
    });

    test('replace those of the same kind and key', async () => {
      const old = item('run', 'old', { key: keyOf('a') });
      const fresh = item('run', 'fresh', { key: keyOf('a'), version: '2' });
      await store().putDerived([old]);
      await store().putDerived([fresh]);
      expect(await everything()).toStrictEqual([fresh]);
      expect(await store().derivedByHash(old.hash)).toBeNull();
    });

    test('are stored all or none', async () => {
      const bad = item('run', 'bad', { bytes: null as unknown as Uint8Array });
      await expect(store().putDerived([item('run', 'good'), bad])).rejects.toThrow();
      expect(await everything()).toEqual([]);
    });

    test('do not change with the arrays that were passed in or returned', async () => {
      const a = item('run', 'steady');
      const kept = { ...a, bytes: a.bytes.slice() };
      await store().putDerived([a]);
      a.bytes.fill(0);
      (await store().derivedByHash(kept.hash))!.bytes.fill(0);
      expect(await store().derived('run', [a.key])).toStrictEqual([kept]);
    });

    test('can be dropped, and dropped again', async () => {
      const [a, b] = [item('run', 'a'), item('run', 'b')];
      await store().putDerived([a, b]);
      await store().dropDerived([a, { kind: 'fusion', key: b.key }]);
      await store().dropDerived([a]);
      expect(await everything()).toStrictEqual([b]);
    });

    test('come in pages, each once', async () => {
      const items = ['a', 'b', 'c', 'd', 'e'].map((text) => item('run', text));
      await store().putDerived(items);
      expect(await everything(2)).toStrictEqual(items);
      expect((await store().derivedPage(0, 2)).items).toHaveLength(2);
    });

    test('are in no deploy, and no blobs', async () => {
      const a = item('run', 'a');
      await store().putDerived([a]);
      expect(await store().missing([a.hash, a.key])).toEqual([a.hash, a.key]);
      expect(await store().blobs([a.hash])).toEqual([]);
      expect(await store().check(hashOf)).toEqual([]);
    });
  });

  describe('the collector drops derived items that no kept deploy needs', () => {
    const fusionOf = (key: string, runs: DerivedItem[]) =>
      item('fusion', `fusion of ${key}`, { key, needs: runs.map(({ hash }) => hash) });

    test('fusions of other manifests, and runs that only these need', async () => {
      const [shared, own, orphan] = [item('run', 'shared'), item('run', 'own'), item('run', 'orphan')];
      const first = await publish(store(), [['a.mjs', 'a']]);
      const second = await publish(store(), [['a.mjs', 'b']]);
      const old = fusionOf(first.manifest, [own, shared]);
      const kept = fusionOf(second.manifest, [shared]);
      await store().putDerived([shared, own, orphan, old, kept]);
      await store().collect({ ...ALL, dryRun: true });
      expect(await everything()).toHaveLength(5);
      await store().collect({ ...ALL, keep: 2 });
      expect(await everything()).toStrictEqual([shared, own, old, kept]);
      await store().collect(ALL);
      expect(await everything()).toStrictEqual([shared, kept]);
    });

    test('the runs of a fusion that was made again', async () => {
      const [before, after] = [item('run', 'before'), item('run', 'after')];
      const { manifest } = await publish(store(), [['a.mjs', 'a']]);
      await store().putDerived([before, fusionOf(manifest, [before])]);
      const fusion = fusionOf(manifest, [after]);
      await store().putDerived([after, fusion]);
      await store().collect(ALL);
      expect(await everything()).toStrictEqual([after, fusion]);
    });

    test('records of blobs that are gone', async () => {
      await publish(store(), [['a.mjs', 'a']]);
      await publish(store(), [['a.mjs', 'b']]);
      const [old, kept] = ['a', 'b'].map((text) => item('record', text, { key: blobOf(text).hash }));
      await store().putDerived([old!, kept!]);
      await store().collect(ALL);
      expect(await everything()).toStrictEqual([kept]);
    });

    test('what transforms have made of blobs and manifests that are gone, and runs of it', async () => {
      const first = await publish(store(), [['a.ts', 'a']]);
      const second = await publish(store(), [['a.ts', 'b']]);
      const made = ([name, manifest]: readonly [string, string]) => {
        const needs = [blobOf(name).hash];
        const site = item('site', `site of ${name}`, { needs: [manifest] });
        return [
          item('transform', `of ${name}`, { needs }),
          item('module', `code of ${name}`, { needs }),
          item('map', `map of ${name}`, { needs }),
          site,
          fusionOf(site.key, []),
        ];
      };
      const old = made(['a', first.manifest]);
      const kept = made(['b', second.manifest]);
      await store().putDerived([...old, ...kept]);
      await store().collect({ ...ALL, keep: 2 });
      expect(await everything()).toStrictEqual([...old, ...kept]);
      await store().collect(ALL);
      expect(await everything()).toStrictEqual(kept);
    });
  });
}
