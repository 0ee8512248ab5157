import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * The network between a browser and a server.
 *
 * @typedef {object} Network
 * @property {number} roundTrip in milliseconds
 * @property {number} mbit bandwidth per direction in Mbit/s; Infinity for no limit
 */

/**
 * @typedef {object} Counts
 * @property {number} up bytes that the server has received, with those of TLS and HTTP
 * @property {number} down bytes that the browser has received
 */

/**
 * @typedef {object} Relay
 * @property {string} origin its own address, with the scheme of the target
 * @property {() => Promise<Counts>} counts since it started
 * @property {() => Promise<void>} close also ends its connections
 */

/** @param {Network} network */
export const isDirect = ({ roundTrip, mbit }) => roundTrip === 0 && mbit === Infinity;

/** @param {Network} network `40 ms, 50 Mbit/s` */
export const networkName = ({ roundTrip, mbit }) =>
  mbit === Infinity ? `${roundTrip} ms` : `${roundTrip} ms, ${mbit} Mbit/s`;

/**
 * A TCP relay to a local server that adds a round-trip time, half of it per direction, and a bandwidth that all
 * connections share. A new connection can send after one whole round trip, as after a TCP handshake; the
 * handshake of TLS passes like any other bytes. The relay does not model slow start, which favours subjects
 * that send many bytes at once.
 *
 * @param {{ target: string } & Network} options the origin to forward to, `http:` or `https:`
 * @returns {Promise<Relay>}
 */
export async function startRelay({ target, roundTrip, mbit }) {
  const { protocol, hostname: host, port } = new URL(target);
  const thread = new Worker(new URL('./relay-thread.mjs', import.meta.url), {
    workerData: { host, port: Number(port), roundTrip, mbit },
  });
  const [ownPort] = await once(thread, 'message');
  return {
    origin: `${protocol}//127.0.0.1:${ownPort}`,
    async counts() {
      const answer = once(thread, 'message');
      thread.postMessage('counts');
      const [counts] = await answer;
      return counts;
    },
    close: async () => void (await thread.terminate()),
  };
}
