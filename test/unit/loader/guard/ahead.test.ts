import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cache } from '../../../../loader/cache/cache.js';
import { startAhead, type Ahead } from '../../../../loader/guard/ahead.js';
import { hash } from '../../../../loader/hash.js';
import { adoptSocket } from '../../../../loader/transport/adopt-socket.js';
import { hashOf, manifestHash, manifestOf, recordOf } from '../fakes.js';

const REGISTRY = 'ab'.repeat(16);
const LOADER = 'https://host.test/-/loader.js?v=1';
const KEY = 'modcast https://host.test/-/ production';
const SOCKET = `wss://host.test/-/socket?registry=${REGISTRY}&protocol=1&channel=production`;

class FakeSocket {
  binaryType = 'blob';
  onopen: ((event: unknown) => void) | undefined;
  onmessage: ((event: unknown) => void) | undefined;
  onclose: ((event: unknown) => void) | undefined;
  closed = false;
  constructor(readonly url: string) {
    sockets.push(this);
  }
  close(): void {
    this.closed = true;
  }
}

let storage: Map<string, string>;
let sockets: FakeSocket[];

beforeEach(() => {
  storage = new Map();
  sockets = [];
  vi.stubGlobal('indexedDB', new IDBFactory());
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('localStorage', { getItem: (key: string) => storage.get(key) ?? null });
});

afterEach(() => vi.unstubAllGlobals());

function start(data: Record<string, string> = {}): Ahead {
  const ahead: Ahead = { policies: [] };
  startAhead(ahead, LOADER, { registry: REGISTRY, channel: 'production', boot: 'cached', ...data });
  return ahead;
}

const urls = () => sockets.map(({ url }) => url);

describe('while the loader is on its way', () => {
  it('a first visit opens the socket and no database', async () => {
    const { rows, socket } = start();
    expect([rows, socket?.url]).toEqual([undefined, `${SOCKET}&fusion=`]);
    expect(urls()).toEqual([`${SOCKET}&fusion=`]);
    expect(sockets[0]!.binaryType).toBe('arraybuffer');
    expect(await indexedDB.databases()).toEqual([]);
  });

  it('the socket says what the cache has', () => {
    const [have, fusion] = [hashOf('m'), hashOf('f')];
    storage.set(KEY, `${REGISTRY} ${have} ${fusion}`);
    start({ deploy: `7 ${hashOf('newer')}`, entries: '["a/é.mjs"]' });
    const entries = encodeURIComponent('["a/é.mjs"]');
    expect(urls()).toEqual([`${SOCKET}&have=${have}&fusion=${fusion}&entries=${entries}`]);
  });

  it('a page whose deploy is in the cache opens no socket, unless it waits for one', () => {
    storage.set(KEY, `${REGISTRY} ${hashOf('m')} `);
    start({ deploy: `7 ${hashOf('m')}` });
    expect(urls()).toEqual([]);
    start({ deploy: `7 ${hashOf('m')}`, boot: 'fresh' });
    expect(urls()).toHaveLength(1);
  });

  it.each([
    ['without a socket', { socket: 'off' }],
    ['with entries that are not JSON', { entries: '[' }],
  ])('nothing is opened %s', (_, data) => {
    expect(start(data).socket).toBeUndefined();
    expect(urls()).toEqual([]);
  });

  it('nothing is opened where a policy of an earlier visit may forbid it', () => {
    storage.set('modcast policies', JSON.stringify({ page: ["connect-src 'none'"] }));
    start();
    expect(urls()).toEqual([]);
    storage.set('modcast policies', JSON.stringify({ page: ["script-src 'self'"] }));
    start();
    expect(urls()).toHaveLength(1);
  });

  it('nothing is opened where the browser forbids storage, or has no sockets', () => {
    vi.stubGlobal('WebSocket', undefined);
    expect(start().socket).toBeUndefined();
    vi.stubGlobal('WebSocket', FakeSocket);
    vi.stubGlobal('localStorage', {
      getItem() {
        throw new DOMException('forbidden', 'SecurityError');
      },
    });
    expect(start().socket).toBeUndefined();
    expect(urls()).toEqual([]);
  });

  it('what is stored is read, and the loader takes it', async () => {
    const manifest = manifestOf({ 'a.mjs': 'a' });
    const name = manifestHash(manifest);
    const stored = { channel: 'production', deploy: 7, hash: name, manifest, fusion: null, derived: [] };
    await (await Cache.open(REGISTRY, hash, 'old')).put([recordOf('a')], stored);
    storage.set(KEY, `${REGISTRY} ${name} `);
    const { rows } = start();
    const cache = await Cache.open(REGISTRY, hash, 'old', rows);
    const opened = vi.spyOn(indexedDB, 'open');
    expect([await cache.deploys('production'), await cache.blobs()]).toEqual([[stored], [recordOf('a')]]);
    // What was read is used once.
    await cache.put([recordOf('b')], { ...stored, deploy: 8 });
    expect((await cache.deploys('production')).at(-1)?.deploy).toBe(8);
    expect(await cache.blobs()).toHaveLength(2);
    expect(opened).not.toHaveBeenCalled();
  });

  it('a database that is gone is made by the loader', async () => {
    storage.set(KEY, `${REGISTRY} ${hashOf('m')} `);
    const { rows } = start();
    const cache = await Cache.open(REGISTRY, hash, 'old', rows);
    expect(await cache.deploys('production')).toEqual([]);
    expect(await indexedDB.databases()).toMatchObject([{ name: 'modcast', version: 1 }]);
  });
});

describe('the socket of the guard', () => {
  it('delivers what has come, in order, to the loader that takes it', async () => {
    const ahead = start();
    const url = ahead.socket!.url;
    const [fake] = sockets;
    fake!.onopen!({ type: 'open' });
    fake!.onmessage!({ type: 'message', data: '1' });
    const taken = adoptSocket(ahead, url) as unknown as FakeSocket;
    expect(taken).toBe(fake);
    const heard: unknown[] = [];
    taken.onopen = taken.onmessage = taken.onclose = (event) => heard.push(event);
    await Promise.resolve();
    expect(heard).toEqual([{ type: 'open' }, { type: 'message', data: '1' }]);
    expect(adoptSocket(ahead, url)).toBeUndefined();
  });

  it('is closed where the server would have been told something else', () => {
    const ahead = start();
    expect(adoptSocket(ahead, `${SOCKET}&have=${hashOf('other')}`)).toBeUndefined();
    expect(sockets[0]!.closed).toBe(true);
  });
});
