import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Retention } from '../../../../registry/ingest/retention.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import type { Store } from '../../../../registry/store/store.js';
import { blobOf, publish } from '../../../contract/store-fixture.js';
import { Client, SITE, serve, write } from '../site.js';
import { FakeClock } from '../fake-clock.js';
import { eventually } from '../../../eventually.js';

const KEEP = 20;
/** A tenth of it. */
const SPARE = 2;
const QUIET_MS = 3000;

let store: Store;
let clock: FakeClock;
let retention: Retention;
let errors: unknown[];
let idle: Promise<unknown>;
let count: number;

beforeEach(async () => {
  store = await openMemoryStore();
  clock = new FakeClock();
  errors = [];
  idle = Promise.resolve();
  count = 0;
});
afterEach(() => retention.close());

const start = (keep = KEEP) =>
  (retention = new Retention({
    store,
    channel: 'dev',
    keep,
    clock,
    now: () => 0,
    idle: () => idle,
    onError: (error) => errors.push(error),
  }));

async function deploy(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await publish(store, [['a.mjs', `version ${++count}`]]);
    retention?.deployed();
  }
}

const deploys = async () => (await store.deploys({ channel: 'dev', limit: 1000 })).length;
const settled = async () => {
  for (let turn = 0; turn < 50; turn++) await setImmediate();
};

describe('old deploys of the watched channel', () => {
  it('are deleted with their blobs when the registry is idle', async () => {
    start();
    await deploy(KEEP + SPARE);
    clock.advance(QUIET_MS - 1);
    await settled();
    expect(await deploys()).toBe(KEEP + SPARE);
    clock.advance(1);
    await eventually(async () => expect(await deploys()).toBe(KEEP));
    expect(await store.missing([1, 2, 3].map((n) => blobOf(`version ${n}`).hash))).toEqual(
      [1, 2].map((n) => blobOf(`version ${n}`).hash),
    );
    expect(errors).toEqual([]);
  });

  it('are not collected after each save, and there is at most a tenth too many', async () => {
    start();
    await deploy(KEEP);
    clock.advance(QUIET_MS);
    await settled();
    const collect = vi.spyOn(store, 'collect');
    await deploy(SPARE - 1);
    clock.advance(10 * QUIET_MS);
    await settled();
    expect(collect).not.toHaveBeenCalled();
    await deploy(1);
    clock.advance(QUIET_MS);
    await eventually(async () => expect(await deploys()).toBe(KEEP));
    expect(collect).toHaveBeenCalledTimes(1);
  });

  it('are deleted also when saving never pauses', async () => {
    start();
    for (let i = 0; i < 5 * KEEP; i++) {
      await deploy(1);
      clock.advance(QUIET_MS - 1);
      await settled();
      expect(await deploys()).toBeLessThanOrEqual(KEEP + 2 * SPARE + 1);
    }
  });

  it('of earlier runs are collected once after the start', async () => {
    await deploy(3 * KEEP);
    start();
    clock.advance(QUIET_MS);
    await eventually(async () => expect(await deploys()).toBe(KEEP));
  });

  it('of other channels are kept', async () => {
    start();
    for (let n = 0; n < 2 * KEEP; n++) await publish(store, [['a.mjs', `other ${n}`]], { channel: 'other' });
    await deploy(KEEP + SPARE);
    clock.advance(QUIET_MS);
    await eventually(async () => expect(await deploys()).toBe(KEEP));
    expect(await store.deploys({ channel: 'other', limit: 1000 })).toHaveLength(2 * KEEP);
  });
});

describe('the collector', () => {
  it('waits for a running ingest', async () => {
    let go = () => {};
    start();
    await deploy(KEEP + SPARE);
    idle = new Promise<void>((resolve) => (go = resolve));
    clock.advance(QUIET_MS);
    await settled();
    expect(await deploys()).toBe(KEEP + SPARE);
    go();
    await eventually(async () => expect(await deploys()).toBe(KEEP));
  });

  it('that fails reports the error, and the next one works', async () => {
    start();
    vi.spyOn(store, 'collect').mockRejectedValueOnce(new Error('disk'));
    await deploy(KEEP + SPARE);
    clock.advance(QUIET_MS);
    await eventually(() => expect(errors).toMatchObject([{ message: 'disk' }]));
    await deploy(SPARE);
    clock.advance(QUIET_MS);
    await eventually(async () => expect(await deploys()).toBe(KEEP));
  });

  it('stops without an error when the registry closes', async () => {
    start();
    const gone = vi.spyOn(store, 'collect').mockImplementation(async ({ pause }) => {
      for (;;) await pause!();
    });
    await deploy(KEEP + SPARE);
    clock.advance(QUIET_MS);
    await eventually(() => expect(gone).toHaveBeenCalled());
    await retention.close();
    expect(errors).toEqual([]);
  });
});

describe('a page whose deploy has been deleted', () => {
  it('gets the current deploy whole, also over an existing connection', async () => {
    const { registry, directory, port, url } = await serve(SITE, { watch: true, keepDeploys: 2 });
    const store = await registry.store();
    const before = new Client(port);
    const { manifest } = await before.message('welcome');
    await before.message('pack');
    for (let n = 0; n < 8; n++) {
      await write(directory, { 'lib/leaf.js': `export const leaf = 'number ${n}';\n` });
      await registry.scan();
    }
    await eventually(async () => expect(await store.deploy(1)).toBeNull());
    expect((await store.deploys()).length).toBeLessThanOrEqual(5);
    expect(await store.deployOfManifest('dev', manifest)).toBeNull();

    const after = new Client(port, `protocol=1&channel=dev&have=${manifest}`);
    const whole = await after.message('manifest');
    expect(whole).toMatchObject({ base: null, delete: [] });
    expect(whole.set).toHaveLength(4);
    expect(await after.message('pack')).toMatchObject({ count: 2 });
    // It may still want a blob of its old deploy, which is gone. The connection goes on.
    before.send({ type: 'want', hashes: [manifest], closure: false });
    expect(await before.message('error')).toMatchObject({ code: 'blob-unknown' });
    expect((await fetch(`${url}-/deploys/1/at/main.js`)).status).toBe(404);
    expect((await fetch(`${url}-/channels/dev/manifest.json`)).status).toBe(200);
    await write(directory, { 'lib/leaf.js': 'export const leaf = "the last";\n' });
    const { deploy } = (await registry.scan())!;
    await before.find((frame): frame is never => 'manifest' in frame && frame.manifest === deploy.manifest);
  });
});
