import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import { httpTarget, publishSite, readSite, type SendProgress } from '../../../../registry/publish/index.js';
import { SITE_FILTER } from '../../../../registry/ingest/files.js';
import { later, site } from '../site.js';

/** A server that takes every request. @returns its URL, and the headers and sizes of the requests */
async function recorder() {
  const requests: { readonly length: string | undefined; readonly bytes: number }[] = [];
  const server = createServer(async (message, response) => {
    let bytes = 0;
    for await (const chunk of message) bytes += (chunk as Buffer).length;
    requests.push({ length: message.headers['content-length'], bytes });
    response.setHeader('Content-Type', 'application/json');
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

describe('blobs that are sent over HTTP', () => {
  it('report how much of a large one has been sent, in a request that names its length', async () => {
    const { url, requests } = await recorder();
    const bytes = randomBytes(1_000_000);
    const parts: number[] = [];
    const target = httpTarget({ url, token: undefined });
    await target.put('lease', [{ hash: blake3(bytes), bytes }], (part) => parts.push(part));
    expect(parts.length).toBeGreaterThan(10);
    expect(parts).toEqual(parts.toSorted((a, b) => a - b));
    expect(parts.every((part) => part >= 0 && part < 1)).toBe(true);
    expect(requests).toEqual([{ length: String(requests[0]!.bytes), bytes: requests[0]!.bytes }]);
    expect(requests[0]!.bytes).toBeGreaterThan(bytes.length);
  });

  it('count in the progress of a publish before their file is complete', async () => {
    const directory = await site({ 'a.mjs': 'export default 1;', 'film.bin': 'x'.repeat(1000) });
    const content = await readSite(directory, SITE_FILTER);
    const missing = [...content.manifest.modules.values()].map(({ hash }) => hash);
    const changes = { added: 2, changed: 0, removed: 0, modules: 2, bytes: 1017 };
    const seen: SendProgress[] = [];
    const target = {
      plan: async () => ({ state: 'open', lease: 'lease', head: null, missing, changes }) as const,
      put: async (_lease: string, _blobs: unknown, onSent?: (part: number) => void) => {
        for (const part of [0, 0.25, 0.5]) onSent!(part);
      },
      commit: () => Promise.reject(new Error('not committed')),
    };
    const options = { channel: 'production', author: '', message: '' };
    await expect(
      publishSite(target, content, { ...options, progress: (progress) => seen.push(progress) }),
    ).rejects.toThrow('not committed');
    expect(seen.map(({ blobs, bytes }) => [blobs, bytes])).toEqual([
      [0, 0],
      [0, 0],
      [0, 254],
      [0, 508],
      [2, 1017],
    ]);
  });
});
