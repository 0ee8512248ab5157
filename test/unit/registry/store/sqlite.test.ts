import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { manifestToJson } from '../../../../schema/index.js';
import { openSqliteStore } from '../../../../registry/store/sqlite.js';
import { blobOf, deployOf, manifestOf, publish } from '../../../contract/store-fixture.js';
import { temporaryDirectory } from './temporary.js';

const at = temporaryDirectory();

test('a commit is there when the database is opened again', async () => {
  const first = await openSqliteStore(at('a.db'));
  const deploy = await publish(first, [['a.mjs', 'a']], { message: 'kept' });
  await first.putFiles('/site', {
    set: new Map([['a.mjs', { size: 1, mtime: '1', ctime: '1', inode: '2', hash: blobOf('a').hash }]]),
    delete: [],
  });
  await first.close();
  const again = await openSqliteStore(at('a.db'));
  expect(await again.head('dev')).toEqual(deploy);
  expect(await again.blobs([blobOf('a').hash])).toStrictEqual([blobOf('a')]);
  expect((await again.files('/site')).size).toBe(1);
  await again.close();
});

describe('two connections to one file', () => {
  test('see each other’s deploys, and one wins a head', async () => {
    const [one, two] = await Promise.all([openSqliteStore(at('a.db')), openSqliteStore(at('a.db'))]);
    await publish(one, [['a.mjs', 'a']]);
    expect(await two.head('dev')).toEqual(await one.head('dev'));
    await one.putBlobs([blobOf('b'), blobOf('c')]);
    const outcomes = await Promise.allSettled([
      one.commit(deployOf(manifestOf([['a.mjs', 'b']]), { expected: 1 })),
      two.commit(deployOf(manifestOf([['a.mjs', 'c']]), { expected: 1 })),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await two.deploys()).map(({ number }) => number)).toEqual([2, 1]);
    await Promise.all([one.close(), two.close()]);
  });

  test('compute changes against the head that the other made', async () => {
    const [one, two] = await Promise.all([openSqliteStore(at('a.db')), openSqliteStore(at('a.db'))]);
    await publish(one, [
      ['a.mjs', 'a1'],
      ['b.mjs', 'b1'],
    ]);
    await publish(two, [
      ['a.mjs', 'a2'],
      ['c.mjs', 'c1'],
    ]);
    const third = await publish(one, [
      ['a.mjs', 'a2'],
      ['b.mjs', 'b1'],
    ]);
    expect(third).toMatchObject({ added: 1, changed: 0, removed: 1 });
    const expected = manifestOf([
      ['a.mjs', 'a2'],
      ['b.mjs', 'b1'],
    ]);
    expect(manifestToJson((await two.manifest(3))!)).toEqual(manifestToJson(expected));
    await Promise.all([one.close(), two.close()]);
  });

  test('compute the next commit correctly after a refused one', async () => {
    const store = await openSqliteStore(at('a.db'));
    await publish(store, [['a.mjs', 'a']]);
    const refused = manifestOf([
      ['a.mjs', 'a'],
      ['b.mjs', 'missing'],
    ]);
    await expect(store.commit(deployOf(refused, { expected: 1 }))).rejects.toMatchObject({
      code: 'blob-missing',
    });
    const next = await publish(store, [
      ['a.mjs', 'a'],
      ['b.mjs', 'missing'],
    ]);
    expect(next).toMatchObject({ added: 1, changed: 0, removed: 0 });
    await store.close();
  });
});

test('a blob whose bytes were lost or changed on disk is returned as found, and can be repaired', async () => {
  const store = await openSqliteStore(at('a.db'));
  const [a, b] = [blobOf('aaaa'), blobOf('bbbb')];
  await store.putBlobs([a, b]);
  const other = new Database(at('a.db'));
  other.exec(`UPDATE content SET bytes = x'00' WHERE blob_id = 1; DELETE FROM content WHERE blob_id = 2`);
  other.close();
  expect(await store.blobs([a.hash, b.hash])).toStrictEqual([{ ...a, bytes: new Uint8Array(1) }]);
  await store.repairBlob(a);
  await store.repairBlob(b);
  expect(await store.blobs([a.hash, b.hash])).toStrictEqual([a, b]);
  await store.close();
});
