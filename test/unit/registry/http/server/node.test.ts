import { createServer } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { toListener } from '../../../../../registry/http/server/node.js';
import { get, later, raw, serve, status } from '../../site.js';

describe('a request target that is not a plain path', () => {
  it.each([
    '/../etc/passwd',
    '/..',
    '/.env/.',
    '/./main.js',
    '/lib/../.env',
    '/%2e%2e/etc/passwd',
    '/%2E%2E/etc/passwd',
    '/.%2e/etc/passwd',
    '/%2e%2e%2fetc%2fpasswd',
    '/..%2f..%2fetc/passwd',
    '/..\\etc\\passwd',
    '/..%5cetc%5cpasswd',
    '/main.js\\',
    '/main.js%00',
    '/main.js%00.svg',
    '//localhost/main.js',
    '//etc/passwd',
    '/lib//leaf.js',
    '/%',
    '/%zz',
    '/%c0%ae%c0%ae/x',
    '/main.js#x',
    '/#/../.env',
    '/.env#main.js',
    'http://localhost/../.env',
    'http://localhost//main.js',
    'http://localhost/main.js#x',
    'http://user@localhost/main.js',
    'http:///main.js',
    'http:/main.js',
    'ftp://localhost/main.js',
    'file:///etc/passwd',
    'main.js',
    '*',
    '?x',
    '/-/../.env',
    '/-/%2e%2e/.env',
  ])('%s is a 400', async (target) => {
    const { port } = await serve();
    const response = await get(port, target);
    expect(status(response)).toBe(400);
    expect(response).not.toContain('SECRET');
    expect(response).not.toContain('export');
  });

  it.each([
    '/.env',
    '/.env?raw',
    '/.env%5c',
    '/%2eenv',
    '/%252e%252e/x',
    '/%252e%252e%252fx',
    '/..%252fx',
    '/main.js%5c',
    '/C:/windows/win.ini',
    '/main.js::$DATA',
    '/main.js.',
    '/main.js%20',
    '/MAIN~1.JS',
    '/main.js~1',
  ])('%s is a 404', async (target) => {
    const { port } = await serve();
    const response = await get(port, target);
    expect(status(response)).toBe(404);
    expect(response).not.toContain('SECRET');
    expect(response).toMatch(/x-content-type-options: nosniff/i);
  });

  it('may have any length and bytes without harming the server', async () => {
    const { port, url } = await serve();
    expect(status(await get(port, `/${'a'.repeat(20_000)}`))).toBe(431);
    expect(status(await get(port, `/${'a'.repeat(10_000)}`))).toBe(404);
    expect(status(await get(port, `/${'%2e%2e%2f'.repeat(500)}`))).toBe(400);
    expect(status(await get(port, '/\u00ff\u00fe'))).toBeGreaterThanOrEqual(400);
    expect(status(await raw(port, 'GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n'))).toBe(400);
    expect(status(await raw(port, 'nonsense\r\n\r\n'))).toBe(400);
    expect((await fetch(`${url}main.js`)).status).toBe(200);
  });
});

describe('a host', () => {
  it.each(['evil.test', 'localhost.evil.test', '127.0.0.1.evil.test'])('%s is a 403', async (host) => {
    const { port } = await serve();
    for (const target of ['/', '/main.js', '/-/health', '/nothing']) {
      expect(status(await get(port, target, host))).toBe(403);
    }
  });

  it.each(['', '[', '[::1', 'a b', 'localhost:99999', 'localhost/x', 'user@localhost', 'localhost#', '%'])(
    '"%s" is a 400',
    async (host) => {
      const { port, url } = await serve();
      expect(status(await get(port, '/main.js', host))).toBe(400);
      expect((await fetch(`${url}main.js`)).status).toBe(200);
    },
  );

  it('that is missing or duplicated is a 400', async () => {
    const { port } = await serve();
    expect(status(await raw(port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'))).toBe(400);
    expect(status(await raw(port, 'GET / HTTP/1.0\r\n\r\n'))).toBe(400);
    for (const second of ['localhost', 'evil.test']) {
      const hosts = `Host: localhost\r\nhost: ${second}\r\n`;
      expect(status(await raw(port, `GET / HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`))).toBe(400);
    }
  });

  it('in an absolute target counts instead of the header', async () => {
    const { port } = await serve();
    for (const target of ['http://localhost/main.js', 'HTTPS://127.0.0.1:1/main.js?x']) {
      const response = await get(port, target, 'evil.test');
      expect(status(response)).toBe(200);
      expect(response).toContain('export');
    }
    expect(await get(port, 'http://localhost')).toContain('<title>x</title>');
    expect(status(await get(port, 'http://localhost?x'))).toBe(200);
    expect(status(await get(port, 'http://evil.test/main.js', 'localhost'))).toBe(403);
    expect(status(await get(port, 'http://localhost/-/health'))).toBe(200);
  });
});

describe('before other routes', () => {
  it('does not touch other requests, or read their bodies', async () => {
    const listener = toListener(
      async ({ url }) => (url.endsWith('/mine') ? new Response('mine') : null),
      () => {},
    );
    const server = createServer((request, response) => {
      void listener(request, response, () => {
        const pieces: Buffer[] = [];
        request.on('data', (piece: Buffer) => pieces.push(piece));
        request.on('end', () => response.end(`next ${Buffer.concat(pieces).toString()}`));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    later(() => server.close());
    const { port } = server.address() as { port: number };
    const post = await fetch(`http://127.0.0.1:${port}/api`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect(await post.text()).toBe(`next ${'x'.repeat(100_000)}`);
    expect(await (await fetch(`http://127.0.0.1:${port}/mine`)).text()).toBe('mine');
    expect(await get(port, '/a//b')).toContain('next');
    expect(await raw(port, 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).toContain(
      'next',
    );
  });
});

it('answers 500 and emits the error if a handler fails', async () => {
  const errors: unknown[] = [];
  const listener = toListener(
    () => Promise.reject(new Error('broken')),
    (error) => errors.push(error),
  );
  const server = createServer((request, response) => void listener(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(() => server.close());
  const { port } = server.address() as { port: number };
  const response = await get(port, '/');
  expect(status(response)).toBe(500);
  expect(response).not.toContain('broken');
  expect(errors).toEqual([new Error('broken')]);
});

it('survives a client that disconnects during a response', async () => {
  const { port, url } = await serve({ 'big.bin': new Uint8Array(8 * 1024 * 1024) });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'data');
  socket.resetAndDestroy();
  await once(socket, 'close');
  expect((await fetch(`${url}-/health`)).status).toBe(200);
});
