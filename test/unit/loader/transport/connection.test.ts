import { expect, it } from 'vitest';
import { Connection } from '../../../../loader/transport/connection.js';
import { encodePackHeader, encodeRecords, encodeSegment, type PackRecord } from '../../../../schema/index.js';

/** A socket that is open at once, and to which the test speaks. */
class FakeSocket {
  binaryType = '';
  onopen: (() => void) | undefined;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | undefined;
  onclose: (() => void) | undefined;
  // Before `closed`, whose initializer sets it.
  close!: (code?: number) => void;
  readonly closed = new Promise<number | undefined>((resolve) => (this.close = resolve));

  say(...messages: (object | Uint8Array<ArrayBuffer>)[]): void {
    for (const data of messages) {
      this.onmessage?.({ data: data instanceof Uint8Array ? data.buffer : JSON.stringify(data) });
    }
  }
}

function connect() {
  const socket = new FakeSocket();
  const connection = new Connection({
    url: 'ws://site.test/-/socket',
    hello: () => ({ channel: 'dev', have: null, deploy: null, entries: [] }),
    createSocket: () => socket as unknown as WebSocket,
    random: () => 0,
    after: () => {},
  });
  const events: string[] = [];
  connection.on('records', () => events.push('records'));
  connection.on('packed', () => events.push('packed'));
  connection.on('message', (message) => events.push(message.type));
  connection.connect();
  socket.onopen!();
  return { connection, socket, events };
}

const record: PackRecord = { hash: 'a'.repeat(64), links: null, bytes: new Uint8Array([1, 2, 3]) };
const body = encodeRecords([record]);
const whole = encodeSegment({ encoding: 'identity', count: 1, rawLength: body.length, body });
const broken = encodeSegment({ encoding: 'deflate', count: 1, rawLength: body.length, body });

it('delivers a pack', async () => {
  const { connection, socket, events } = connect();
  const packed = new Promise((resolve) => connection.on('packed', resolve));
  socket.say({ type: 'pack', id: 1, count: 2, bytes: 6 }, encodePackHeader(2), whole, whole);
  await packed;
  expect(events).toEqual(['records', 'records', 'packed']);
});

it('takes a pack of which a segment is broken for incomplete, whatever else has come by then', async () => {
  const { connection, socket, events } = connect();
  const over = new Promise((resolve) => connection.on('closed', resolve));
  socket.say({ type: 'pack', id: 1, count: 2, bytes: 6 }, encodePackHeader(2), broken, whole);
  expect(await socket.closed).toBe(4000);
  socket.onclose!();
  await over;
  expect(events).toEqual(['error']);
});
