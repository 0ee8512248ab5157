import { beforeEach, describe, expect, it } from 'vitest';
import { BlobPool } from '../../../../loader/cache/blob-pool.js';
import type { CachedDeploy } from '../../../../loader/cache/cache.js';
import { hash } from '../../../../loader/hash.js';
import { ChannelClient } from '../../../../loader/transport/channel-client.js';
import {
  diffManifests,
  EMPTY_MANIFEST,
  LIMITS,
  PROTOCOL_VERSION,
  type Hash,
  type Manifest,
  type PackRecord,
} from '../../../../schema/index.js';
import { FakeClock, FakeConnection, hashOf, manifestHash, manifestOf, recordOf, settle } from '../fakes.js';

const STALL = 1500;
const v1 = manifestOf({ 'a.mjs': 'a1' });
const v2 = manifestOf({ 'a.mjs': 'a2' });
const v3 = manifestOf({ 'a.mjs': 'a2', 'b.mjs': 'b' });

let clock: FakeClock;
let connection: FakeConnection;
let pool: BlobPool;
let refused: Hash[];
let hashed: number;
let client: ChannelClient;
let events: unknown[];

const REGISTRY = 'ab'.repeat(16);

/**
 * @param have the manifest that the client says it has
 * @param cached what the cache turns out to hold, when it is open
 */
function create(
  have: Manifest | null = null,
  cached: Promise<Manifest | null> = Promise.resolve(have),
): void {
  connection = new FakeConnection();
  connection.have = have && manifestHash(have);
  client = new ChannelClient({
    connection,
    blobPool: pool,
    hasher: (bytes) => (hashed++, hash(bytes)),
    registry: REGISTRY,
    cached: cached.then((manifest): CachedDeploy[] =>
      manifest === null
        ? []
        : [{ channel: 'dev', deploy: 1, hash: manifestHash(manifest), manifest, fusion: null, derived: [] }],
    ),
    hello: () => ({ channel: 'dev', have: have && manifestHash(have), deploy: null, entries: [] }),
    after: clock.after,
    stall: STALL,
  });
  client.on('head', ({ deploy, hash: name }) => events.push({ head: deploy, hash: name }));
  client.on('complete', ({ release, records }) =>
    events.push({ complete: release.deploy, records: records.map((record) => record.hash) }),
  );
  client.on('problem', ({ code }) => events.push({ problem: code }));
}

beforeEach(() => {
  clock = new FakeClock();
  refused = [];
  pool = new BlobPool({ hasher: hash, onRefused: (name) => refused.push(name) });
  hashed = 0;
  events = [];
  create();
});

const welcome = (deploy: number, manifest: Manifest) =>
  connection.emit('message', {
    type: 'welcome',
    protocol: PROTOCOL_VERSION,
    deploy,
    manifest: manifestHash(manifest),
  });

const difference = (from: Manifest | null, to: Manifest) => {
  const { entries, importMap, set, delete: gone } = diffManifests(from ?? EMPTY_MANIFEST, to);
  return { entries: [...entries], importMap, set: [...set], delete: [...gone] };
};

const manifest = (base: Manifest | null, to: Manifest) =>
  connection.emit('message', {
    type: 'manifest',
    base: base && manifestHash(base),
    ...difference(base, to),
  });

const update = (deploy: number, base: Manifest, to: Manifest, name = manifestHash(to)) =>
  connection.emit('message', {
    type: 'update',
    deploy,
    manifest: name,
    base: manifestHash(base),
    ...difference(base, to),
  });

function pack(...records: PackRecord[]): void {
  connection.emit('pack', {
    count: records.length,
    bytes: records.reduce((sum, { bytes }) => sum + bytes.length, 0),
  });
  connection.emit('records', records);
  connection.emit('packed', undefined);
}

/** The server greets a client that has nothing. */
async function greet(deploy: number, to: Manifest, ...texts: string[]): Promise<void> {
  welcome(deploy, to);
  manifest(null, to);
  pack(...texts.map((text) => recordOf(text)));
  await settle();
  events.length = 0;
}

const hello = (have: Hash | null) => ({
  type: 'hello',
  protocol: PROTOCOL_VERSION,
  channel: 'dev',
  have,
  fusion: null,
  deploy: null,
  entries: [],
});

