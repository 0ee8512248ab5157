import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Registry } from '../../../../../registry/index.js';
import { NAVIGATION, later, open, serve, servePublished, site, type Files } from '../../site.js';

const page = (title: string): string =>
  `<!doctype html><title>${title}</title><script type="module" src="main.js"></script>`;

const NO_404: Files = {
  'index.html': page('home'),
  'about.html': page('about'),
  'both.html': page('both'),
  'both/index.html': page('both, the directory'),
  'caf\u00e9.html': page('café'),
  'docs/index.html': page('docs'),
  'docs/guide.html': page('guide'),
  'docs/main.js': '',
  'lib/a.js': '',
  'main.js': 'globalThis.ran = true;\n',
  'main.js.html': page('a page about main.js'),
  plain: 'no extension',
  'plain.html': page('plain'),
  'v1.2.html': page('v1.2'),
};
const SITE: Files = { ...NO_404, '404.html': page('nothing here') };
const ALL = { include: ['**/*'] };

interface Ask extends RequestInit {
  readonly headers?: Record<string, string>;
}

const get = (url: string, target: string, options: Ask = {}): Promise<Response> =>
  fetch(url.slice(0, -1) + target, { redirect: 'manual', headers: NAVIGATION, ...options });

/** Status with the title of a page, the target of a redirect, or the text of another file. */
async function ask(url: string, target: string, options: Ask = {}): Promise<string> {
  const response = await get(url, target, options);
  const text = await response.text();
  const shown = response.headers.get('Location') ?? /<title>(.*?)<\/title>/.exec(text)?.[1] ?? text.trimEnd();
  return `${response.status} ${shown}`;
}

const SOURCES = [
  ['a directory', serve],
  ['a published site', servePublished],
] as const;

/** What a navigation gets, by its target. */
const ANSWERS: readonly (readonly [target: string, answer: string])[] = [
  ['/', '200 home'],
  ['/index.html', '200 home'],
  ['/index', '200 home'],
  // A page without its extension.
  ['/about', '200 about'],
  ['/about?q=1', '200 about'],
  ['/about.html', '200 about'],
  ['/%61bout', '200 about'],
  ['/docs/guide', '200 guide'],
  ['/v1.2', '200 v1.2'],
  ['/caf%C3%A9', '200 café'],
  ['/404', '200 nothing here'],
  // A slash too many, and one too few.
  ['/about/', '308 /about'],
  ['/about/?q=1&r=/', '308 /about?q=1&r=/'],
  ['/docs/guide/', '308 /docs/guide'],
  ['/docs', '308 /docs/'],
  ['/docs?q=1', '308 /docs/?q=1'],
  ['/caf%C3%A9/', '308 /caf%C3%A9'],
  // A file and a directory of the same name.
  ['/docs/', '200 docs'],
  ['/both', '200 both'],
  ['/both.html', '200 both'],
  ['/both/', '200 both, the directory'],
  ['/both/index', '200 both, the directory'],
  // A file of the very name.
  ['/main.js', '200 globalThis.ran = true;'],
  ['/plain', '200 no extension'],
  ['/plain.html', '200 plain'],
  ['/plain/', '404 nothing here'],
  ['/main.js/', '404 nothing here'],
  // No file.
  ['/missing', '404 nothing here'],
  ['/a/b/missing.html', '404 nothing here'],
  ['/missing/', '404 nothing here'],
  ['/lib', '404 nothing here'],
  ['/lib/', '404 nothing here'],
  ['/About', '404 nothing here'],
  ['/about.html/', '404 nothing here'],
  ['/about.htm', '404 nothing here'],
  // Never served.
  ['/.about', '404 Not found.'],
  ['/-/about', '404 No such route.'],
  ['/docs/%2e%2e%2fabout', '400 Not a plain path.'],
  ['//about/', '400 Malformed request.'],
];

