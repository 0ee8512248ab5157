// JavaScript, because both the tests and the bench use it, and Node runs the bench without a build.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const COMMAND = ['nginx', '/usr/sbin/nginx'].find((command) => spawnSync(command, ['-v']).status === 0);
const START_LIMIT_MS = 20_000;

/** Whether there is an nginx to start. */
export const hasNginx = COMMAND !== undefined;

/** Whether tests with nginx are left out: it is missing, and this is not CI, where it has to be there. */
export const lacksNginx = !hasNginx && process.env['CI'] !== 'true';

/**
 * @typedef {object} Nginx
 * @property {string} origin without a slash at its end: `https://127.0.0.1:41234`
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} Certificate
 * @property {string} cert file with the certificate, in PEM
 * @property {string} key file with its private key, in PEM
 */

/**
 * Makes a certificate for 127.0.0.1 that nobody has signed, valid for a day. Needs openssl.
 *
 * @param {string} directory where its two files are written
 * @returns {Certificate}
 */
export function makeCertificate(directory) {
  const certificate = { cert: path.join(directory, 'cert.pem'), key: path.join(directory, 'key.pem') };
  const to = ['-keyout', certificate.key, '-out', certificate.cert];
  const what = ['-subj', '/CN=modcast', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1'];
  const options = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...to, ...what];
  execFileSync('openssl', options, { stdio: ['ignore', 'ignore', 'pipe'] });
  return certificate;
}

/**
 * The whole configuration. All that nginx writes is in the directory.
 *
 * @param {string} directory
 * @param {string} server directives of its one server
 * @param {string} http directives around it
 */
const configuration = (directory, server, http) => `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`).join(' ')}
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  ${http}
  server {
    ${server}
  }
}
`;

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** @param {number} port @returns {Promise<boolean>} */
const accepts = (port) =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
}

/**
 * Starts an nginx of its own on a free port of 127.0.0.1.
 *
 * @param {object} options
 * @param {string} options.locations the `location` blocks of its server, and other directives in it
 * @param {string} [options.http] directives around the server. There is a `map` already for
 *   `$connection_upgrade`.
 * @param {boolean} [options.tls] default true
 * @param {boolean} [options.http2] default false
 * @param {Certificate} [options.certificate] of TLS; without it, a new one
 * @returns {Promise<Nginx>}
 * @throws {Error} if it does not start, with what it has said
 */
export async function startNginx({ locations, http = '', tls = true, http2 = false, certificate }) {
  const directory = await mkdtemp(path.join(tmpdir(), 'modcast-nginx-'));
  const port = await freePort();
  const file = path.join(directory, 'nginx.conf');
  let listen = `listen 127.0.0.1:${port};`;
  if (tls) {
    const { cert, key } = certificate ?? makeCertificate(directory);
    listen = `listen 127.0.0.1:${port} ssl${http2 ? ' http2' : ''}; ssl_certificate ${cert}; ssl_certificate_key ${key};`;
  }
  await writeFile(file, configuration(directory, `${listen}\n    ${locations}`, http));
  const child = spawn(COMMAND ?? 'nginx', ['-p', directory, '-c', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.on('error', (error) => (errors += String(error)));
  child.stderr.on('data', (data) => (errors += String(data)));
  const close = async () => {
    await end(child);
    await rm(directory, { recursive: true, force: true });
  };
  const limit = performance.now() + START_LIMIT_MS;
  while (!(await accepts(port))) {
    if (child.pid === undefined || child.exitCode !== null || performance.now() > limit) {
      await close();
      throw new Error(`nginx did not start: ${errors}`);
    }
    await delay(10);
  }
  return { origin: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, close };
}