describe('a greeting', () => {
  it('of a client that has nothing: manifest and pack', async () => {
    welcome(3, v1);
    manifest(null, v1);
    await settle();
    expect(events).toEqual([{ head: 3, hash: manifestHash(v1) }]);
    expect(client.complete).toBeUndefined();
    pack(recordOf('a1'));
    await settle();
    expect(events.slice(1)).toEqual([{ complete: 3, records: [hashOf('a1')] }]);
    expect(client.head).toEqual({ deploy: 3, hash: manifestHash(v1), manifest: v1, fusion: null });
    expect(client.complete).toBe(client.head);
    expect(connection.sent).toEqual([]);
  });

  it('of a client that has the head: complete without a pack', async () => {
    create(v1);
    welcome(3, v1);
    await settle();
    expect(events).toEqual([
      { head: 3, hash: manifestHash(v1) },
      { complete: 3, records: [] },
    ]);
  });

  it('of a client that has an older deploy: a difference', async () => {
    create(v1);
    welcome(4, v2);
    manifest(v1, v2);
    pack(recordOf('a2'));
    await settle();
    expect(events).toEqual([
      { head: 4, hash: manifestHash(v2) },
      { complete: 4, records: [hashOf('a2')] },
    ]);
  });

  it('asks again without a manifest that the cache turns out not to hold', async () => {
    create(v1, Promise.resolve(null));
    welcome(3, v1);
    await settle();
    expect(connection.sent).toEqual([hello(null)]);
    expect(events).toEqual([]);
  });

  it('asks again when a difference is based on a manifest that is not here', async () => {
    create(v1);
    welcome(4, v3);
    manifest(v2, v3);
    await settle();
    // v1 is not the lost one: it may still be named.
    expect(connection.sent).toEqual([hello(manifestHash(v1))]);
    expect(events).toEqual([]);
  });

  it('asks again when a difference does not make the manifest of the welcome', async () => {
    create(v1);
    welcome(4, v3);
    manifest(v1, v2);
    await settle();
    expect(connection.sent).toEqual([hello(null)]);
    expect(events).toEqual([]);
  });

  it('drops a connection whose whole manifest is wrong', async () => {
    welcome(4, v3);
    manifest(null, v2);
    await settle();
    expect(events).toEqual([{ problem: 'hash-mismatch' }]);
    expect(connection.drops).toBe(1);
    expect(client.head).toBeUndefined();
  });

  it('refuses a manifest before a welcome', async () => {
    manifest(null, v1);
    await settle();
    expect(events).toEqual([{ problem: 'message-unexpected' }]);
    expect(connection.drops).toBe(1);
  });

  it('refuses a manifest after the connection was lost', async () => {
    welcome(3, v1);
    connection.emit('closed', { opened: true });
    manifest(null, v1);
    await settle();
    expect(events).toEqual([{ problem: 'message-unexpected' }]);
  });

  it('drops a connection whose difference is malformed', async () => {
    welcome(3, v1);
    connection.emit('message', {
      type: 'manifest',
      base: null,
      entries: [],
      importMap: null,
      set: [1],
      delete: [],
    });
    await settle();
    expect(events).toEqual([{ problem: 'manifest-invalid' }]);
    expect(connection.drops).toBe(1);
  });
});

