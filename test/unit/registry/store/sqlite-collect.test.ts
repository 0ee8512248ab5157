import { setImmediate } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { beforeEach, afterEach, expect, test } from 'vitest';
import type { Store, StoredBlob } from '../../../../registry/store/store.js';
import { openSqliteStore } from '../../../../registry/store/sqlite.js';
import { blobOf, deployOf, manifestOf, moduleOf, publish } from '../../../contract/store-fixture.js';
import { temporaryDirectory } from './temporary.js';

const at = temporaryDirectory();
const ALL = { keep: 0, olderThan: Infinity, now: 0, dryRun: false };

/** More than the collector deletes in one step, and in two. */
const MANY = 620;
const VERY_MANY = 1300;

let store: Store;
let other: Store;
beforeEach(async () => {
  [store, other] = await Promise.all([openSqliteStore(at('a.db')), openSqliteStore(at('a.db'))]);
});
afterEach(async () => {
  await Promise.all([store.close(), other.close()]);
});

/** Blobs without a channel. The store does not hash, so their hashes are numbers. */
async function putLoose(count: number): Promise<StoredBlob[]> {
  const bytes = new Uint8Array(1);
  const blobs = Array.from({ length: count }, (_, i) => ({
    hash: i.toString(16).padStart(64, '0'),
    bytes,
    links: null,
  }));
  await store.putBlobs(blobs);
  return blobs;
}

const present = async (blob: StoredBlob): Promise<boolean> => (await other.missing([blob.hash])).length === 0;

test('blobs that are leased or committed during a collection stay', async () => {
  const loose = await putLoose(VERY_MANY);
  const [leased, committed] = loose.slice(-2) as [StoredBlob, StoredBlob];
  const collecting = store.collect(ALL);
  // The first steps have deleted some blobs. The last ones were found unused and are deleted later.
  while (await present(loose[0]!)) await setImmediate();
  expect(await present(leased)).toBe(true);
  await other.lease([leased.hash], 'ada', 100);
  const module = { hash: committed.hash, size: 1, type: 'text/javascript' };
  await other.commit(deployOf({ ...manifestOf([]), modules: new Map([['a.mjs', module]]) }));
  expect(await collecting).toEqual({ deploys: 0, blobs: VERY_MANY - 2, bytes: VERY_MANY - 2 });
  expect(await Promise.all([leased, committed].map(present))).toEqual([true, true]);
});

test('publishing and reading continue during a collection, and every deploy is complete', async () => {
  const texts = ['a', 'b', 'c'];
  await store.putBlobs(texts.map((text) => blobOf(text)));
  for (let i = 0; i < MANY; i++) {
    const manifest = manifestOf([
      ['steady.mjs', 'a'],
      ['a.mjs', texts[i % 3]!],
    ]);
    await store.commit(deployOf(manifest, { expected: i === 0 ? null : i }));
  }
  let done = false;
  const collecting = store.collect(ALL).finally(() => {
    done = true;
  });
  let seen = 0;
  while (!done) {
    for (const { number, modules } of await other.deploys({ before: 520, limit: 5 })) {
      expect((await other.manifest(number))!.modules.size).toBe(modules);
      seen++;
    }
    await publish(other, [['b.mjs', `text ${seen}`]], { channel: 'other' });
    await setImmediate();
  }
  expect(await collecting).toMatchObject({ deploys: MANY - 1 });
  expect(seen).toBeGreaterThan(0);
  expect(await other.head('dev')).toMatchObject({ number: MANY });
  expect((await other.manifest(MANY))!.modules).toEqual(
    new Map([
      ['steady.mjs', moduleOf('a')],
      ['a.mjs', moduleOf(texts[(MANY - 1) % 3]!)],
    ]),
  );
  expect((await other.head('other'))!.modules).toBe(1);
});

test('no unused rows are left', async () => {
  await publish(store, [['gone.mjs', 'g']], { channel: 'production' });
  for (const text of ['a', 'b']) {
    const site = { entries: ['a.mjs'], importMap: { imports: { x: `/${text}.mjs` } } };
    await store.putBlobs([blobOf(text)]);
    const head = await store.head('production');
    await store.commit(
      deployOf(manifestOf([['a.mjs', text]], site), { channel: 'production', expected: head!.number }),
    );
  }
  await store.lease([blobOf('b').hash], 'ada', 0);
  await store.collect(ALL);
  const db = new Database(at('a.db'), { readonly: true });
  const count = (table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  const tables = ['deploy', 'version', 'path', 'site', 'blob', 'content', 'lease'];
  expect(tables.map(count)).toEqual([1, 1, 1, 1, 1, 1, 0]);
  db.close();
});

test('a store that is closed during a collection rejects it', async () => {
  await putLoose(MANY);
  const collecting = store.collect(ALL);
  await store.close();
  await expect(collecting).rejects.toMatchObject({ code: 'store-closed' });
});

test('the collector waits for a pause between steps, and stops if it rejects', async () => {
  await putLoose(MANY);
  let steps = 0;
  let go = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  const collecting = store.collect({ ...ALL, pause: () => (++steps, held) });
  while (steps === 0) await setImmediate();
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  expect(steps).toBe(1);
  go();
  expect(await collecting).toMatchObject({ blobs: MANY });
  expect(steps).toBeGreaterThan(3);
  const enough = () => Promise.reject(new Error('enough'));
  await expect(store.collect({ ...ALL, pause: enough })).rejects.toThrow('enough');
});
