import { beforeEach, describe, expect, it } from 'vitest';
import type { Registry, RegistryOptions } from '../../../../../registry/index.js';
import { blake3 } from '../../../../../registry/hash.js';
import { SITE_FILTER } from '../../../../../registry/ingest/files.js';
import { PublishService, publishSite, readSite } from '../../../../../registry/publish/index.js';
import { NAVIGATION, open, site, type Files } from '../../site.js';

const PAGE = '<!doctype html><title>x</title><script type="module" src="/main.mjs"></script>';
const FILES: Files = {
  'index.html': PAGE,
  'lib/index.html': PAGE,
  'main.mjs': 'import "./lib/a.mjs";',
  'lib/a.mjs': 'export default "ü";',
  'style.css': 'body {}',
  'data.json': '{}',
  'logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  '.env.json': '{}',
};

let registry: Registry;
beforeEach(() => {
  // Pages of joined modules start in another way.
  registry = open({ channel: 'production', serveHead: true, fuse: false });
});

async function put(files: Files, channel = 'production'): Promise<void> {
  const store = await registry.store();
  const content = await readSite(await site(files), SITE_FILTER);
  const fresh = { channel, author: 'ada', message: '' };
  await publishSite(new PublishService({ store, now: Date.now }), content, fresh);
}

const ask = (target: string, headers: Record<string, string> = {}, method = 'GET') =>
  registry.handle(new Request(`http://localhost${target}`, { method, headers }));

