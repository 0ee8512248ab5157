import { describe, expect, it } from 'vitest';
import { SITE, serve } from '../../site.js';

const FILES = { ...SITE, app: 'globalThis.app = 1;', 'main.js.txt': 'globalThis.text = 1;', 'a.css': '' };

async function nosniff(file: string, headers: Record<string, string>): Promise<boolean> {
  const { url } = await serve(FILES);
  const response = await fetch(`${url}${file}`, { headers });
  expect(response.headers.get('Cross-Origin-Resource-Policy')).toBe('same-origin');
  return response.headers.get('X-Content-Type-Options') === 'nosniff';
}

describe('a script by what the page does with it', () => {
  it.each(['app', 'main.js.txt', 'data.json'])('%s runs in the site’s own page', async (file) => {
    for (const dest of ['script', 'worker', 'style']) {
      const own = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': dest };
      expect(await nosniff(file, own)).toBe(false);
    }
  });

  it('also where the origin is not secure, so that only `Referer` says who asks', async () => {
    const { url } = await serve(FILES);
    const referrer = async (value: string) =>
      (
        await fetch(`${url}app`, {
          referrer: value,
          referrerPolicy: 'unsafe-url',
          headers: { Referer: value },
        })
      ).headers;
    expect((await referrer(`${url}index.html`)).get('X-Content-Type-Options')).toBeNull();
    expect((await referrer('http://evil.test/')).get('X-Content-Type-Options')).toBe('nosniff');
  });

  describe('JSON, which a worker may import', () => {
    const own = { 'Sec-Fetch-Site': 'same-origin' };
    const cases: readonly (readonly [who: string, headers: Record<string, string>, sniffed: boolean])[] = [
      ['a module', { ...own, 'Sec-Fetch-Dest': 'json' }, true],
      // Firefox.
      ['a worker’s module', { ...own, 'Sec-Fetch-Dest': 'worker' }, true],
      // A service worker may hand the answer on to a worker.
      ['fetch', { ...own, 'Sec-Fetch-Dest': 'empty' }, true],
      ['a client that does not say', {}, true],
      ['a user', { 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Dest': 'document' }, false],
      ['another site', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'script' }, false],
      ['a sibling of the site', { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Dest': 'worker' }, false],
      ['another site’s page', { Referer: 'http://evil.test/' }, false],
      ['a page that hides where it is', { Referer: 'about:client' }, false],
    ];
    const files = { ...FILES, 'lib/a.geojson': '{}', 'b.gltf': '{}', 'index.html': '<!doctype html><p>x' };

    it.each(cases)('for %s, at each of its URLs', async (_, headers, sniffed) => {
      const include = ['**/*.{html,json,geojson,gltf}'];
      const { url, registry } = await serve(files, { include, allowedOrigins: ['https://friend.test'] });
      const { modules } = (await (await registry.store()).manifest(1))!;
      const paths = [...modules.keys()].filter((path) => /json|gltf/.test(path));
      expect(paths).toHaveLength(3);
      for (const path of paths) {
        const { hash } = modules.get(path)!;
        for (const target of [path, `-/deploys/1/at/${path}`, `-/modules/${hash}/${path}`]) {
          const response = await fetch(`${url}${target}`, { headers });
          expect(response.status, target).toBe(200);
          expect(response.headers.get('X-Content-Type-Options'), target).toBe(sniffed ? null : 'nosniff');
          expect(response.headers.get('Cross-Origin-Resource-Policy')).toBe('same-origin');
          expect(response.headers.get('Vary')).toContain('Sec-Fetch-Site');
        }
      }
    });

    it('for an origin that may read it', async () => {
      const { url } = await serve(files, { allowedOrigins: ['https://friend.test'] });
      const of = async (origin: string) => {
        const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'worker', Origin: origin };
        return (await fetch(`${url}data.json`, { headers })).headers.get('X-Content-Type-Options');
      };
      expect([await of('https://friend.test'), await of('https://evil.test')]).toEqual([null, 'nosniff']);
    });

    it('names `Referer` to caches only where it decides', async () => {
      const { url } = await serve(files);
      const vary = async (headers: Record<string, string>) =>
        (await fetch(`${url}-/deploys/1/at/data.json`, { headers })).headers.get('Vary');
      expect(await vary(own)).not.toContain('Referer');
      expect(await vary({})).toContain('Referer');
    });
  });

  it.each([
    ['another site', 'app', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'script' }],
    ['a sibling of the site', 'app', { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Dest': 'script' }],
    ['a user', 'app', { 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Dest': 'document' }],
    ['fetch', 'app', { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'empty' }],
    ['a client that does not say', 'app', {}],
    ['the page, for a script', 'main.js', { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'script' }],
    ['the page, for an image', 'logo.svg', { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'image' }],
  ])('%s gets `nosniff`', async (_, file, headers: Record<string, string>) => {
    expect(await nosniff(file, headers)).toBe(true);
  });
});
