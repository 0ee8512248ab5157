import { once } from 'node:events';
import net from 'node:net';

/** Bytes under way in one direction before its sender is told to wait: far above what a link of 40 ms needs. */
const WINDOW = 8 * 1024 * 1024;

/**
 * @typedef {object} Relay
 * @property {string} origin where it listens, `http://127.0.0.1:<port>`
 * @property {() => Promise<void>} close ends its connections too
 */

/**
 * A TCP relay that makes a server on this machine as far away as a round trip of `roundTrip` ms. Every chunk takes
 * half of that in either direction, in order. A new connection is only good for sending after one whole round trip
 * counted from its start, as after a TCP handshake; one that was opened early and has waited pays nothing more.
 * It limits no bandwidth and knows no slow start, which favours whoever sends many bytes at once.
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
 * @param {number} notBefore the time (`performance.now()`) before which nothing sets out
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
    // Timers count whole milliseconds: half of one too early is as good as half of one too late.
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
