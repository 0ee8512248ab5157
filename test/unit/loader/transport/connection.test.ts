import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection } from '../../../../loader/transport/connection.js';
import {
  encodePackHeader,
  encodeRecords,
  encodeSegment,
  PROTOCOL_VERSION,
  type FromClient,
} from '../../../../schema/index.js';
import { FakeClock, hashOf, recordOf, settle } from '../fakes.js';

/** A socket on which the test speaks for the server. */
class FakeSocket {
  readonly url: string;
  binaryType = '';
  onopen!: () => void;
  onmessage!: (event: { data: string | ArrayBuffer }) => void;
  onclose!: () => void;
  readonly sent: unknown[] = [];
  /** The codes of its `close` calls. */
  readonly closes: (number | undefined)[] = [];

  constructor(url: string) {
    this.url = url;
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }

  close(code?: number): void {
    this.closes.push(code);
  }

  say(...messages: (object | Uint8Array<ArrayBuffer>)[]): void {
    for (const data of messages) {
      this.onmessage({ data: data instanceof Uint8Array ? data.buffer : JSON.stringify(data) });
    }
  }
}

let clock: FakeClock;
let sockets: FakeSocket[];
let events: unknown[];
let random: number;
let connection: Connection;

beforeEach(() => {
  clock = new FakeClock();
  sockets = [];
  events = [];
  random = 1;
  connection = new Connection({
    url: () => 'ws://site.test/-/socket?',
    hello: () => ({ channel: 'dev', have: hashOf('have'), deploy: null, entries: [] }),
    createSocket(url) {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    random: () => random,
    after: clock.after,
  });
  connection.on('pack', ({ count }) => events.push(`pack of ${count}`));
  connection.on('records', (records) => events.push(`records: ${records.length}`));
  connection.on('packed', () => events.push('packed'));
  connection.on('message', (message) => events.push(message.type === 'error' ? message.code : message.type));
  connection.on('closed', ({ opened }) => events.push(opened ? 'closed' : 'never opened'));
});

afterEach(() => vi.unstubAllGlobals());

/** The socket of the last attempt. */
const socket = (): FakeSocket => sockets.at(-1)!;

function open(): void {
  connection.connect();
  socket().onopen();
}

const record = recordOf('abc');
const body = encodeRecords([record]);
const whole = encodeSegment({ encoding: 'identity', count: 1, rawLength: body.length, body });
const broken = encodeSegment({ encoding: 'deflate', count: 1, rawLength: body.length, body });
const pack = { type: 'pack', id: 1, count: 2, bytes: 6 };
const welcome = { type: 'welcome', protocol: PROTOCOL_VERSION, deploy: 1, manifest: hashOf('x') };
const message: FromClient = { type: 'message', topic: 'a', data: 1 };

describe('connecting', () => {
  it('tells in the URL what the client has', () => {
    connection.connect();
    const { searchParams, pathname } = new URL(socket().url);
    expect(pathname).toBe('/-/socket');
    expect(searchParams.get('have')).toBe(hashOf('have'));
    expect(searchParams.get('channel')).toBe('dev');
    expect(connection.have).toBe(hashOf('have'));
    expect(connection.state).toBe('connecting');
  });

  it('is over when the socket opens', () => {
    open();
    expect(connection.state).toBe('open');
    expect(socket().binaryType).toBe('arraybuffer');
  });

  it('is not tried again when the page’s policy forbids it', () => {
    const forbidden = new Connection({
      url: () => 'ws://site.test/-/socket?',
      hello: () => ({ channel: 'dev', have: null, deploy: null, entries: [] }),
      createSocket() {
        throw new DOMException('forbidden', 'SecurityError');
      },
      random: () => 1,
      after: clock.after,
    });
    const closed: unknown[] = [];
    forbidden.on('closed', (event) => closed.push(event));
    forbidden.connect();
    expect(forbidden.state).toBe('closed');
    expect(closed).toEqual([{ opened: false }]);
    expect(clock.pending).toBe(0);
  });
});

describe('a lost connection', () => {
  async function lose(): Promise<void> {
    socket().onclose();
    await settle();
  }

  it('is tried again, with delays that double up to 30 s', async () => {
    connection.connect();
    for (const delay of [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      await lose();
      expect(connection.state).toBe('waiting');
      const attempts = sockets.length;
      clock.advance(delay - 1);
      expect(sockets).toHaveLength(attempts);
      clock.advance(1);
      expect(sockets).toHaveLength(attempts + 1);
    }
  });

  it('is tried again at a random time in the second half of the delay', async () => {
    random = 0;
    connection.connect();
    await lose();
    clock.advance(124);
    expect(sockets).toHaveLength(1);
    clock.advance(1);
    expect(sockets).toHaveLength(2);
  });

  it('starts with a short delay again after a welcome', async () => {
    connection.connect();
    await lose();
    clock.advance(250);
    socket().onopen();
    socket().say(welcome);
    await lose();
    clock.advance(250);
    expect(sockets).toHaveLength(3);
  });

  it('says whether it was ever open', async () => {
    connection.connect();
    await lose();
    clock.advance(250);
    socket().onopen();
    await lose();
    expect(events).toEqual(['never opened', 'closed']);
  });

  it('is reported after everything that has come on it', async () => {
    open();
    socket().say(pack, encodePackHeader(2), whole, whole);
    await lose();
    expect(events).toEqual(['pack of 2', 'records: 1', 'records: 1', 'packed', 'closed']);
  });

  it('ends its pack: the next one starts afresh', async () => {
    open();
    socket().say(pack, encodePackHeader(2), whole);
    await lose();
    clock.advance(250);
    socket().onopen();
    socket().say(pack, encodePackHeader(2), whole, whole);
    await settle();
    expect(events.slice(-4)).toEqual(['pack of 2', 'records: 1', 'records: 1', 'packed']);
  });

  it('follows a drop at once, even if the other side does not answer', async () => {
    open();
    connection.drop();
    expect(socket().closes).toEqual([undefined]);
    await settle();
    expect(events).toEqual(['closed']);
    clock.advance(250);
    expect(sockets).toHaveLength(2);
    connection.drop();
    await settle();
    expect(events).toEqual(['closed', 'never opened']);
  });

  it('after another version of the protocol is tried again later and later', async () => {
    connection.connect();
    for (const delay of [250, 500, 1000]) {
      socket().onopen();
      socket().say({ ...welcome, protocol: 99 });
      await settle();
      clock.advance(delay - 1);
      const attempts = sockets.length;
      clock.advance(1);
      expect(sockets).toHaveLength(attempts + 1);
    }
  });

  it('is not tried again after close', async () => {
    open();
    connection.close();
    await lose();
    expect(connection.state).toBe('closed');
    expect(events).toEqual(['closed']);
    expect(clock.pending).toBe(0);
  });

  it('is not tried again when it is closed while it waits', async () => {
    connection.connect();
    await lose();
    connection.close();
    clock.advance(250);
    expect(sockets).toHaveLength(1);
  });
});

describe('sending', () => {
  it('needs an open socket', () => {
    expect(connection.send(message)).toBe(false);
    connection.connect();
    expect(connection.send(message)).toBe(false);
    socket().onopen();
    expect(connection.send(message)).toBe(true);
    expect(socket().sent).toEqual([message]);
  });

  it('remembers what a later hello says it has', () => {
    open();
    connection.send({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      channel: 'dev',
      have: null,
      deploy: null,
      entries: [],
    });
    expect(connection.have).toBeNull();
    connection.send(message);
    expect(connection.have).toBeNull();
  });

  it('asks for blobs', () => {
    open();
    expect(connection.want([hashOf('a')], true)).toBe(true);
    expect(socket().sent).toEqual([{ type: 'want', hashes: [hashOf('a')], closure: true }]);
  });
});

describe('receiving', () => {
  it('counts bytes', () => {
    open();
    socket().say(welcome, encodePackHeader(2));
    expect(connection.received).toBe(JSON.stringify(welcome).length + encodePackHeader(2).length);
  });

  it('delivers a pack', async () => {
    open();
    socket().say(pack, encodePackHeader(2), whole, whole);
    await settle();
    expect(events).toEqual(['pack of 2', 'records: 1', 'records: 1', 'packed']);
  });

  it('ends at a broken segment, even if valid messages follow', async () => {
    open();
    socket().say(pack, encodePackHeader(2), broken, whole, welcome);
    await vi.waitFor(() => expect(socket().closes).toEqual([4000]));
    socket().onclose();
    await settle();
    expect(events).toEqual(['pack of 2', 'message-invalid', 'closed']);
  });

  it.each([
    ['a message that does not fit', [{ type: 'nonsense' }], 'message-invalid'],
    ['a frame without a pack', [encodePackHeader(1)], 'message-unexpected'],
    ['a pack within a pack', [pack, pack], 'message-unexpected'],
    ['another version of the protocol', [{ ...welcome, protocol: 99 }], 'protocol-version'],
    ['frames that are not a pack', [pack, new Uint8Array(99)], 'pack-invalid'],
  ])('closes the socket after %s', async (_, messages, code) => {
    open();
    socket().say(...messages);
    await settle();
    expect(socket().closes).toEqual([4000]);
    // At once: a proxy may never answer the close.
    expect(events.slice(-2)).toEqual([code, 'closed']);
    expect(connection.state).toBe('waiting');
  });

  it('ignores what still comes on a socket that was given up', async () => {
    open();
    socket().say({ type: 'nonsense' });
    await settle();
    const { received } = connection;
    socket().say(welcome, pack);
    socket().onclose();
    await settle();
    expect(events).toEqual(['message-invalid', 'closed']);
    expect(connection.received).toBe(received);
  });

  it('reports each part of a pack, at once', () => {
    const frames: unknown[] = [];
    connection.on('frame', () => frames.push('frame'));
    open();
    socket().say(pack, encodePackHeader(2), whole.slice(0, 5), whole.slice(5));
    expect(frames).toHaveLength(3);
  });

  it('continues with the next socket', async () => {
    open();
    socket().say({ type: 'nonsense' });
    await settle();
    socket().onclose();
    await settle();
    clock.advance(250);
    socket().onopen();
    socket().say(welcome);
    await settle();
    expect(events).toEqual(['message-invalid', 'closed', 'welcome']);
  });
});

it('logs messages when localStorage.debug enables it', async () => {
  vi.stubGlobal('localStorage', { debug: 'modcast:socket' });
  vi.resetModules();
  const log = vi.spyOn(console, 'debug').mockImplementation(() => {});
  const { Connection: Logging } = await import('../../../../loader/transport/connection.js');
  const logging = new Logging({
    url: () => 'ws://site.test/-/socket?',
    hello: () => ({ channel: 'dev', have: null, deploy: null, entries: [] }),
    createSocket: () => sockets[sockets.push(new FakeSocket('')) - 1] as unknown as WebSocket,
    random: () => 1,
    after: clock.after,
  });
  logging.connect();
  socket().onopen();
  logging.send(message);
  expect(log).toHaveBeenLastCalledWith('modcast:socket', 'send', message);
  log.mockRestore();
});
