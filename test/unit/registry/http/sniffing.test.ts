import { describe, expect, it } from 'vitest';
import { SITE, serve } from '../site.js';

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
