/**
 * `node plain-http.mjs <directory>`: serves a directory of modules like nginx, over HTTP/1.1 with keep-alive.
 * Checks files on every request, sends ETags in nginx's format, and compresses bodies in advance like
 * `gzip_static`. Unlike nginx it sends `Cache-Control: no-cache`: without it, the browser applies heuristic
 * caching and runs old modules after an edit.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { lookup } from 'mrmime';

const root = path.resolve(process.argv[2] ?? '.');

/** @type {Map<string, { etag: string, plain: Buffer, compressed: Buffer }>} */
const held = new Map();

/** @param {string} file */
function take(file) {
  const { mtimeMs, size } = statSync(file);
  const etag = `"${Math.floor(mtimeMs).toString(16)}-${size.toString(16)}"`;
  const known = held.get(file);
  if (known?.etag === etag) return known;
  const plain = readFileSync(file);
  const entry = { etag, plain, compressed: gzipSync(plain) };
  held.set(file, entry);
  return entry;
}

/** @param {http.IncomingMessage} request */
function fileOf(request) {
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const file = path.join(root, decodeURIComponent(pathname));
  return file === root || file === root + path.sep ? path.join(root, 'index.html') : file;
}

/** @type {http.RequestListener} */
function answer(request, response) {
  let file, entry;
  try {
    file = fileOf(request);
    if (!file.startsWith(root + path.sep)) throw new Error('outside of the directory');
    entry = take(file);
  } catch {
    response.writeHead(404, { 'Content-Length': 0 }).end();
    return;
  }
  const headers = { ETag: entry.etag, 'Cache-Control': 'no-cache', Vary: 'Accept-Encoding' };
  if (request.headers['if-none-match'] === entry.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const compress = /\bgzip\b/.test(String(request.headers['accept-encoding']));
  const body = compress ? entry.compressed : entry.plain;
  response
    .writeHead(200, {
      ...headers,
      'Content-Type': lookup(file) ?? 'application/octet-stream',
      'Content-Length': body.length,
      ...(compress && { 'Content-Encoding': 'gzip' }),
    })
    .end(body);
}

for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (entry.isFile()) take(path.join(entry.parentPath, entry.name));
}
const server = http.createServer({ keepAlive: true, noDelay: true, keepAliveTimeout: 75_000 }, answer);
server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}/`);
});
