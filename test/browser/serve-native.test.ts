import { once } from 'node:events';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveNative } from './serve-native.js';
import type { Site } from './serve-site.js';

let parent: string;
let site: Site;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'native-'));
  const root = join(parent, 'site');
  await mkdir(join(root, 'docs'), { recursive: true });
  await writeFile(join(parent, 'secret.mjs'), 'outside');
  await writeFile(join(root, 'docs/index.html'), 'the page');
  await writeFile(join(root, 'ä b.mjs'), Buffer.from([0xff, 0x0d, 0x0a]));
  await writeFile(join(root, 'empty.mjs'), '');
  site = await serveNative(root);
});

afterAll(async () => {
  await site.close();
  await rm(parent, { recursive: true });
});

it('serves unchanged bytes with their media type, and forbids caching', async () => {
  const response = await fetch(new URL('./ä%20b.mjs?query', site.url));
  expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0xff, 0x0d, 0x0a]);
  expect(response.headers.get('content-type')).toBe('text/javascript');
  expect(response.headers.get('cache-control')).toBe('no-store');
});

it('serves an empty file', async () => {
  const response = await fetch(new URL('./empty.mjs', site.url));
  expect(response.status).toBe(200);
  expect(await response.text()).toBe('');
});

it('serves the index of a directory', async () => {
  const response = await fetch(new URL('./docs/', site.url));
  expect(await response.text()).toBe('the page');
  expect(response.headers.get('content-type')).toBe('text/html');
});

it.each(['/missing.mjs', '/docs', '/', '/%2e%2e/secret.mjs', '/..%2fsecret.mjs', '/%', '/%00', '//'])(
  'answers %s with 404',
  async (target) => {
    expect(await statusOf(target)).toBe(404);
  },
);

/** The status of a request whose target is not normalised by a client. */
async function statusOf(target: string): Promise<number> {
  const { hostname, port } = new URL(site.url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return Number(data.toString('latin1').split(' ')[1]);
}
