import { once } from 'node:events';
import net from 'node:net';

/** Most bytes in transit per direction before the sender is paused: far more than a 40 ms link needs. */
const WINDOW = 8 * 1024 * 1024;

/**
 * @typedef {object} Relay
 * @property {string} origin its own address, `http://127.0.0.1:<port>`
 * @property {() => Promise<void>} close also ends its connections
 */

/**
 * A TCP relay that adds a round-trip time of `roundTrip` ms to a local server. Every chunk is delayed by half
 * of it per direction, in order. A new connection can send after one whole round trip, as after a TCP
 * handshake. The relay does not model bandwidth and slow start, which favours subjects that send many bytes
 * at once.
 *
 * @param {{ target: string, roundTrip: number }} options the origin to forward to; milliseconds
 * @returns {Promise<Relay>}
 */
export async function startRelay({ target, roundTrip }) {
  const { hostname: host, port: targetPort } = new URL(target);
  /** @type {Set<net.Socket>} */
  const sockets = new Set();

  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const established = performance.now() + roundTrip;
    const far = net.connect({ host, port: Number(targetPort), allowHalfOpen: true, noDelay: true });
    for (const [socket, other] of /** @type {const} */ ([
      [near, far],
      [far, near],
    ])) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {
        near.destroy();
        far.destroy();
      });
      forward(socket, other, roundTrip / 2, socket === near ? established : 0);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());

  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/**
 * @param {net.Socket} source
 * @param {net.Socket} sink
 * @param {number} delay in milliseconds, for every chunk and for the end of the stream
 * @param {number} notBefore the time (`performance.now()`) before which no chunk is sent
 */
function forward(source, sink, delay, notBefore) {
  /** @type {{ due: number, chunk: Buffer | undefined }[]} the chunk is undefined for the end of the stream */
  const underway = [];
  let bytes = 0;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;

  const depart = (/** @type {Buffer | undefined} */ chunk) => {
    underway.push({ due: Math.max(performance.now(), notBefore) + delay, chunk });
    bytes += chunk?.length ?? 0;
    if (bytes > WINDOW) source.pause();
    schedule();
  };
  const schedule = () => {
    const first = underway[0];
    if (first === undefined || timer !== undefined || sink.writableNeedDrain) return;
    timer = setTimeout(arrive, Math.round(Math.max(0, first.due - performance.now())));
  };
  const arrive = () => {
    timer = undefined;
    // Timers use whole milliseconds, so the error is up to half a millisecond in either direction.
    const now = performance.now() + 0.5;
    for (let first = underway[0]; first !== undefined && first.due <= now; first = underway[0]) {
      if (sink.destroyed) return;
      if (sink.writableNeedDrain) break;
      underway.shift();
      if (first.chunk === undefined) {
        sink.end();
        return;
      }
      bytes -= first.chunk.length;
      sink.write(first.chunk);
    }
    if (bytes <= WINDOW) source.resume();
    schedule();
  };

  source.on('data', depart);
  source.on('end', () => depart(undefined));
  sink.on('drain', schedule);
  sink.on('close', () => clearTimeout(timer));
}
