import { describe, expect, test } from 'vitest';
import type { Hash } from '../../schema/index.js';
import { VERIFY_PAGE_BYTES, type Store } from '../../registry/store/store.js';
import { blobOf, deployOf, hashOf, manifestOf, publish } from './store-fixture.js';

export function checkContract(store: () => Store): void {
  describe('checking', () => {
    const pages = async (limit: number): Promise<Hash[][]> => {
      const found: Hash[][] = [];
      for (let after: number | null = 0; ;) {
        const { blobs, next } = await store().verifyPage(after, limit);
        if (next === null) {
          expect(blobs).toEqual([]);
          return found;
        }
        found.push(blobs.map(({ hash }) => hash));
        after = next;
      }
    };

    test('returns every blob once, in pages, with its bytes', async () => {
      expect(await pages(2)).toEqual([]);
      const texts = ['a', 'b', '', 'd', 'e'];
      await store().putBlobs(texts.map((text) => blobOf(text)));
      const [a, b, c, d, e] = texts.map((text) => blobOf(text).hash);
      expect(await pages(2)).toEqual([[a, b], [c, d], [e]]);
      expect(await pages(5)).toEqual([[a, b, c, d, e]]);
      const { blobs } = await store().verifyPage(0, 100);
      expect(blobs.map(({ bytes }) => hashOf(bytes))).toEqual([a, b, c, d, e]);
    });

    test('continues after collected blobs, and does not return a repaired one twice', async () => {
      await store().putBlobs(['a', 'b', 'c'].map((text) => blobOf(text)));
      await store().lease([blobOf('c').hash], 'ada', 100);
      const first = await store().verifyPage(0, 2);
      await store().repairBlob(blobOf('a'));
      await store().collect({ keep: 0, olderThan: 0, now: 0, dryRun: false });
      const second = await store().verifyPage(first.next!, 2);
      expect(second.blobs.map(({ hash }) => hash)).toEqual([blobOf('c').hash]);
    });

    test('ends a page when it has many bytes', async () => {
      const bytes = new Uint8Array(VERIFY_PAGE_BYTES / 2);
      const hashes = ['1', '2', '3'].map((digit) => digit.repeat(64));
      await store().putBlobs(hashes.map((hash) => ({ hash, bytes, links: null })));
      expect(await pages(100)).toEqual([hashes.slice(0, 2), hashes.slice(2)]);
    });

    test('builds and hashes every manifest again', async () => {
      await publish(store(), [['a.mjs', 'a']]);
      const manifest = manifestOf([['a.mjs', 'b']]);
      await store().putBlobs([blobOf('b')]);
      await store().commit(deployOf(manifest, { expected: 1, hash: '0'.repeat(64) }));
      await publish(store(), [['a.mjs', 'c']]);
      const problems = await store().check(hashOf);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/^the manifest of deploy 2 is [0-9a-f]{64}, not 0{64}$/);
    });
  });
}