describe('an update', () => {
  it('becomes the head at once, and is complete with its pack', async () => {
    await greet(1, v1, 'a1');
    update(2, v1, v2);
    await settle();
    expect(events).toEqual([{ head: 2, hash: manifestHash(v2) }]);
    expect(client.complete?.deploy).toBe(1);
    pack(recordOf('a2'));
    await settle();
    expect(events.slice(1)).toEqual([{ complete: 2, records: [hashOf('a2')] }]);
    expect(client.head?.manifest).toEqual(v2);
  });

  it('of an unknown base asks for another manifest, and keeps the blobs of its pack', async () => {
    await greet(1, v1, 'a1');
    update(3, v2, v3);
    pack(recordOf('b'));
    await settle();
    expect(connection.sent).toEqual([hello(null)]);
    expect(events).toEqual([{ complete: 1, records: [hashOf('b')] }]);
    expect(pool.has(hashOf('b'))).toBe(true);
  });

  it('is hashed a second after the last one', async () => {
    await greet(1, v1, 'a1');
    hashed = 0;
    update(2, v1, v2);
    await settle();
    clock.advance(999);
    update(3, v2, v3);
    await settle();
    clock.advance(999);
    await settle();
    expect(hashed).toBe(0);
    clock.advance(1);
    await settle();
    expect(hashed).toBe(1);
    expect(connection.sent).toEqual([]);
    expect(client.complete).toBeDefined();
  });

  it('that is not what its hash says is asked for again, whole', async () => {
    await greet(1, v1, 'a1');
    update(2, v1, v2, manifestHash(v3));
    pack(recordOf('a2'));
    await settle();
    expect(client.complete?.deploy).toBe(2);
    clock.advance(1000);
    await settle();
    expect(connection.sent).toEqual([hello(null)]);
    expect(client.complete).toBeUndefined();
    welcome(2, v3);
    manifest(null, v3);
    pack(recordOf('b'));
    await settle();
    expect(client.complete?.manifest).toEqual(v3);
  });

  it('cannot be based on a manifest that was found to be wrong', async () => {
    await greet(1, v1, 'a1');
    update(2, v1, v2, manifestHash(v3));
    await settle();
    clock.advance(1000);
    await settle();
    update(3, v3, v1);
    await settle();
    expect(client.head?.deploy).toBe(2);
    expect(connection.sent).toHaveLength(2);
  });
});

describe('blobs', () => {
  it('are reported as they come', async () => {
    const progress: object[] = [];
    let received = 0;
    client.on('progress', (state) => progress.push({ ...state }));
    client.on('received', (bytes) => (received += bytes));
    welcome(1, v1);
    manifest(null, v1);
    pack(recordOf('a1'), { ...recordOf('b'), bytes: new Uint8Array(7) });
    await settle();
    expect(progress).toEqual([
      { received: 0, total: 9 },
      { received: 2, total: 9 },
    ]);
    expect(received).toBe(2);
    expect(refused).toEqual([hashOf('b')]);
    expect(events.at(-1)).toEqual({ complete: 1, records: [hashOf('a1')] });
  });

  it('that come as deltas wait for the cache, which may hold their base', async () => {
    let open!: (deploy: null) => void;
    create(null, new Promise((resolve) => (open = resolve)));
    // Fossil's format: the whole text as an insert.
    const delta = new TextEncoder().encode('2\n2:a20;');
    connection.emit('records', [{ hash: hashOf('a2'), links: null, bytes: delta, base: hashOf('a1') }]);
    await settle();
    pool.addCached([recordOf('a1')]);
    open(null);
    await settle();
    expect(pool.has(hashOf('a2'))).toBe(true);
  });

  it('are each part of one complete release', async () => {
    await greet(1, v1, 'a1');
    update(2, v1, v2);
    pack(recordOf('a2'));
    await settle();
    update(3, v2, v3);
    pack(recordOf('b'));
    await settle();
    expect(events.filter((event) => 'complete' in (event as object))).toEqual([
      { complete: 2, records: [hashOf('a2')] },
      { complete: 3, records: [hashOf('b')] },
    ]);
  });
});

it('stores what came over HTTP with the release that it belongs to, though the server sends it again', async () => {
  client.addFetched([recordOf('a1')]);
  welcome(1, v1);
  manifest(null, v1);
  pack(recordOf('a1'));
  await settle();
  expect(events.filter((event) => 'complete' in (event as object))).toEqual([
    { complete: 1, records: [hashOf('a1')] },
  ]);
});

/** A graph with these modules, which import nothing. */
const graphOf = (...texts: string[]) => ({
  closure: () => ({ missing: new Set(texts.map(hashOf).filter((name) => !pool.has(name))) }) as never,
});

