import { beforeEach, describe, expect, it } from 'vitest';
import type { Registry, RegistryOptions } from '../../../../registry/index.js';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { PublishService, publishSite, readSite } from '../../../../registry/publish/index.js';
import { NAVIGATION, open, site, type Files } from '../site.js';

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
  registry = open({ channel: 'production', serveHead: true });
});

async function put(files: Files, channel = 'production'): Promise<void> {
  const store = await registry.store();
  const content = await readSite(await site(files), DEFAULT_FILTER);
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

  it('serves only files of its manifest, and no dotfiles', async () => {
    for (const target of ['/', '/main.mjs']) expect(await ask(target)).toBeNull();
    await put({ 'main.mjs': '' }, 'other');
    expect(await ask('/main.mjs')).toBeNull();
    await put(FILES);
    for (const target of ['/logo.svg', '/none.mjs', '/none/', '/.env.json', '/__proto__', '/main.mjs/']) {
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
