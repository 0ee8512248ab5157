import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStore } from '../../../../registry/store/sqlite.js';
import type { Store } from '../../../../registry/store/store.js';
import { blobOf, hashOf, publish } from '../../../contract/store-fixture.js';
import { temporaryDirectory } from './temporary.js';

const at = temporaryDirectory();

let store: Store;
beforeEach(async () => {
  store = await openSqliteStore(at('a.db'));
  await publish(store, [
    ['a.mjs', 'a1'],
    ['b.mjs', 'b'],
  ]);
  await publish(store, [
    ['a.mjs', 'a2'],
    ['b.mjs', 'b'],
  ]);
});
afterEach(() => store.close());

/** Changes to the database by another program. */
function alter(sql: string): void {
  const db = new Database(at('a.db'));
  db.unsafeMode(true);
  db.pragma('foreign_keys = OFF');
  db.exec(sql);
  db.close();
}

const hash = (text: string) => blobOf(text).hash;

test.for([
  ['bytes that are gone', `DELETE FROM content WHERE blob_id = 2`, [`blob ${hash('b')} has no bytes, not 1`]],
  [
    'bytes of another length',
    `UPDATE content SET bytes = x'00' WHERE blob_id = 1`,
    [`blob ${hash('a1')} has 1 bytes, not 2`],
  ],
  [
    'links that do not decode',
    `UPDATE blob SET links = x'09' WHERE id = 2`,
    [expect.stringMatching(new RegExp(`^blob ${hash('b')}: links`))],
  ],
  [
    'a module that is not what was deployed',
    `UPDATE version SET type = 'text/css' WHERE from_deploy = 2`,
    [expect.stringMatching(/^the manifest of deploy 2 is /)],
  ],
  [
    'a version that lasts too long',
    `UPDATE version SET to_deploy = 3 WHERE to_deploy = 2`,
    [expect.stringMatching(/^the manifest of deploy 2 is /)],
  ],
  [
    'a site that is no JSON',
    `UPDATE site SET json = '{'`,
    Array(2).fill(expect.stringMatching(/^deploy \d: .*JSON/)),
  ],
  [
    'a head that is not the newest',
    `UPDATE channel SET head = 1`,
    ['the head of channel dev is not its newest deploy'],
  ],
  [
    'a copy of the identity that is another one',
    `UPDATE registry SET identity = 'f' || substr(identity, 2) WHERE copy = 2;
     UPDATE registry SET identity = 'e' || substr(identity, 2) WHERE copy <> 2`,
    ["the copies of the registry's identity differ"],
  ],
  [
    'a copy of the identity that is missing',
    'DELETE FROM registry WHERE copy = 3',
    ["the copies of the registry's identity differ"],
  ],
  [
    'a row that refers to nothing',
    `DELETE FROM path WHERE path = 'a.mjs'`,
    [
      ...Array(2).fill(expect.stringMatching(/^a row refers to a missing row: .*"version"/)),
      ...[1, 2].map((number) => expect.stringContaining(`the manifest of deploy ${number} is`)),
    ],
  ],
] as [string, string, string[]][])('finds %s', async ([, sql, problems]) => {
  expect(await store.check(hashOf)).toEqual([]);
  alter(sql);
  expect(await store.check(hashOf)).toEqual(problems);
});

test('finds an index that differs from its table', async () => {
  alter(`
    PRAGMA writable_schema = ON;
    CREATE TEMP TABLE kept AS SELECT sql FROM sqlite_schema WHERE name = 'version_of_blob';
    DELETE FROM sqlite_schema WHERE name = 'version_of_blob';
    PRAGMA writable_schema = RESET;
    UPDATE version SET blob_id = 2 WHERE from_deploy = 2 AND blob_id <> 2;
  `);
  const problems = await store.check(hashOf);
  expect(problems.length).toBeGreaterThan(0);
});

test('returns a lost blob for verification, without bytes', async () => {
  alter(`DELETE FROM content WHERE blob_id = 2`);
  const { blobs } = await store.verifyPage(1, 1);
  expect(blobs).toEqual([{ hash: hash('b'), bytes: new Uint8Array(0) }]);
});

test.each([1, 2, 3])('damage to copy %d of the identity does not change it', async (copy) => {
  const identity = await store.identity();
  alter(`UPDATE registry SET identity = 'x' || substr(identity, 2) WHERE copy = ${copy}`);
  expect(await store.identity()).toBe(identity);
});
