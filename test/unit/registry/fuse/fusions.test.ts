import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import type { Store } from '../../../../registry/store/store.js';
import { hashOf } from '../../../contract/store-fixture.js';
import { eventually } from '../../../eventually.js';
import { servePublished } from '../site.js';
import { createFusions, derivedItems, publishSite, SITE } from './fused-site.js';

let store: Store;
beforeEach(async () => {
  store = await openMemoryStore();
});
afterEach(() => store.close());

const kinds = async () => (await derivedItems(store)).map(({ kind }) => kind).toSorted();

/** SITE with another text of one module. */
const changed = (path: string, text: string) =>
  SITE.map(([name, old]): [string, string] => [name, name === path ? text : old]);

describe('fusions of deploys', () => {
  test('are stored with their runs, and the records of all modules', async () => {
    const head = await publishSite(store);
    const { fusions, errors } = createFusions(store);
    const fused = await fusions.whole(head);
    expect(fused!.fusion.runs.map(({ members }) => members)).toEqual([['b.mjs', 'main.mjs']]);
    expect(await kinds()).toEqual(['fusion', 'record', 'record', 'record', 'record', 'run']);
    expect(hashOf((await fusions.bytes(fused!.hash))!)).toBe(fused!.hash);
    expect(errors).toEqual([]);
  });

  test('are there at once for the next process, which plans and joins nothing', async () => {
    const head = await publishSite(store);
    const first = await createFusions(store).fusions.whole(head);
    const { fusions, work } = createFusions(store);
    expect(await fusions.soon(head)).toEqual(first);
    expect(await fusions.whole(head)).toEqual(first);
    expect(work).toEqual({ plans: 0, fuses: 0 });
  });

  test('are known by their hash, also those that another process has sent', async () => {
    const old = await createFusions(store).fusions.whole(await publishSite(store));
    await publishSite(store, changed('a.mjs', 'export const a = 3;\n'));
    const { fusions } = createFusions(store);
    expect(await fusions.byHash(old!.hash)).toEqual(old);
    expect(await fusions.byHash('0'.repeat(64))).toBeUndefined();
  });

  test('join only the runs that have changed', async () => {
    const first = createFusions(store);
    await first.fusions.whole(await publishSite(store));
    const runs = async () => (await derivedItems(store)).filter(({ kind }) => kind === 'run');
    const [before] = await runs();
    // In another run.
    await first.fusions.whole(await publishSite(store, changed('waits.mjs', 'await 1;\n')));
    expect(await runs()).toEqual([before]);
    await first.fusions.whole(await publishSite(store, changed('b.mjs', 'export const b = 3;\n')));
    expect((await runs()).length).toBeGreaterThan(1);
  });

  test('of a watched directory replace each other in the store', async () => {
    const { fusions } = createFusions(store, 'dev');
    await fusions.whole(await publishSite(store));
    const texts = changed('b.mjs', "import './waits.mjs';\nexport const b = 3;\n");
    await fusions.whole(await publishSite(store, texts));
    const items = await derivedItems(store);
    expect(items.filter(({ kind }) => kind === 'fusion')).toHaveLength(1);
    expect(items.filter(({ kind }) => kind === 'run')).toHaveLength(1);
  });
});

test('a registry without a directory joins its head before the first request', async () => {
  const { registry } = await servePublished(Object.fromEntries(SITE), { fuse: true });
  const served = await registry.store();
  const found = () => served.derivedPage(0, 1000);
  await eventually(async () => expect((await found()).items.map(({ kind }) => kind)).toContain('fusion'));
});

test('a channel without a deploy has nothing to join', async () => {
  const { fusions, work, errors } = createFusions(store);
  fusions.begin('dev');
  const head = await publishSite(store);
  await fusions.whole(head);
  expect([work, errors]).toEqual([{ plans: 0, fuses: 1 }, []]);
});

describe('what is stored of fusions', () => {
  test('can be deleted while it is served, and is made again', async () => {
    const head = await publishSite(store);
    const { fusions } = createFusions(store);
    const first = (await fusions.whole(head))!;
    const run = first.fusion.runs[0]!.hash!;
    const bytes = await fusions.bytes(run);
    // A process that has nothing in memory.
    const next = createFusions(store);
    await next.fusions.whole(head);
    await store.dropDerived(await derivedItems(store));
    expect(await next.fusions.bytes(run)).toEqual(bytes);
    expect(next.work).toEqual({ plans: 0, fuses: 1 });
    expect(await kinds()).toContain('fusion');
    expect(await kinds()).toContain('run');
  });

  test('can be deleted while the process that made it serves it', async () => {
    const head = await publishSite(store);
    const { fusions, work } = createFusions(store, null, 0);
    const run = (await fusions.whole(head))!.fusion.runs[0]!.hash!;
    const bytes = await fusions.bytes(run);
    expect(hashOf(bytes!)).toBe(run);
    await store.dropDerived(await derivedItems(store));
    await fusions.bytes(run);
    expect(work.fuses).toBe(2);
    expect(hashOf((await store.derivedByHash(run))!.bytes)).toBe(run);
  });

  test('is never sent when it is damaged', async () => {
    const head = await publishSite(store);
    const first = (await createFusions(store).fusions.whole(head))!;
    const items = await derivedItems(store);
    const run = items.find(({ kind }) => kind === 'run')!;
    const damaged = items.map((item) => ({ ...item, bytes: new TextEncoder().encode('damaged') }));
    await store.putDerived(damaged);
    const { fusions } = createFusions(store);
    expect(await fusions.whole(head)).toEqual(first);
    expect(await fusions.bytes(run.hash)).toEqual(run.bytes);
    const sound = (await derivedItems(store)).filter(({ hash, bytes }) => hashOf(bytes) === hash);
    expect(sound).toHaveLength(items.length);
  });

  test('is made again by another version', async () => {
    const head = await publishSite(store);
    await createFusions(store).fusions.whole(head);
    await store.putDerived((await derivedItems(store)).map((item) => ({ ...item, version: 'old' })));
    const { fusions, work } = createFusions(store);
    await fusions.whole(head);
    expect(work).toEqual({ plans: 0, fuses: 1 });
    expect((await derivedItems(store)).filter(({ version }) => version === 'old')).toEqual([]);
  });

  test('spares reading modules again when a deploy is new', async () => {
    await createFusions(store).fusions.whole(await publishSite(store));
    const head = await publishSite(store, changed('b.mjs', 'export const b = 3;\n'));
    const { fusions } = createFusions(store);
    await fusions.whole(head);
    expect((await derivedItems(store)).filter(({ kind }) => kind === 'record')).toHaveLength(5);
  });
});

test('the source map of a run leads to its members', async () => {
  const head = await publishSite(store);
  const { fusions } = createFusions(store);
  const fused = await fusions.whole(head);
  const found = await fusions.sourceMap(fused!.fusion.runs[0]!.hash!);
  const map = JSON.parse(found!) as { sources: string[]; mappings: string };
  expect(map.sources).toEqual(expect.arrayContaining(['b.mjs', 'main.mjs']));
  expect(map.mappings).not.toBe('');
  expect(await fusions.sourceMap('0'.repeat(64))).toBeUndefined();
});
