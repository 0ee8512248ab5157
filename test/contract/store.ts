import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FileStat, Store } from '../../registry/store/store.js';
import { blobContract } from './store-blobs.js';
import { checkContract } from './store-check.js';
import { collectContract } from './store-collect.js';
import { deployContract } from './store-deploys.js';
import { derivedContract } from './store-derived.js';
import { blobOf, deployOf, manifestOf, publish } from './store-fixture.js';
import { historyContract } from './store-history.js';
import { storeProperties } from './store-property.js';
import { tagContract } from './store-tags.js';
import { tokenContract } from './store-tokens.js';

/**
 * The contract of all implementations of the store.
 * @param open opens a new store, in its own directory if it needs one
 */
export function storeContract(name: string, open: (directory: string) => Promise<Store>): void {
  const fresh = async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'modcast-store-'));
    const store = await open(directory);
    const dispose = async () => {
      await store.close();
      await rm(directory, { recursive: true });
    };
    return { store, dispose };
  };

  describe(name, () => {
    let store: Store;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ store, dispose } = await fresh());
    });
    afterEach(() => dispose());

    blobContract(() => store);
    deployContract(() => store);
    historyContract(() => store);
    collectContract(() => store);
    checkContract(() => store);
    tokenContract(() => store);
    tagContract(() => store);
    derivedContract(() => store);

    test('an identity is random, and stays the same', async () => {
      const identity = await store.identity();
      expect(identity).toMatch(/^[0-9a-f]{32}$/);
      await publish(store, [['a.mjs', 'a']]);
      expect(await store.identity()).toBe(identity);
      const other = await fresh();
      expect(await other.store.identity()).not.toBe(identity);
      await other.dispose();
    });

    describe('files', () => {
      const stat = (text: string): FileStat => ({
        size: text.length,
        mtime: '1700000000123456789',
        ctime: '1700000000123456790',
        inode: '18446744073709551615',
        hash: blobOf(text).hash,
      });

      test('are stored by directory; a change sets and deletes', async () => {
        expect(await store.files('/site')).toEqual(new Map());
        const set = new Map([
          ['a.mjs', stat('a')],
          ['__proto__', stat('b')],
        ]);
        await store.putFiles('/site', { set, delete: [] });
        expect(await store.files('/site')).toEqual(set);
        expect(await store.files('/other')).toEqual(new Map());
        await store.putFiles('/other', { set, delete: [] });
        await store.putFiles('/site', {
          set: new Map([['a.mjs', stat('aa')]]),
          delete: ['__proto__', 'gone'],
        });
        expect(await store.files('/site')).toEqual(new Map([['a.mjs', stat('aa')]]));
        expect(await store.files('/other')).toEqual(set);
      });
    });

    test('a closed store rejects every call, and may be closed again', async () => {
      await store.close();
      await store.close();
      for (const call of [
        store.head('dev'),
        store.channels(),
        store.putBlobs([]),
        store.commit(deployOf(manifestOf([]))),
        store.files('/site'),
        store.collect({ keep: 0, olderThan: 0, now: 0, dryRun: false }),
        store.tokens(),
        store.tags(),
      ]) {
        await expect(call).rejects.toMatchObject({ code: 'store-closed' });
      }
    });

    storeProperties(fresh);
  });
}
