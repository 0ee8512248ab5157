import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { LIMITS, type Hash } from '../../../../schema/index.js';
import { blake3 } from '../../../../registry/hash.js';
import {
  Client,
  SITE,
  later,
  nextEvent,
  open,
  raw,
  refusedUpgrade,
  serve,
  site,
  status,
  upgradeRequest,
  write,
  type Served,
} from '../site.js';

const NOBODY = '0'.repeat(64);

/** Checks that the server still works: another client is welcomed, and gets the next deploy. */
async function goesOn({ port, registry, directory }: Served, other: Client): Promise<void> {
  expect(other.socket.readyState).toBe(other.socket.OPEN);
  await write(directory, { 'new.js': `export default ${JSON.stringify(randomBytes(8).toString('hex'))};\n` });
  await registry.scan();
  await other.message('update');
  await new Client(port).message('welcome');
}

async function served(options = {}): Promise<{ site: Served; other: Client }> {
  const site = await serve(SITE, options);
  const other = new Client(site.port);
  await other.message('pack');
  return { site, other };
}

describe('a page of another registry', () => {
  const closed = async ({ port }: Served, registry: string) => {
    const client = new Client(port, `registry=${registry}&protocol=1&channel=dev`);
    const { code } = await client.message('error');
    return [code, await client.closed];
  };

  it('is refused, and the next page of this one is welcomed', async () => {
    const { site, other } = await served();
    expect(await closed(site, 'f'.repeat(32))).toEqual([
      'registry-unknown',
      { code: 1008, reason: 'registry-unknown' },
    ]);
    expect(await closed(site, '')).toEqual(['registry-unknown', { code: 1008, reason: 'registry-unknown' }]);
    const registry = await (await site.registry.store()).identity();
    expect(
      await new Client(site.port, `registry=${registry}&protocol=1&channel=dev`).message('welcome'),
    ).toMatchObject({
      registry,
    });
    await goesOn(site, other);
  });
});

