import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Whether a request offers to go on as a WebSocket. */
export const offersWebSocket = ({ headers }: IncomingMessage): boolean =>
  /(?:^|,)\s*websocket\s*(?:,|$)/i.test(headers.upgrade ?? '');

/**
 * Lets the server handle a request as if it offered no other protocol (RFC 9110, section 7.8). As soon as a
 * server has one listener for upgrades, Node stops to parse such a connection: a client that offers `h2c`
 * with each request, as curl and Java do, would get no answer.
 *
 * @param head what has come after the request's headers
 */
export function declineUpgrade(server: Server, message: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = message;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2);
    const kept = /^connection$/i.test(name) ? withoutUpgrade(value) : value;
    if (!/^upgrade$/i.test(name) && (kept !== '' || value === '')) lines.push(`${name}: ${kept}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket);
}

const withoutUpgrade = (connection: string): string =>
  connection
    .split(',')
    .filter((option) => !/^\s*upgrade\s*$/i.test(option))
    .join(',')
    .trim();