describe('a registry that serves its head', () => {
  it('serves pages with the loader injected, and the other files as published', async () => {
    await put(FILES);
    for (const target of ['/', '/index.html', '/lib/', '/lib/index.html']) {
      const page = await ask(target, NAVIGATION);
      expect([page?.status, page?.headers.get('Content-Type')]).toEqual([200, 'text/html; charset=utf-8']);
      const html = await page!.text();
      expect(html).toMatch(
        /<script async src="\/-\/loader\.js\?v=[0-9a-f]{12}"[^>]* data-channel="production"/,
      );
      const [store, deploys] = [await registry.store(), /data-deploy="(\d+) (\w+)"/.exec(html)!];
      const head = (await store.head('production'))!;
      expect([Number(deploys[1]), deploys[2]]).toEqual([head.number, head.manifest]);
      expect(html).toContain(`data-registry="${await store.identity()}"`);
      expect(html).toContain('data-modcast="module"');
      expect(html).not.toContain('data-hot');
    }
    for (const [target, type] of [
      ['/main.mjs', 'text/javascript'],
      ['/lib/a.mjs', 'text/javascript'],
      ['/style.css', 'text/css'],
      ['/data.json', 'application/json'],
    ] as const) {
      const response = await ask(`${target}?v=1`);
      expect([response?.status, response?.headers.get('Content-Type')]).toEqual([200, type]);
      expect(response!.headers.get('Cache-Control')).toBe('no-cache');
      expect(await response!.text()).toBe(FILES[target.slice(1)]);
    }
  });

  it('validates files by hash', async () => {
    await put(FILES);
    const tag = (await ask('/main.mjs'))!.headers.get('ETag')!;
    expect(tag).toMatch(/^"[0-9a-f]{64}"$/);
    expect((await ask('/main.mjs', { 'If-None-Match': tag }))?.status).toBe(304);
    const page = (await ask('/', NAVIGATION))!.headers.get('ETag')!;
    expect((await ask('/', { ...NAVIGATION, 'If-None-Match': page }))?.status).toBe(304);
  });

  describe('its assets', () => {
    const VIDEO = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i * i * 7));
    const ASSETS: Files = {
      ...FILES,
      'app.wasm': Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
      'media/clip.mp4': VIDEO,
      'fonts/a.woff2': Uint8Array.of(0x77, 0x4f, 0x46, 0x32),
      'notes.txt': 'ü'.repeat(2000),
      CNAME: 'example.org',
    };

    it.each([
      ['logo.svg', 'image/svg+xml'],
      ['app.wasm', 'application/wasm'],
      ['media/clip.mp4', 'video/mp4'],
      ['fonts/a.woff2', 'font/woff2'],
      ['notes.txt', 'text/plain; charset=utf-8'],
      ['CNAME', 'application/octet-stream'],
    ])('are served as published, validated by their hash: %s', async (name, type) => {
      await put(ASSETS);
      const bytes = Buffer.from(ASSETS[name]!);
      const response = (await ask(`/${name}`))!;
      expect([response.status, response.headers.get('Content-Type')]).toEqual([200, type]);
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
      const tag = `"${blake3(bytes)}"`;
      expect(response.headers.get('ETag')).toBe(tag);
      expect(response.headers.get('Cache-Control')).toBe('no-cache');
      expect((await ask(`/${name}`, { 'If-None-Match': tag }))!.status).toBe(304);
      const head = (await ask(`/${name}`, {}, 'HEAD'))!;
      expect([head.headers.get('Content-Length'), await head.text()]).toEqual([String(bytes.length), '']);
    });

    it('come in ranges', async () => {
      await put(ASSETS);
      const tag = `"${blake3(VIDEO)}"`;
      const part = (await ask('/media/clip.mp4', { Range: 'bytes=100000-299999', 'If-Range': tag }))!;
      expect([part.status, part.headers.get('Content-Range')]).toEqual([206, 'bytes 100000-299999/300000']);
      expect(Buffer.from(await part.arrayBuffer()).equals(VIDEO.subarray(100_000))).toBe(true);
      expect((await ask('/media/clip.mp4', { Range: 'bytes=300000-' }))!.status).toBe(416);
      const whole = await ask('/media/clip.mp4', { Range: 'bytes=0-1', 'If-Range': '"other"' });
      expect(whole!.status).toBe(200);
    });

    it('are compressed only if they are text', async () => {
      await put(ASSETS);
      const encoding = async (name: string) =>
        (await ask(name, { 'Accept-Encoding': 'gzip, br' }))!.headers.get('Content-Encoding');
      expect(await encoding('/notes.txt')).toBe('gzip');
      expect(await encoding('/media/clip.mp4')).toBeNull();
    });

    it('are those of any public deploy at the URLs that name it', async () => {
      registry = open({ channel: 'production', serveHead: true, publicHistory: true });
      await put(ASSETS);
      const { number, manifest } = (await (await registry.store()).head('production'))!;
      const other = Buffer.from('another clip');
      await put({ ...ASSETS, 'media/clip.mp4': other });
      const bytesAt = async (target: string) => {
        const response = (await ask(target))!;
        return [response.headers.get('Cache-Control'), Buffer.from(await response.arrayBuffer())] as const;
      };
      expect(await bytesAt('/media/clip.mp4')).toEqual(['no-cache', other]);
      for (const target of [
        `/media/clip.mp4?modcast=${manifest}`,
        `/-/deploys/${number}/at/media/clip.mp4`,
      ]) {
        const [caching, bytes] = await bytesAt(target);
        expect([caching?.includes('immutable'), bytes.equals(VIDEO)]).toEqual([true, true]);
      }
      const part = (await ask(`/media/clip.mp4?modcast=${manifest}`, { Range: 'bytes=0-9' }))!;
      expect([part.status, part.headers.get('ETag')]).toEqual([206, `"${blake3(VIDEO)}"`]);
      // A page is that of the newest deploy, with the loader.
      const page = (await ask(`/index.html?modcast=${manifest}`, NAVIGATION))!;
      expect([page.headers.get('Cache-Control'), await page.text()]).toEqual([
        'no-cache',
        expect.stringContaining('loader.js?v='),
      ]);
    });
  });

  it('serves only files of its manifest, and no dotfiles', async () => {
    for (const target of ['/', '/main.mjs']) expect(await ask(target)).toBeNull();
    await put({ 'main.mjs': '' }, 'other');
    expect(await ask('/main.mjs')).toBeNull();
    await put(FILES);
    for (const target of ['/none.svg', '/none.mjs', '/none/', '/.env.json', '/__proto__', '/main.mjs/']) {
      expect(await ask(target)).toBeNull();
    }
    expect((await ask('/%2e%2e%2fmain.mjs'))?.status).toBe(400);
  });

  it('finds a name in any Unicode form, and a directory with its slash', async () => {
    await put({ ...FILES, 'gr\u00fc\u00df.mjs': 'export {};' });
    expect((await ask('/gru%CC%88%C3%9F.mjs'))?.status).toBe(200);
    const moved = await ask('/lib?x=1');
    expect([moved?.status, moved?.headers.get('Location')]).toEqual([308, '/lib/?x=1']);
  });

  it('accepts only GET and HEAD, and only allowed hosts', async () => {
    await put(FILES);
    expect((await ask('/main.mjs', {}, 'POST'))?.status).toBe(405);
    expect(await ask('/none.mjs', {}, 'POST')).toBeNull();
    expect((await ask('/main.mjs', { Host: 'evil.test' }))?.status).toBe(403);
  });
});

it('does not serve site files unless it serves its head', async () => {
  registry = open({ channel: 'production' });
  await put(FILES);
  expect(await ask('/main.mjs')).toBeNull();
});

it('refuses both a directory and its head', () => {
  const both: RegistryOptions = { directory: '.', serveHead: true };
  expect(() => open(both)).toThrow(expect.objectContaining({ code: 'option-invalid' }));
});
