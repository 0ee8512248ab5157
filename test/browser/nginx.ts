import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../eventually.js';
import { freePort } from '../free-port.js';

const COMMAND = ['nginx', '/usr/sbin/nginx'].find((command) => spawnSync(command, ['-v']).status === 0);

/** Whether tests with nginx are left out: it is missing, and this is not CI, where it has to be there. */
export const lacksNginx = COMMAND === undefined && process.env['CI'] !== 'true';

/** A running nginx. */
export interface Nginx {
  /** Without a slash at its end: `https://127.0.0.1:41234`. */
  readonly origin: string;
  close(): Promise<void>;
}

/** A certificate for 127.0.0.1 that nobody has signed. @returns the directives that use it */
function certificate(directory: string): string {
  const file = (name: string) => path.join(directory, name);
  const to = ['-keyout', file('key.pem'), '-out', file('cert.pem')];
  const what = ['-subj', '/CN=modcast', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1'];
  const options = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...to, ...what];
  execFileSync('openssl', options, { stdio: ['ignore', 'ignore', 'pipe'] });
  return `ssl_certificate ${file('cert.pem')}; ssl_certificate_key ${file('key.pem')};`;
}

/** The whole configuration. All that nginx writes is in the directory. */
const configuration = (directory: string, server: string, maps: string): string => `
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
  ${maps}
  server {
    ${server}
  }
}
`;

const accepts = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
}

export interface NginxOptions {
  /** The `location` blocks of its server. */
  readonly locations: string;
  /** `map` blocks. There is one already for `$connection_upgrade`. */
  readonly maps?: string;
  /** Default true. */
  readonly tls?: boolean;
}

export async function startNginx({ locations, maps = '', tls = true }: NginxOptions): Promise<Nginx> {
  const directory = await mkdtemp(path.join(tmpdir(), 'modcast-nginx-'));
  const port = await freePort();
  const file = path.join(directory, 'nginx.conf');
  const listen = tls
    ? `listen 127.0.0.1:${port} ssl; ${certificate(directory)}`
    : `listen 127.0.0.1:${port};`;
  await writeFile(file, configuration(directory, listen + locations, maps));
  const child = spawn(COMMAND ?? 'nginx', ['-p', directory, '-c', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (data) => (errors += String(data)));
  const close = async () => {
    await end(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await Promise.race([
      eventually(() => accepts(port)),
      once(child, 'exit').then(() => Promise.reject(new Error(`nginx ended: ${errors}`))),
    ]);
  } catch (error) {
    await close();
    throw error;
  }
  return { origin: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, close };
}
