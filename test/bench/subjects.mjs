import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rename, symlink } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startNginx } from '../nginx.mjs';
import { compressFiles } from './compress-files.mjs';
import { proxySite, staticSite } from './peers/nginx-sites.mjs';
import { LEAF } from './sites.mjs';
import { startServerProcess } from './server-process.mjs';

/**
 * @typedef {object} Server
 * @property {string} origin
 * @property {() => Promise<string>} revision a value that changes once the server serves an edited site
 * @property {() => Promise<void>} close
 * @property {() => Promise<void>} [publish] makes the server serve the directory as it is now; without it, the
 *   server follows the directory
 */

/**
 * @typedef {object} StartOptions
 * @property {string} directory the site's
 * @property {string} scratch an empty directory outside of the site
 * @property {() => import('../nginx.mjs').Certificate} certificate of servers with TLS
 */

/**
 * @typedef {object} Subject
 * @property {string} id for `--subjects`
 * @property {string} name
 * @property {(options: StartOptions) => Promise<Server>} start
 * @property {boolean} [isPlain] whether it serves only files as they are: no TypeScript, and no packages by name
 * @property {boolean} [bundles] whether it joins modules, which not every site allows
 * @property {boolean} [keepsPages] whether an open page gets edits without a reload, if its modules accept them
 * @property {(page: import('./bench-page.mjs').BenchPage) => Promise<string>} [settled] waits until a booted page
 *   has filled its caches for the next visit; resolves with the source of its modules
 */

const BUNDLE_LIMIT_MS = 60_000;

const run = promisify(execFile);

