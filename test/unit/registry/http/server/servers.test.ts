import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { HttpServers } from '../../../../../registry/http/server/servers.js';
import type { Sockets } from '../../../../../registry/socket/sockets.js';
import { later, raw, status } from '../../site.js';

async function listening(clients = 1) {
  const sockets = { attach: () => {}, takes: () => false } as unknown as Sockets;
  const times = { headersTimeout: 20, requestTimeout: 40, connectionsCheckingInterval: 5 };
  const listener = async () => {};
  const servers = new HttpServers({ sockets, clients, times, listener, onError: () => {} });
  later(() => servers.close());
  return servers.listen(0, '127.0.0.1');
}

it.each([
  ['sends nothing', ''],
  ['sends a part of its headers', 'GET / HTTP/1.1\r\nHo'],
  ['sends a part of its body', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{'],
])('slow HTTP: a connection that %s is ended after a limit', async (_, text) => {
  const { port } = await listening();
  expect(status(await raw(port, text))).toBe(408);
});

it('slow HTTP: bytes now and then do not keep a connection', async () => {
  const { port } = await listening();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  socket.write('GET / HTTP/1.1\r\nA: ');
  const dripping = setInterval(() => socket.write('x'), 5);
  await once(socket, 'close');
  clearInterval(dripping);
});
