import { once } from 'node:events';
import { readFile, realpath } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, sep } from 'node:path';
import type { Site } from './serve-site.js';

/**
 * The types a plain static server sends. HTML has no charset parameter, so that a page's own `<meta charset>`
 * counts; module scripts are UTF-8 whatever is said.
 */
const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.wasm': 'application/wasm',
};

/** A site, and what its server was asked for. */
export interface NativeSite extends Site {
  /** Requests in order, with their answer's status; upgrades to a WebSocket have 426. */
  readonly answered: { readonly path: string; readonly status: number }[];
}

/**
 * The oracle of the parity tests: files as they are, their media type, 404 for the rest, and nothing is
 * cached.
 *
 * @param fallback as hosts of static files: pages also without their extension, and this page where a path
 *   has no file. A `404.html` comes with status 404
 */
export async function serveNative(dir: string, fallback?: string): Promise<NativeSite> {
  const root = await realpath(dir);
  const answered: NativeSite['answered'] = [];
  const record = (target: string, status: number) =>
    answered.push({ path: new URL(target, 'http://site').pathname, status });
  const server = createServer((request, response) => {
    const target = request.url ?? '/';
    response.on('finish', () => URL.canParse(target, 'http://site') && record(target, response.statusCode));
    void respond(root, target, response, fallback);
  });
  server.on('upgrade', (request, socket) => {
    record(request.url ?? '/', 426);
    socket.end('HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    answered,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

async function respond(
  root: string,
  target: string,
  response: ServerResponse,
  fallback: string | undefined,
): Promise<void> {
  response.setHeader('Cache-Control', 'no-store');
  const asked = fileOf(root, target);
  const files = asked === undefined ? [] : [asked];
  if (fallback !== undefined) files.push(`${asked}.html`, join(root, fallback));
  for (const file of files) {
    const body = await readFile(file).catch(() => undefined);
    if (body === undefined) continue;
    const status = fallback?.endsWith('404.html') && file === files.at(-1) ? 404 : 200;
    response.writeHead(status, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' });
    return void response.end(body);
  }
  response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found');
}

/** The file a request target names, decoded once; undefined for one that is malformed or leaves the root. */
function fileOf(root: string, target: string): string | undefined {
  try {
    const path = decodeURIComponent(new URL(target, 'http://site').pathname);
    const file = join(root, path.endsWith('/') ? `${path}index.html` : path);
    return file.startsWith(root + sep) && !file.includes('\0') ? file : undefined;
  } catch {
    return undefined;
  }
}
