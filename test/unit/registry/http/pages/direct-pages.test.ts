import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { open, site, temporary, write, type Files } from '../../site.js';

const FILES: Files = {
  'index.html': '<!doctype html><head><script type="module" src="./lib/main.mjs"></script>',
  'docs/index.html': '<!doctype html><head><script type="module" src="../lib/main.mjs"></script>',
  'about.html': '<!doctype html><head><script type="module" src="./lib/main.mjs"></script>',
  'lib/main.mjs': "import { a } from './a.mjs';\nexport const twice = 2 * a;\n",
  'lib/a.mjs': 'export const a = 1;\n',
};

/** What Chromium sends for a page. */
const CHROMIUM = {
  Accept: 'text/html',
  'Accept-Encoding': 'gzip, br, dcz',
  'User-Agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Sec-CH-UA': '"Chromium";v="140"',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Mode': 'navigate',
};
const { 'Sec-CH-UA': _, 'User-Agent': __, ...OTHER } = CHROMIUM;

async function direct(options = {}) {
  const directory = await site(FILES);
  const registry = open({ directory, fuse: true, watch: false, ...options });
  await registry.fused();
  const ask = async (target: string, headers: Record<string, string> = CHROMIUM) =>
    (await registry.handle(new Request(`http://localhost${target}`, { headers })))!;
  const change = async (text: string) => {
    await write(directory, { 'lib/a.mjs': text });
    await registry.scan();
    await registry.fused();
  };
  return { directory, registry, ask, change };
}

/** The URL of the facade from which a page starts. */
const startOf = (html: string) =>
  / src=["']?(\/-\/[^"'\s>]+\/lib\/main\.mjs)/.exec(withoutReferences(html))![1]!;

const withoutReferences = (html: string) =>
  html.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));

describe('a page that starts without the loader', () => {
  it.each([
    ['Chromium', CHROMIUM],
    ['another browser', OTHER],
    ['a frame', { ...CHROMIUM, 'Sec-Fetch-Dest': 'iframe' }],
    ['a service worker that passes on a navigation', { ...CHROMIUM, 'Sec-Fetch-Dest': 'empty' }],
  ])('is never shown without being revalidated to %s', async (_name, headers) => {
    const { ask } = await direct();
    const response = await ask('/', headers);
    expect(await response.text()).not.toBe('');
    expect(response.headers.get('Cache-Control')).toBe('no-cache');
    expect(response.headers.get('Use-As-Dictionary')).toBeNull();
  });
});

describe('a facade', () => {
  it('has the same URL in the next deploy, and stays', async () => {
    const { ask, change } = await direct();
    const plain = { ...OTHER, 'Accept-Encoding': '' };
    const url = startOf(await (await ask('/', plain)).text());
    expect(url).toMatch(/^\/-\/modules\/[\da-f]{64}\/lib\/main\.mjs$/);
    await change('export const a = 3;\n');
    expect(startOf(await (await ask('/', plain)).text())).toBe(url);
    const facade = await ask(url, {});
    expect(facade.headers.get('Cache-Control')).toContain('immutable');
    expect(facade.headers.get('ETag')).toBe(`"${url.split('/')[3]}"`);
    expect(await facade.text()).toContain('modcast:run/lib/main.mjs');
    // Another URL would be another instance.
    expect((await ask(`${url}?x`, {})).status).toBe(404);
    expect((await ask(url.replace('main', 'a'), {})).status).toBe(404);
  });

  it('is found by a server that was started again, and by one that joins nothing', async () => {
    const database = path.join(await temporary(), 'registry.db');
    const { directory, registry, ask } = await direct({ database });
    const url = startOf(await (await ask('/', { ...OTHER, 'Accept-Encoding': '' })).text());
    await registry.close();
    for (const fuse of [false, true]) {
      const next = open({ directory, database, fuse, watch: false });
      await next.ready;
      const response = (await next.handle(new Request(`http://localhost${url}`)))!;
      expect(await response.text()).toContain('modcast:run/lib/main.mjs');
      await next.close();
    }
  });
});
