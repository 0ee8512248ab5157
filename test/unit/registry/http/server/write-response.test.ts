import { once } from 'node:events';
import { createServer, get as request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { sharedBody } from '../../../../../registry/http/response/shared-bytes.js';
import { writeResponse } from '../../../../../registry/http/server/write-response.js';
import { blake3 } from '../../../../../registry/hash.js';
import { FakeClock } from '../../fake-clock.js';
import { later, open, site, SITE } from '../../site.js';

const STALL_MS = 1000;
const LARGE = Buffer.alloc(40 * 1024 * 1024, 'x');

/** A server that answers each request with `respond`. `written` resolves when the first answer has ended. */
async function server(respond: () => Response) {
  const clock = new FakeClock();
  let end: () => void;
  const written = new Promise<void>((resolve) => (end = resolve));
  const made: ServerResponse[] = [];
  const listening = createServer((_, out) => {
    made.push(out);
    void writeResponse(respond(), out, { clock, stallMs: STALL_MS }).then(end);
  });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  later(() => listening.closeAllConnections());
  later(() => listening.close());
  return { clock, written, made, port: (listening.address() as AddressInfo).port };
}

/** A client that asks and does not read. */
function unread(port: number) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  later(() => socket.destroy());
  return socket;
}

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};

describe('a response', () => {
  it('noread-60mb: to a client that stops reading ends after a limit, and its source is closed', async () => {
    let isClosed = false;
    const { clock, written, made, port } = await server(
      () =>
        new Response(
          new ReadableStream({
            pull: (controller) => controller.enqueue(LARGE.subarray(0, 65536)),
            cancel: () => void (isClosed = true),
          }),
        ),
    );
    unread(port);
    await until(() => clock.waiting === 1);
    clock.advance(STALL_MS - 1);
    expect(made[0]!.destroyed).toBe(false);
    clock.advance(1);
    await written;
    expect([made[0]!.destroyed, isClosed, clock.waiting]).toEqual([true, true, 0]);
  });

  it('to a client that reads a little now and then goes on', async () => {
    const { clock, made, port } = await server(() => new Response(sharedBody(LARGE)));
    const message = await new Promise<IncomingMessage>((resolve) => {
      request({ port, host: '127.0.0.1' }, resolve);
    });
    let length = 0;
    for await (const piece of message) {
      length += (piece as Buffer).length;
      // The client's buffers hold many pieces, which the server sees as one step.
      clock.advance(STALL_MS / 1000);
    }
    expect([length, made[0]!.writableFinished]).toEqual([LARGE.length, true]);
  });

  it('that fails half-way ends the connection', async () => {
    let count = 0;
    const { written, made, port } = await server(
      () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              if (count++ < 3) controller.enqueue(Buffer.from('x'));
              else controller.error(new Error('disk'));
            },
          }),
        ),
    );
    unread(port);
    await written;
    expect(made[0]!.destroyed).toBe(true);
  });
});

describe('a body of shared bytes', () => {
  it('is made of views of the same memory', async () => {
    const body = sharedBody(LARGE) as ReadableStream<Uint8Array>;
    let length = 0;
    for await (const piece of body) {
      expect(piece.buffer).toBe(LARGE.buffer);
      length += piece.length;
    }
    expect(length).toBe(LARGE.length);
  });
});

it('noread-60mb: responses with the same blob share its bytes and its compressed form', async () => {
  const text = `export default "${'x'.repeat(2_000_000)}";\n`;
  const directory = await site({ ...SITE, 'large.mjs': text });
  const registry = open({ directory });
  await registry.fused();
  const store = await registry.store();
  const read = store.blobs;
  let reads = 0;
  store.blobs = (hashes) => {
    reads++;
    return read(hashes);
  };
  const ask = async (path: string) =>
    (await registry.handle(
      new Request(`http://localhost/-/${path}`, { headers: { 'Accept-Encoding': 'gzip' } }),
    ))!;
  const hash = blake3(Buffer.from(text));
  const paths = [`blobs/${hash}`, 'deploys/1/at/large.mjs', `modules/${hash}/large.mjs`];
  const responses = await Promise.all([...paths, ...paths, ...paths].map(ask));
  expect(responses.map(({ status }) => status)).toEqual(Array(9).fill(200));
  expect(reads).toBe(1);
  expect(await responses[0]!.text()).toBe(text);
});