const file = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** The text at a path of a server, by a client that accepts the bench's certificate. */
const textOf = async (/** @type {string} */ origin, /** @type {string} */ pathname) => {
  const url = new URL(pathname, origin);
  const [response] = await once(
    url.protocol === 'https:' ? https.get(url, { rejectUnauthorized: false }) : http.get(url),
    'response',
  );
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`);
  return body;
};

/** @param {string} origin */
const leafText = (origin) => textOf(origin, LEAF);

/** @type {Subject} */
const plain = {
  id: 'plain',
  name: 'plain HTTP/1.1',
  isPlain: true,
  async start({ directory }) {
    const server = await startServerProcess(this.name, [file('./peers/plain-http.mjs'), directory]);
    return { ...server, revision: () => leafText(server.origin) };
  },
};

/** @type {Subject} */
const plainH2 = {
  id: 'plain-h2',
  name: 'plain HTTP/2',
  isPlain: true,
  async start({ directory, certificate }) {
    // The leaf is sent as it is: a compressed copy would be older than the leaf after an edit.
    await compressFiles(directory, (name) => name === LEAF);
    const server = await startNginx(staticSite(directory, certificate()));
    return { ...server, revision: () => leafText(server.origin) };
  },
};

/** @type {Subject} */
const vite = {
  id: 'vite',
  name: 'Vite dev',
  keepsPages: true,
  async start({ directory, scratch }) {
    const server = await startServerProcess(this.name, [file('./peers/vite-dev.mjs'), directory, scratch]);
    return { ...server, revision: () => leafText(server.origin) };
  },
};

/** @type {Subject} */
const viteBundled = {
  id: 'vite-bundled',
  name: 'Vite bundledDev',
  bundles: true,
  keepsPages: true,
  async start({ directory, scratch }) {
    const script = file('./peers/vite-dev.mjs');
    const server = await startServerProcess(this.name, [script, directory, scratch, '--bundled']);
    await bundleText(server.origin);
    return { ...server, revision: () => bundleText(server.origin) };
  },
};

/**
 * The bundle that Vite's page names. A request for the page makes Vite bundle what was edited. Until then, it
 * answers with a page that waits, or with an error while its first output comes.
 *
 * @param {string} origin
 */
async function bundleText(origin) {
  const limit = performance.now() + BUNDLE_LIMIT_MS;
  while (performance.now() < limit) {
    const page = await textOf(origin, '/').catch(() => '');
    const script = /<script type="module"[^>]* src="([^"]*\/assets\/[^"]*)"/.exec(page)?.[1];
    if (script !== undefined) return textOf(origin, script);
    await delay(20);
  }
  throw new Error(`Vite bundled nothing in ${BUNDLE_LIMIT_MS / 1000} s`);
}

/** @type {Subject} */
const buildH2 = {
  id: 'build-h2',
  name: 'Vite build, HTTP/2',
  bundles: true,
  async start({ directory, scratch, certificate }) {
    const current = path.join(scratch, 'current');
    let builds = 0;
    // A new directory and a rename, so that no request sees half of a build.
    const publish = async () => {
      const output = path.join(scratch, `build-${++builds}`);
      await run(process.execPath, [file('./peers/vite-build.mjs'), directory, output]);
      await symlink(output, `${current}.new`);
      await rename(`${current}.new`, current);
    };
    await publish();
    const server = await startNginx(staticSite(current, certificate()));
    return { ...server, publish, revision: () => textOf(server.origin, '/') };
  },
};

/**
 * @param {string} id
 * @param {string} name
 * @param {string} checkout a built checkout of modcast
 * @param {'directory' | 'deploy'} serves the watched directory, or what was published of it
 * @param {readonly string[]} flags of `serve` and `publish`
 * @param {readonly string[]} serveFlags of `serve` only
 * @returns {Subject}
 */
const modcastOf = (id, name, checkout, serves, flags = [], serveFlags = []) => ({
  id,
  name,
  keepsPages: serves === 'directory',
  async start({ directory, scratch }) {
    const bundled = path.join(checkout, 'dist/bin/modcast.js');
    // Checkouts of earlier commits have no bundle.
    const main = existsSync(bundled) ? bundled : path.join(checkout, 'dist/cli/main.js');
    const database = ['--db', path.join(scratch, 'modcast.db')];
    const publish = async () => {
      await run(process.execPath, [main, 'publish', directory, ...database, ...flags]);
    };
    if (serves === 'deploy') await publish();
    const what = serves === 'deploy' ? ['--no-dir', '--channel', 'production'] : [directory];
    const given = ['--port', '0', ...database, ...flags, ...serveFlags];
    const server = await startServerProcess(name, [main, 'serve', ...what, ...given]);
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
      const page = /** @type {any} */ (globalThis);
      // A page may start without the loader, which comes later.
      if (page.modcast === undefined)
        await new Promise((resolve) => addEventListener('modcast', resolve, { once: true }));
      const { modcast: loader } = page;
      const { from } = await loader.ready;
      await loader.idle();
      // Where the server offers it, the service worker takes over in the background.
      await loader.offline?.().catch(() => {});
      return from;
    }, undefined),
});

/** What is published, with the service worker. */
const production = modcastOf('production', 'modcast production', file('../..'), 'deploy');

/**
 * The same behind nginx, as a site on the internet is, and as its peers are: with the round trips of TLS.
 *
 * @type {Subject}
 */
const productionH2 = {
  ...production,
  id: 'production-h2',
  name: 'modcast behind nginx',
  async start(options) {
    const server = await production.start(options);
    const proxy = await startNginx(proxySite(server.origin, options.certificate()));
    return {
      ...server,
      origin: proxy.origin,
      async close() {
        await proxy.close();
        await server.close();
      },
    };
  },
};

/** All subjects, in the order in which they run in every round. */
export const SUBJECTS = [
  plain,
  plainH2,
  vite,
  viteBundled,
  buildH2,
  modcastOf('modcast', 'modcast', file('../..'), 'directory'),
  production,
  productionH2,
  // What the first visit pays for offline use.
  modcastOf('no-offline', 'production --no-offline', file('../..'), 'deploy', [], ['--no-offline']),
  modcastOf('fused', 'modcast --fuse', file('../..'), 'directory', ['--fuse']),
  modcastOf('production-fused', 'production --fuse', file('../..'), 'deploy', ['--fuse']),
];

/** Those that run without `--subjects`: a site's author compares with them, and they are quick. */
export const DEFAULT_SUBJECTS = ['plain', 'vite-bundled', 'build-h2', 'modcast', 'production'];

/** Those whose times are divided by the others' times. */
export const OWN_SUBJECTS = ['modcast', 'production', 'production-h2', 'fused', 'production-fused'];

/** @param {string} checkout a built checkout of another commit, to compare this one with */
export const baselineOf = (checkout) =>
  modcastOf('baseline', 'baseline', path.resolve(checkout), 'directory');
