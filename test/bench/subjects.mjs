import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LEAF } from './sites.mjs';
import { startServerProcess } from './server-process.mjs';

/**
 * @typedef {object} Server
 * @property {string} origin
 * @property {() => Promise<string>} revision a value that changes once the server serves an edited site
 * @property {() => Promise<void>} close
 * @property {() => Promise<void>} [publish] makes the server serve the directory as it is now
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

const run = promisify(execFile);

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
 * @param {'directory' | 'deploy'} serves the watched directory, or what was published of it
 * @returns {Subject}
 */
const modcastOf = (id, name, checkout, serves) => ({
  id,
  name,
  async start({ directory, scratch }) {
    const main = path.join(checkout, 'dist/cli/main.js');
    const database = ['--db', path.join(scratch, 'modcast.db')];
    const publish = async () => {
      await run(process.execPath, [main, 'publish', directory, ...database]);
    };
    if (serves === 'deploy') await publish();
    const what = serves === 'deploy' ? ['--no-dir', '--channel', 'production'] : [directory];
    const server = await startServerProcess(name, [main, 'serve', ...what, '--port', '0', ...database]);
    return {
      ...server,
      ...(serves === 'deploy' && { publish }),
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
      // Where the server offers it, the service worker takes over in the background.
      await loader.offline?.().catch(() => {});
      return from;
    }),
});

/** What is published, with the service worker. */
const production = modcastOf('production', 'modcast production', file('../..'), 'deploy');

/** All subjects, in the order in which they run in every round. */
export const SUBJECTS = [
  plain,
  vite,
  modcastOf('modcast', 'modcast', file('../..'), 'directory'),
  production,
];

/** @param {string} checkout a built checkout of another commit, to compare this one with */
export const baselineOf = (checkout) =>
  modcastOf('baseline', 'baseline', path.resolve(checkout), 'directory');
