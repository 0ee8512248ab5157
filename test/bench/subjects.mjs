import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { LEAF } from './sites.mjs';
import { startServerProcess } from './server-process.mjs';

/**
 * @typedef {object} Server
 * @property {string} origin
 * @property {() => Promise<string>} revision a value that changes once the server serves an edited site
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} StartOptions
 * @property {string} directory the site's
 * @property {string} scratch an empty directory outside of the site
 */

/**
 * @typedef {object} Subject
 * @property {string} id for `--subjects`
 * @property {string} name
 * @property {(options: StartOptions) => Promise<Server>} start
 * @property {(page: import('playwright-core').Page) => Promise<string>} [settled] waits until a booted page
 *   has filled its caches for the next visit; resolves with the source of its modules
 */

const file = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** @param {string} origin */
async function leafText(origin) {
  const response = await fetch(`${origin}/${LEAF}`);
  if (!response.ok) throw new Error(`${origin}/${LEAF} answered ${response.status}`);
  return response.text();
}

/** @type {Subject} */
const plain = {
  id: 'plain',
  name: 'plain HTTP/1.1',
  async start({ directory }) {
    const server = await startServerProcess(this.name, [file('./peers/plain-http.mjs'), directory]);
    return { ...server, revision: () => leafText(server.origin) };
  },
};

/** @type {Subject} */
const vite = {
  id: 'vite',
  name: 'vite dev',
  async start({ directory, scratch }) {
    const server = await startServerProcess(this.name, [file('./peers/vite-dev.mjs'), directory, scratch]);
    return { ...server, revision: () => leafText(server.origin) };
  },
};

/**
 * @param {string} id
 * @param {string} name
 * @param {string} checkout a built checkout of modcast
 * @returns {Subject}
 */
const modcastOf = (id, name, checkout) => ({
  id,
  name,
  async start({ directory, scratch }) {
    const server = await startServerProcess(name, [
      path.join(checkout, 'dist/cli/main.js'),
      'serve',
      directory,
      '--port',
      '0',
      '--db',
      path.join(scratch, 'modcast.db'),
    ]);
    return {
      ...server,
      async revision() {
        const response = await fetch(`${server.origin}/-/health`);
        const { channels } = await response.json();
        // Only these fields: others, like the number of clients, change without an edit.
        return channels.map((/** @type {any} */ { name, deploy }) => `${name} ${deploy}`).join();
      },
    };
  },
  settled: (page) =>
    page.evaluate(async () => {
      const { modcast: loader } = /** @type {any} */ (globalThis);
      const { from } = await loader.ready;
      await loader.idle();
      return from;
    }),
});

/** All subjects, in the order in which they run in every round. */
export const SUBJECTS = [plain, vite, modcastOf('modcast', 'modcast', file('../..'))];

/** @param {string} checkout a built checkout of another commit, to compare this one with */
export const baselineOf = (checkout) => modcastOf('baseline', 'baseline', path.resolve(checkout));
