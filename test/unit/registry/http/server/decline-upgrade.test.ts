import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { NAVIGATION, SITE, open, raw, serve, site, status, later } from '../../site.js';

/** Two requests on one connection. The first one offers another protocol. */
const offering = (first: string, offer: string, body = '') =>
  `${first}\r\nHost: localhost\r\n${offer}\r\n\r\n${body}GET /data.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;

const OFFERS = {
  'h2c, as curl and Java do':
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
  'TLS, on a connection that stays open':
    'Upgrade: TLS/1.0, HTTP/2.0\r\nConnection: keep-alive\r\nConnection: Upgrade',
  'an unknown protocol': 'UPGRADE: x\r\nconnection: upgrade',
};

describe('a request that offers another protocol', () => {
  it.each(Object.entries(OFFERS))('%s, is answered like any other', async (_name, offer) => {
    const { port } = await serve();
    const answers = await raw(port, offering('GET /main.js HTTP/1.1', offer));
    expect(status(answers)).toBe(200);
    expect(answers).toContain(SITE['main.js']);
    // The connection goes on.
    expect(answers).toContain(SITE['data.json']);
  });

  it('navigates to a page with the loader', async () => {
    const { port } = await serve();
    const headers = Object.entries(NAVIGATION).map(([name, value]) => `${name}: ${value}`);
    const offer = [OFFERS['an unknown protocol'], ...headers].join('\r\n');
    expect(await raw(port, offering('GET / HTTP/1.1', offer))).toContain('/-/loader.js');
  });

  it('has a body that is read', async () => {
    const { port } = await serve();
    const report = JSON.stringify({ type: 'failed', deploy: null, stage: 'loader', message: 'x' });
    const offer = `${OFFERS['an unknown protocol']}\r\nOrigin: http://localhost\r\nContent-Length: ${report.length}`;
    const answers = await raw(port, offering('POST /-/failed HTTP/1.1', offer, report));
    expect(status(answers)).toBe(204);
    expect(answers).toContain(SITE['data.json']);
  });

  it('is checked like any other', async () => {
    const { port } = await serve();
    const evil = `GET / HTTP/1.1\r\nHost: evil.test\r\n${OFFERS['an unknown protocol']}\r\nConnection: close\r\n\r\n`;
    expect(status(await raw(port, evil))).toBe(403);
  });

  it.each([...Object.values(OFFERS), 'Connection: Upgrade\r\nUpgrade: websocket'])(
    'gets the answer of the server that a registry is attached to: %j',
    async (offer) => {
      const registry = open({ directory: await site(SITE) });
      const server = createServer((request, response) => response.end(`app ${request.url}`));
      registry.attach(server);
      await registry.ready;
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      later(() => server.close());
      const { port } = server.address() as AddressInfo;
      expect(await raw(port, offering('GET /mine HTTP/1.1', offer))).toMatch(
        /app \/mine[^]*app \/data.json$/,
      );
    },
  );
});
