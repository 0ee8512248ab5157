/**
 * The relay itself, in a thread of its own: the browser's driver keeps the bench's event loop busy, which would
 * delay what the relay should pass on. Posts its port, and its counts when asked.
 */
import { once } from 'node:events';
import net from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { Link } from './link.mjs';

const { host, port, roundTrip, mbit } = workerData;
const up = new Link({ delay: roundTrip / 2, mbit });
const down = new Link({ delay: roundTrip / 2, mbit });

const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
  const far = net.connect({ host, port, allowHalfOpen: true, noDelay: true });
  for (const socket of [near, far]) {
    socket.on('error', () => {
      near.destroy();
      far.destroy();
    });
  }
  // Unread until then: a browser can send once the server's half of the handshake has arrived.
  const opening = setTimeout(() => forward(near, far, up), roundTrip);
  near.on('close', () => clearTimeout(opening));
  forward(far, near, down);
});

/**
 * @param {net.Socket} source
 * @param {net.Socket} sink
 * @param {Link} link
 */
function forward(source, sink, link) {
  const lane = link.connect(
    (piece) => {
      if (sink.destroyed) return true;
      if (piece !== 'end') return sink.write(piece);
      sink.end();
      return true;
    },
    (isFull) => (isFull ? source.pause() : source.resume()),
  );
  source.on('data', (chunk) => lane.send(/** @type {Buffer} */ (chunk)));
  source.on('end', () => lane.send('end'));
  sink.on('drain', () => lane.resume());
  // A connection that is gone must not keep its turn.
  sink.on('close', () => lane.resume());
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
parentPort?.on('message', () => parentPort?.postMessage({ up: up.arrived, down: down.arrived }));
parentPort?.postMessage(/** @type {net.AddressInfo} */ (server.address()).port);