describe('need', () => {
  const want = (texts: string[], closure = true) => ({
    type: 'want',
    hashes: texts.map(hashOf),
    closure,
  });

  /** @returns whether it has resolved */
  function track(done: Promise<void>): () => boolean {
    let resolved = false;
    void done.then(() => (resolved = true));
    return () => resolved;
  }

  beforeEach(async () => {
    await greet(1, v1, 'a1');
  });

  it('resolves at once when nothing is missing', async () => {
    await client.need([hashOf('a1')], true);
    expect(connection.sent).toEqual([]);
  });

  it('requests what is missing, and resolves when it has come', async () => {
    const done = track(client.need([hashOf('a1'), hashOf('x'), hashOf('y')], true));
    await settle();
    expect(connection.sent).toEqual([want(['x', 'y'])]);
    connection.emit('records', [recordOf('x')]);
    await settle();
    expect(done()).toBe(false);
    connection.emit('records', [recordOf('y')]);
    await settle();
    expect(done()).toBe(true);
    expect(connection.sent).toHaveLength(1);
  });

  it('passes on whether the imports are wanted too', async () => {
    void client.need([hashOf('x')], false);
    await settle();
    expect(connection.sent).toEqual([want(['x'], false)]);
  });

  it('waits for a pack on its way before it requests more', async () => {
    update(2, v1, v2);
    await settle();
    const done = track(client.need([hashOf('a2')], true));
    await settle();
    expect(connection.sent).toEqual([]);
    pack(recordOf('a2'));
    await settle();
    expect(done()).toBe(true);
    expect(connection.sent).toEqual([]);
  });

  it('requests what the pack on its way did not hold', async () => {
    update(2, v1, v2);
    await settle();
    void client.need([hashOf('x')], true);
    pack(recordOf('a2'));
    await settle();
    expect(connection.sent).toEqual([want(['x'])]);
  });

  it('requests a damaged blob twice, then gives up', async () => {
    const done = track(client.need([hashOf('x')], true));
    const damaged = { ...recordOf('x'), bytes: new Uint8Array(1) };
    await settle();
    pack(damaged);
    await settle();
    expect(done()).toBe(false);
    pack(damaged);
    await settle();
    expect(done()).toBe(true);
    expect(connection.sent).toEqual([want(['x']), want(['x'])]);
    expect(refused).toEqual([hashOf('x'), hashOf('x')]);
  });

  it('never exceeds the request limit of the protocol', async () => {
    const texts = Array.from({ length: LIMITS.wantHashes + 1 }, (_, i) => `many ${i}`);
    void client.need(texts.map(hashOf), true);
    await settle();
    expect(connection.sent).toEqual([want(texts.slice(0, -1))]);
    pack(...texts.slice(0, -1).map((text) => recordOf(text)));
    await settle();
    expect(connection.sent[1]).toEqual(want(texts.slice(-1)));
  });

  it('gives up when the connection is lost', async () => {
    const done = track(client.need([hashOf('x')], true));
    await settle();
    connection.state = 'waiting';
    connection.emit('closed', { opened: true });
    await settle();
    expect(done()).toBe(true);
    expect(connection.drops).toBe(0);
  });

  it('requests again on a new connection: the lost pack is not waited for', async () => {
    void client.need([hashOf('x')], true);
    await settle();
    connection.emit('closed', { opened: true });
    await settle();
    expect(connection.sent).toEqual([want(['x']), want(['x'])]);
  });

  it('requests what several connections have lost', async () => {
    const done = track(client.need([hashOf('x')], true));
    await settle();
    for (let times = 0; times < 4; times++) {
      connection.emit('closed', { opened: true });
      await settle();
    }
    expect(connection.sent).toHaveLength(5);
    pack(recordOf('x'));
    await settle();
    expect(done()).toBe(true);
  });

  it('waits no longer when nothing comes for a while (stalls)', async () => {
    const done = track(client.need([hashOf('x'), hashOf('y')], true));
    await settle();
    clock.advance(STALL - 1);
    connection.emit('records', [recordOf('x')]);
    await settle();
    clock.advance(STALL - 1);
    await settle();
    expect(done()).toBe(false);
    clock.advance(1);
    await settle();
    expect(done()).toBe(true);
    expect(connection.drops).toBe(0);
  });

  it('does not wait a second time for a socket that is silent, until something comes', async () => {
    const first = track(client.needClosure(graphOf('x', 'y'), []));
    await settle();
    connection.emit('records', [recordOf('x')]);
    await settle();
    clock.advance(STALL);
    await settle();
    expect(first()).toBe(true);
    const second = track(client.need([hashOf('y')], true));
    await settle();
    expect(second()).toBe(true);
    connection.emit('frame', undefined);
    const third = track(client.need([hashOf('y')], true));
    await settle();
    expect(third()).toBe(false);
  });

  it('waits for a slow pack as long as parts of it come, even if none completes a blob', async () => {
    const done = track(client.need([hashOf('x')], true));
    await settle();
    for (let part = 0; part < 100; part++) {
      clock.advance(STALL - 1);
      connection.emit('frame', undefined);
      await settle();
    }
    expect(done()).toBe(false);
    pack(recordOf('x'));
    await settle();
    expect(done()).toBe(true);
    clock.advance(100_000);
    expect(connection.drops).toBe(0);
    expect(connection.sent).toHaveLength(1);
  });

  it('drops a connection whose pack stops for ten seconds', async () => {
    void client.need([hashOf('x')], true);
    await settle();
    clock.advance(9_999);
    connection.emit('frame', undefined);
    await settle();
    clock.advance(9_999);
    expect(connection.drops).toBe(0);
    clock.advance(1);
    expect(connection.drops).toBe(1);
  });

  it('resolves at once without a connection', async () => {
    connection.state = 'waiting';
    await client.need([hashOf('x')], true);
    expect(connection.sent).toEqual([]);
  });

  it('resolves at once before the head is known', async () => {
    create();
    await client.need([hashOf('x')], true);
    expect(connection.sent).toEqual([]);
  });
});

