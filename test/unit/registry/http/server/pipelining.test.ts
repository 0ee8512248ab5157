import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { toListener } from '../../../../../registry/http/server/node.js';
import { later, raw } from '../../site.js';

const OTHERS: { readonly [path: string]: string | undefined } = {
  '/other': '/of another handler',
  '/second': '/of a second listener',
};

it('handles pipelined requests of a connection one at a time, in order', async () => {
  let running = 0;
  let most = 0;
  const listener = toListener(
    async (request) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      const { pathname } = new URL(request.url);
      return /other|second/.test(pathname) ? null : new Response(pathname);
    },
    (error) => {
      throw error;
    },
  );
  const second = toListener(
    async ({ url }) => (url.endsWith('/second') ? new Response('/of a second listener') : null),
    () => {},
  );
  const server = createServer((request, response) => {
    void listener(request, response, () =>
      setImmediate(
        () => void second(request, response, () => setImmediate(() => response.end('/of another handler'))),
      ),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(() => server.close());
  const paths = [...Array.from({ length: 50 }, (_, i) => `/${i}`), '/other', '/second', '/last'];
  const requests = paths.map((path, i) => {
    const end = i === paths.length - 1 ? 'Connection: close\r\n' : '';
    return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${end}\r\n`;
  });
  const answers = await raw((server.address() as AddressInfo).port, requests.join(''));
  const bodies = [...answers.matchAll(/^(\/[\w ]+)/gm)].map(([, body]) => body);
  expect(bodies.map((body) => body!.replace(/HTTP$/, ''))).toEqual(paths.map((path) => OTHERS[path] ?? path));
  expect(most).toBe(1);
});