describe.each(SOURCES)('%s', (_, start) => {
  it('answers navigations as hosts of static files do', async () => {
    const { url } = await start(SITE, ALL);
    const answers = await Promise.all(
      ANSWERS.map(async ([target]) => [target, await ask(url, target)] as const),
    );
    expect(answers).toEqual(ANSWERS);
  });

  it('gives pages at clean URLs the loader, with the entries of that URL', async () => {
    const { url } = await start(SITE, ALL);
    for (const [target, entry] of [
      ['/about', 'main.js'],
      ['/docs/guide', 'docs/main.js'],
      ['/missing', 'main.js'],
    ] as const) {
      const response = await get(url, target);
      const html = await response.text();
      expect(html).toContain(' src="/-/loader.js?v=');
      expect(html).toContain(`data-entries='["${entry}"]'`);
      expect(response.headers.get('Cache-Control')).toBe('no-cache');
      expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    }
    // What the page imports is not there, natively as well.
    expect(await (await get(url, '/a/missing')).text()).toContain('data-entries="[]"');
  });

  it('gives all but navigations the bytes of the file', async () => {
    const { url } = await start(SITE, ALL);
    const script = { headers: { Accept: 'text/html', 'Sec-Fetch-Dest': 'empty' } };
    expect(await (await get(url, '/about', script)).text()).toBe(SITE['about.html']);
    expect(await (await get(url, '/about', { headers: { Accept: '*/*' } })).text()).toBe(SITE['about.html']);
    const missing = await get(url, '/missing', script);
    expect([missing.status, await missing.text()]).toEqual([404, SITE['404.html']]);
  });

  it('validates a page at its clean URL', async () => {
    const { url } = await start(SITE, ALL);
    const headers = { ...NAVIGATION, 'If-None-Match': (await get(url, '/about')).headers.get('ETag')! };
    expect((await get(url, '/about', { headers })).status).toBe(304);
  });

  it('redirects for this time only', async () => {
    const { url } = await start(SITE, ALL);
    for (const target of ['/about/', '/docs'])
      expect((await get(url, target)).headers.get('Cache-Control')).toBe('no-cache');
  });

  it('never says that a 404 page has not changed, or sends a part of it', async () => {
    const { url } = await start(SITE, ALL);
    const plain = { headers: { Accept: 'text/html', 'Sec-Fetch-Dest': 'empty' } };
    const tags = [
      (await get(url, '/404.html')).headers.get('ETag')!,
      (await get(url, '/404.html', plain)).headers.get('ETag')!,
    ];
    const more = { 'If-None-Match': [...tags, '*'].join(', '), Range: 'bytes=0-3' };
    for (const { headers } of [{ headers: NAVIGATION }, plain]) {
      const response = await get(url, '/missing', { headers: { ...headers, ...more } });
      const names = ['ETag', 'Last-Modified', 'Accept-Ranges', 'Content-Range'];
      expect(names.filter((name) => response.headers.has(name))).toEqual([]);
      expect([response.status, (await response.text()).endsWith('</script>')]).toEqual([404, true]);
    }
  });

  it('answers 200 where the loader asks for the headers of a 404 page', async () => {
    const { url } = await start(SITE, ALL);
    const loader = { method: 'HEAD', headers: { Accept: 'text/html', 'Modcast-Page': '' } };
    const response = await get(url, '/missing', loader);
    const { headers } = response;
    expect([response.status, headers.get('Cache-Control'), headers.get('ETag')]).toEqual([
      200,
      'no-store',
      null,
    ]);
    // Only a HEAD request, and only where there is a 404 page.
    expect((await get(url, '/missing', { headers: loader.headers })).status).toBe(404);
    expect((await get(url, '/missing', { ...loader, headers: { Accept: 'text/html' } })).status).toBe(404);
    expect((await get(url, '/missing.js', { ...loader, headers: { 'Modcast-Page': '' } })).status).toBe(404);
    const { url: plain } = await start(NO_404, ALL);
    expect((await get(plain, '/missing', loader)).status).toBe(404);
  });

  it('answers HEAD like GET, without a body', async () => {
    const { url } = await start(SITE, ALL);
    expect(await ask(url, '/missing', { method: 'HEAD' })).toBe('404 ');
    expect(await ask(url, '/about', { method: 'HEAD' })).toBe('200 ');
    expect(await ask(url, '/about/', { method: 'HEAD' })).toBe('308 /about');
    const length = async (method: string) =>
      Number((await get(url, '/missing', { method })).headers.get('Content-Length'));
    expect(await length('HEAD')).toBeGreaterThan(SITE['404.html']!.length);
    expect(await length('HEAD')).toBe(await length('GET'));
  });

  it('keeps a plain 404 for what does not ask for HTML', async () => {
    const { url } = await start(SITE, ALL);
    for (const accept of ['*/*', 'image/avif,image/*,*/*;q=0.8', 'text/html;q=0, */*', 'application/json'])
      expect(await ask(url, '/missing.js', { headers: { Accept: accept } })).toBe('404 Not found.');
    expect(await ask(url, '/missing', { method: 'POST' })).toBe('404 Not found.');
    for (const target of ['/about', '/about.html', '/about/', '/docs'])
      expect(await ask(url, target, { method: 'POST' })).toBe('405 Only GET and HEAD.');
  });

  it('keeps a plain 404 for a site without a 404.html in its root', async () => {
    const { url } = await start({ ...NO_404, 'docs/404.html': page('nothing in docs') }, ALL);
    for (const target of ['/missing', '/docs/missing', '/lib/'])
      expect(await ask(url, target)).toBe('404 Not found.');
  });

  it('has a 404 page also where it has no index', async () => {
    const { url } = await start({ '404.html': page('nothing here') });
    expect(await ask(url, '/')).toBe('404 nothing here');
  });

  it('with `single`, gives its page for paths without a file, and pages at clean URLs', async () => {
    const { url } = await start(SITE, { ...ALL, single: true });
    expect(await ask(url, '/missing')).toBe('200 home');
    expect(await ask(url, '/lib/')).toBe('200 home');
    expect(await ask(url, '/about')).toBe('200 about');
    expect(await ask(url, '/about/')).toBe('308 /about');
    const other = await start(SITE, { ...ALL, single: 'nothing.html' });
    expect(await ask(other.url, '/missing')).toBe('404 nothing here');
  });
});