describe('needClosure', () => {
  /** A graph in which `x` imports `y`. */
  const graph = {
    closure: () => {
      const chain = ['x', 'y'].map(hashOf);
      const missing = chain.slice(chain.findIndex((name) => !pool.has(name))).slice(0, 1);
      return { missing: new Set(pool.has(chain[1]!) ? [] : missing) } as never;
    },
  };

  it('requests imports as they become known', async () => {
    await greet(1, v1, 'a1');
    const done = client.needClosure(graph, []);
    await settle();
    pack(recordOf('x'));
    await settle();
    pack(recordOf('y'));
    await done;
    expect(connection.sent).toMatchObject([
      { hashes: [hashOf('x')], closure: true },
      { hashes: [hashOf('y')], closure: true },
    ]);
  });

  it('gives up when nothing new comes', async () => {
    connection.state = 'waiting';
    await client.needClosure(graph, []);
    expect(pool.has(hashOf('x'))).toBe(false);
  });
});

describe('idle', () => {
  async function isIdle(): Promise<boolean> {
    let idle = false;
    void client.idle().then(() => (idle = true));
    await settle();
    return idle;
  }

  it('waits for the greeting and its pack', async () => {
    expect(await isIdle()).toBe(false);
    welcome(1, v1);
    expect(await isIdle()).toBe(false);
    manifest(null, v1);
    expect(await isIdle()).toBe(false);
    pack(recordOf('a1'));
    expect(await isIdle()).toBe(true);
  });

  it('waits for an update’s pack', async () => {
    await greet(1, v1, 'a1');
    update(2, v1, v2);
    expect(await isIdle()).toBe(false);
    pack(recordOf('a2'));
    expect(await isIdle()).toBe(true);
  });

  it('does not wait without a connection', async () => {
    connection.state = 'waiting';
    expect(await isIdle()).toBe(true);
  });

  it('ends when the connection is lost', async () => {
    let idle = false;
    void client.idle().then(() => (idle = true));
    await settle();
    connection.state = 'waiting';
    connection.emit('closed', { opened: true });
    await settle();
    expect(idle).toBe(true);
  });
});

describe('the registry', () => {
  it.each([
    ['the page’s own', REGISTRY, false],
    ['another one', 'f'.repeat(32), true],
    ['one that does not say', undefined, false],
  ])('behind the socket is %s', async (_, registry, expected) => {
    connection.emit('message', {
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      registry,
      deploy: 1,
      manifest: manifestHash(v1),
    });
    await settle();
    expect(client.isForeign).toBe(expected);
  });
});

describe('other messages', () => {
  it('passes on the application’s messages', async () => {
    const got: unknown[] = [];
    client.on('message', ({ topic, data }) => got.push([topic, data]));
    connection.emit('message', { type: 'message', topic: 'chat', data: 1 });
    await settle();
    expect(got).toEqual([['chat', 1]]);
  });

  it('reports the server’s errors and stays connected', async () => {
    connection.emit('message', { type: 'error', code: 'blob-unknown', message: 'no' });
    await settle();
    expect(events).toEqual([{ problem: 'blob-unknown' }]);
    expect(connection.drops).toBe(0);
  });

  it('reports a broken message as invalid', async () => {
    connection.emit('message', null as never);
    await settle();
    expect(events).toEqual([{ problem: 'message-invalid' }]);
  });
});
