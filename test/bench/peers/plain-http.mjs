/**
 * `node plain-http.mjs <directory>`: what nginx is to a directory of modules, over HTTP/1.1 with keep-alive. Files
 * are checked on every request and have nginx's kind of ETag; the bodies are compressed beforehand, as with its
 * `gzip_static`. `Cache-Control: no-cache` is the one header that nginx would not send by itself: without it the
 * browser guesses how long a module stays good, and shows old modules after an edit.
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