describe('an upgrade', () => {
  it.each([
    ['no origin', 'Host: localhost'],
    ['a null origin', 'Host: localhost\r\nOrigin: null'],
    ['a foreign origin', 'Host: localhost\r\nOrigin: http://evil.test'],
    ['another port', 'Host: localhost:1\r\nOrigin: http://localhost:2'],
    ['a malformed origin', 'Host: localhost\r\nOrigin: http://['],
    ['an origin with a path', 'Host: localhost\r\nOrigin: http://localhost/'],
    ['a foreign host', 'Host: evil.test\r\nOrigin: http://evil.test'],
    ['a malformed host', 'Host: [\r\nOrigin: http://localhost'],
    ['an empty host', 'Host: \r\nOrigin: http://localhost'],
    ['two origins', 'Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil.test'],
  ])('with %s is refused, and the server lives', async (_, headers) => {
    const { site, other } = await served();
    expect([400, 403]).toContain(status(await refusedUpgrade(site.port, headers)));
    await goesOn(site, other);
  });

  it('from the page’s own server or from an allowed origin is accepted', async () => {
    const { site } = await served({ allowedOrigins: ['https://app.test'] });
    await new Client(site.port).message('welcome');
    await new Client(site.port, undefined, { origin: 'https://app.test' }).message('welcome');
  });

  it('in absolute form goes to the host of its target', async () => {
    const { site } = await served();
    const origin = 'Host: evil.test\r\nOrigin: http://localhost';
    const query = '/-/socket?protocol=1&channel=dev';
    expect(status(await refusedUpgrade(site.port, origin, `http://evil.test${query}`))).toBe(403);
    const socket = connect(site.port, '127.0.0.1');
    later(() => socket.destroy());
    socket.write(upgradeRequest(`http://localhost${query}`, origin));
    const [head] = (await once(socket, 'data')) as [Buffer];
    expect(status(head.toString('latin1'))).toBe(101);
  });

  it('with two hosts is a 400, even if they are equal', async () => {
    const { site } = await served();
    const hosts = 'Host: localhost\r\nHost: localhost\r\nOrigin: http://localhost';
    expect(status(await refusedUpgrade(site.port, hosts))).toBe(400);
  });

  it.each([
    '/',
    '/-/sockets',
    '/-/socket/',
    '/-/socket#',
    '//-/socket',
    '/x/../-/socket',
    'http://localhost/-/sockets',
    '/-/../../etc/passwd',
  ])('to %s is a 404', async (target) => {
    const { port } = await serve();
    expect(status(await refusedUpgrade(port, 'Host: localhost\r\nOrigin: http://localhost', target))).toBe(
      404,
    );
  });

  it('to a host that is not allowed is refused even from an allowed origin', async () => {
    const { port } = await serve(SITE, { allowedOrigins: ['https://app.test'] });
    expect(status(await refusedUpgrade(port, 'Host: evil.test\r\nOrigin: https://app.test'))).toBe(403);
  });

  it('that is refused is closed, even if the client keeps its end open', async () => {
    const registry = open({ directory: await site(SITE) });
    const server = createServer();
    registry.attach(server);
    await registry.ready;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    later(() => server.close());
    const { port } = server.address() as { port: number };
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    later(() => socket.destroy());
    const [accepted] = await connected;
    const closed = once(accepted, 'close');
    socket.resume();
    socket.write(
      'GET /-/socket HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await closed;
  });

  it('that ws refuses gets a 4xx status', async () => {
    const { port } = await serve();
    const head = 'Host: localhost\r\nOrigin: http://localhost\r\nConnection: Upgrade\r\n';
    for (const rest of [
      'Upgrade: h2c',
      'Upgrade: websocket',
      'Upgrade: websocket\r\nSec-WebSocket-Version: 1',
    ]) {
      const response = await raw(port, `GET /-/socket HTTP/1.1\r\n${head}${rest}\r\n\r\n`);
      expect(Math.floor(status(response) / 100)).toBe(4);
    }
  });

  it('can be reset by the client at any moment', async () => {
    const { site, other } = await served();
    for (const target of ['/', '/-/socket']) {
      for (const origin of ['http://evil.test', 'http://localhost']) {
        const socket = connect(site.port, '127.0.0.1');
        socket.on('error', () => {});
        await once(socket, 'connect');
        socket.write(
          `GET ${target} HTTP/1.1\r\nHost: localhost\r\nOrigin: ${origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
        );
        socket.resetAndDestroy();
        await once(socket, 'close');
      }
    }
    await goesOn(site, other);
  });

  it('is refused at the limit of clients, until one leaves', async () => {
    const { port } = await serve(SITE, { clients: 1 });
    const first = new Client(port);
    await first.message('welcome');
    const origin = `Host: 127.0.0.1:${port}\r\nOrigin: http://127.0.0.1:${port}`;
    expect(status(await refusedUpgrade(port, origin))).toBe(503);
    first.socket.terminate();
    await first.closed;
    // The server notices when it reads the end of that connection.
    let next: Client;
    do {
      next = new Client(port);
      await Promise.race([next.message('welcome'), next.closed]);
    } while (next.frames.length === 0);
    await next.message('welcome');
  });
});

describe('an invalid query is answered with an error and a close', () => {
  it.each([
    ['nothing', '', 'message-invalid'],
    ['another protocol', 'protocol=2&channel=dev', 'protocol-version'],
    ['no number', 'protocol=x&channel=dev', 'message-invalid'],
    ['an unknown channel', 'protocol=1&channel=nothing', 'channel-unknown'],
    ['a malformed channel', 'protocol=1&channel=..%2f', 'message-invalid'],
    ['a malformed hash', 'protocol=1&channel=dev&have=x', 'message-invalid'],
    ['a malformed deploy', 'protocol=1&channel=dev&deploy=-1', 'message-invalid'],
    ['entries that are no JSON', 'protocol=1&channel=dev&entries=[', 'message-invalid'],
    ['entries that are no paths', 'protocol=1&channel=dev&entries=["../../etc/passwd"]', 'message-invalid'],
    [
      'too many entries',
      `protocol=1&channel=dev&entries=${JSON.stringify(Array(65).fill('a'))}`,
      'message-invalid',
    ],
    [
      'entries that go deep',
      `protocol=1&channel=dev&entries=${'['.repeat(6000)}${']'.repeat(6000)}`,
      'message-invalid',
    ],
    ['malformed percent', 'protocol=1&channel=%zz%ff', 'message-invalid'],
  ])('%s', async (_, query, code) => {
    const { site, other } = await served();
    const client = new Client(site.port, query);
    expect(await client.message('error')).toMatchObject({ code });
    expect(await client.closed).toEqual({ code: 1008, reason: code });
    await goesOn(site, other);
  });
});

describe('an invalid message is answered with an error and a close', () => {
  it.each<[string, string, string]>([
    ['no JSON', 'x', 'message-invalid'],
    ['empty text', '', 'message-invalid'],
    ['null', 'null', 'message-invalid'],
    ['a list', '[]', 'message-invalid'],
    ['no type', '{}', 'message-invalid'],
    ['a type of every object', '{"type":"constructor"}', 'message-invalid'],
    ['an unknown type', '{"type":"read","path":"/etc/passwd"}', 'message-invalid'],
    ['a server’s message', '{"type":"welcome","protocol":1,"deploy":1,"manifest":""}', 'message-invalid'],
    ['a path for a hash', '{"type":"want","hashes":["main.js"],"closure":false}', 'message-invalid'],
    ['nothing wanted', '{"type":"want","hashes":[],"closure":false}', 'message-invalid'],
    [
      'something besides',
      `{"type":"want","hashes":["${NOBODY}"],"closure":false,"path":"x"}`,
      'message-invalid',
    ],
    [
      'a hello of another protocol',
      '{"type":"hello","protocol":9,"channel":"dev","have":null,"deploy":null,"entries":[]}',
      'protocol-version',
    ],
    [
      'a hello to nobody',
      '{"type":"hello","protocol":1,"channel":"none","have":null,"deploy":null,"entries":[]}',
      'channel-unknown',
    ],
    ['infinite time', '{"type":"booted","deploy":1,"ms":1e999,"from":"cache","bytes":1}', 'message-invalid'],
    [
      'a long topic',
      JSON.stringify({ type: 'message', topic: 'x'.repeat(LIMITS.topicLength + 1), data: 1 }),
      'message-invalid',
    ],
    [
      'too many hashes',
      JSON.stringify({ type: 'want', hashes: Array(LIMITS.wantHashes + 1).fill(NOBODY), closure: false }),
      'message-invalid',
    ],
    [
      'great depth',
      `{"type":"want","hashes":${'['.repeat(100_000)}${']'.repeat(100_000)},"closure":true}`,
      'message-invalid',
    ],
  ])('%s', async (_, message, code) => {
    const { site, other } = await served();
    const client = new Client(site.port);
    await client.message('pack');
    client.send(message);
    expect(await client.message('error')).toMatchObject({ code });
    expect(await client.closed).toEqual({ code: 1008, reason: code });
    await goesOn(site, other);
  });

  it('a binary frame', async () => {
    const { site, other } = await served();
    const client = new Client(site.port);
    await client.message('welcome');
    client.socket.send(randomBytes(16));
    expect(await client.message('error')).toMatchObject({ code: 'message-unexpected' });
    expect((await client.closed).code).toBe(1008);
    await goesOn(site, other);
  });

  it('a message over the size limit, plain or compressed, or not UTF-8: ws closes the connection', async () => {
    const { site, other } = await served();
    const large = new Client(site.port, undefined, { perMessageDeflate: false });
    await large.message('welcome');
    large.send('x'.repeat(LIMITS.clientMessageBytes + 1));
    expect((await large.closed).code).toBe(1009);

    const bomb = new Client(site.port, undefined, { perMessageDeflate: { threshold: 0 } });
    await bomb.message('welcome');
    bomb.send(' '.repeat(64 * LIMITS.clientMessageBytes));
    expect((await bomb.closed).code).toBe(1009);

    const broken = new Client(site.port);
    await broken.message('welcome');
    broken.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect((await broken.closed).code).toBe(1007);
    await goesOn(site, other);
  });

  it('too many unanswered wants', async () => {
    const { site, other } = await served();
    const client = new Client(site.port);
    await client.message('pack');
    const want = JSON.stringify({
      type: 'want',
      hashes: [blake3(Buffer.from(SITE['main.js'] as string))],
      closure: true,
    });
    for (let i = 0; i < 200; i++) client.send(want);
    expect(await client.message('error')).toMatchObject({ code: 'message-unexpected' });
    expect((await client.closed).code).toBe(1008);
    await goesOn(site, other);
  });
});

describe('a client that goes on sending is not read any more', () => {
  /** More than the buffers of two sockets hold. */
  const MOST_BYTES = 64 * 1024 * 1024;

  /** A text frame of JSON that is no message. Its mask is 0. */
  const FRAME = Buffer.concat([Buffer.from([0x81, 0xfe, 0xff, 0xff, 0, 0, 0, 0]), Buffer.alloc(0xffff, '[')]);

  /** Upgrades, then sends frames until the server closes the connection. Returns how many bytes it took. */
  async function flood(port: number, query: string): Promise<number> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(upgradeRequest(`/-/socket?${query}`, 'Host: localhost\r\nOrigin: http://localhost'));
    let taken = 0;
    const send = () => {
      while (!socket.destroyed && taken < MOST_BYTES) {
        taken += FRAME.length;
        if (!socket.write(FRAME)) return void socket.once('drain', send);
      }
      if (taken >= MOST_BYTES) socket.destroy();
    };
    send();
    await closed;
    return taken;
  }

  it.each([
    ['after an invalid message', 'protocol=1&channel=dev'],
    ['after an invalid query', 'protocol=x&channel=dev'],
    ['after a hello to no channel', 'protocol=1&channel=none'],
    ['after a hello to another registry', 'protocol=1&channel=dev&registry=another'],
  ])('%s', async (_, query) => {
    const { site, other } = await served();
    expect(await flood(site.port, query)).toBeLessThan(MOST_BYTES);
    await goesOn(site, other);
  });
});

it('sends no bytes for a hash that the channel does not name, and stays open', async () => {
  const { site, other } = await served();
  const store = await site.registry.store();
  const bytes = Buffer.from('export const secret = 1;');
  const secret: Hash = blake3(bytes);
  await store.putBlobs([{ hash: secret, bytes, links: null }]);
  const client = new Client(site.port);
  await client.message('pack');
  for (const hash of [secret, NOBODY]) {
    client.send({ type: 'want', hashes: [hash], closure: true });
    const named = (frame: unknown) => (frame as { message?: string }).message?.includes(hash) === true;
    const at = () => client.frames.findIndex(named);
    await client.find((frame): frame is Uint8Array => at() >= 0 && client.frames.indexOf(frame) === at() + 2);
    const [error, pack, header] = client.frames.slice(at());
    expect(error).toMatchObject({ type: 'error', code: 'blob-unknown' });
    expect(pack).toMatchObject({ type: 'pack', count: 0, bytes: 0 });
    expect((header as Uint8Array).length).toBe(9);
  }
  expect(client.frames.some((frame) => Buffer.isBuffer(frame) && frame.includes('secret'))).toBe(false);
  await goesOn(site, other);
});

it('carries the application’s messages in both directions, to the pages of its channel', async () => {
  const { site, other } = await served();
  const message = nextEvent<unknown>((take) =>
    site.registry.on('message', (topic, data) => take([topic, data])),
  );
  other.send({ type: 'message', topic: 'chat', data: { text: 'hi' } });
  expect(await message).toEqual(['chat', { text: 'hi' }]);
  site.registry.send('chat', [1]);
  expect(await other.message('message')).toEqual({ type: 'message', topic: 'chat', data: [1] });
});

it('closes with 1001 when the server closes', async () => {
  const { site, other } = await served();
  await site.registry.close();
  expect(await other.closed).toEqual({ code: 1001, reason: 'server is closing' });
});