it('a published site finds a page in any Unicode form', async () => {
  const { url } = await servePublished(SITE, ALL);
  expect(await ask(url, '/cafe%CC%81')).toBe('200 café');
});

it('tells hot reload which file a URL shows', async () => {
  const { url } = await serve({ ...SITE, 'e\u0301.html': page('é') }, { watch: true });
  const fileAt = async (target: string) =>
    / data-hot-file="(.*?)"/.exec(await (await get(url, target)).text())?.[1];
  expect(await fileAt('/about')).toBe('about.html');
  expect(await fileAt('/a/missing')).toBe('404.html');
  expect(await fileAt('/about.html')).toBe('about.html');
  expect(await fileAt('/docs/')).toBe('docs/index.html');
  expect(await fileAt('/e%CC%81')).toBe('&#233;.html');
});

describe('before other handlers', () => {
  type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;
  async function listen(listener: Listener): Promise<string> {
    const server = createServer((request, response) => void listener(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    later(() => server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }
  const registryOf = async (): Promise<Registry> => open({ directory: await site(SITE) });

  it('leaves paths without a file, and forms, to the next one', async () => {
    const registry = await registryOf();
    const url = await listen((request, response) =>
      registry.middleware(request, response, () => response.end('next')),
    );
    expect(await ask(url, '/missing')).toBe('200 next');
    expect(await ask(url, '/lib')).toBe('200 next');
    for (const target of ['/about', '/about/', '/docs'])
      expect(await ask(url, target, { method: 'POST' })).toBe('200 next');
    expect(await ask(url, '/about')).toBe('200 about');
    expect(await ask(url, '/about.html', { method: 'POST' })).toBe('405 Only GET and HEAD.');
  });

  it('answers with the 404 page where no other one follows', async () => {
    const registry = await registryOf();
    const alone = await listen((request, response) => registry.middleware(request, response));
    expect(await ask(alone, '/missing')).toBe('404 nothing here');
    // As Express does: the registry, the application's routes, and the registry again as the last one.
    const around = await listen((request, response) =>
      registry.middleware(request, response, () =>
        request.url === '/route' ? response.end('route') : registry.middleware(request, response),
      ),
    );
    expect(await ask(around, '/route')).toBe('200 route');
    expect(await ask(around, '/missing')).toBe('404 nothing here');
  });

  it('`handle` does the same for other kinds of servers', async () => {
    const registry = await registryOf();
    const request = () => new Request('http://localhost/missing', { headers: NAVIGATION });
    expect(await registry.handle(request())).toBeNull();
    const last = await registry.handle(request(), {}, true);
    expect([last?.status, (await last!.text()).includes('nothing here')]).toEqual([404, true]);
    expect(await registry.handle(new Request('http://localhost/missing'), {}, true)).toBeNull();
  });
});
