import { describe, expect, it } from 'vitest';
import type { Registry } from '../../../../../registry/index.js';
import { DEFAULT_FILTER } from '../../../../../registry/ingest/files.js';
import { PublishService, publishSite, readSite } from '../../../../../registry/publish/index.js';
import { faultFiles } from '../../../../browser/faults/fault-files.js';
import { POLICY_PAGES } from '../../../../browser/faults/policy-pages.js';
import { NAVIGATION, open, site } from '../../site.js';

const { Accept } = NAVIGATION;

/** What each kind of request sends, and whether its answer becomes a document. */
const KINDS: readonly (readonly [kind: string, headers: Record<string, string>, isDocument: boolean])[] = [
  ['document', { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate', Accept }, true],
  ['iframe', { 'Sec-Fetch-Dest': 'iframe', 'Sec-Fetch-Mode': 'navigate', Accept }, true],
  ['insecure document', { Accept }, true],
  ['fetch', { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'cors', Accept: '*/*' }, false],
  ['XHR', { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'cors', Accept: '*/*' }, false],
  ['prefetch', { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'no-cors', Accept }, false],
  ['download', { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'navigate' }, false],
  ['curl', { Accept: '*/*' }, false],
];

const FILES = {
  ...Object.fromEntries(Object.entries(POLICY_PAGES).map(([name, { html }]) => [`${name}.html`, html])),
  'main.mjs': 'export {};\n',
};

/** Both ways to serve a site. */
const SOURCES: Readonly<Record<string, () => Promise<Registry>>> = {
  'a directory': async () => open({ directory: await site(FILES) }),
  'a deploy': async () => {
    const registry = open({ channel: 'production', serveHead: true });
    const content = await readSite(await site(FILES), DEFAULT_FILTER);
    const publishing = new PublishService({ store: await registry.store(), now: Date.now });
    await publishSite(publishing, content, { channel: 'production', author: 'ada', message: '' });
    return registry;
  },
};

/** `Content-Length` and all other headers that a HEAD must share with a GET. */
const headersOf = (response: Response) => Object.fromEntries(response.headers);

describe.each(Object.keys(SOURCES))('a page of %s', (source) => {
  it.each(KINDS)('is answered as stated to a request by %s', async (_, sent, isDocument) => {
    const registry = await SOURCES[source]!();
    await registry.ready;
    const ask = async (name: string, headers: Record<string, string> = {}, method = 'GET') =>
      (await registry.handle(
        new Request(`http://localhost/${name}.html`, { method, headers: { ...sent, ...headers } }),
      ))!;
    const other = isDocument ? { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'cors' } : NAVIGATION;
    for (const [name, { html, isInjected }] of Object.entries(POLICY_PAGES)) {
      const hasLoader = isDocument && isInjected;
      const whole = await ask(name);
      const text = await whole.text();
      expect([whole.status, text.includes('loader.js?v='), text === html], name).toEqual([
        200,
        hasLoader,
        !hasLoader,
      ]);
      expect(whole.headers.get('Content-Type')).toBe('text/html');
      expect(whole.headers.get('Cache-Control')).toBe('no-cache');
      expect(whole.headers.get('Vary')).toMatch(/^Sec-Fetch-Dest, Sec-Fetch-Mode/);
      expect(whole.headers.get('Content-Length')).toBe(String(Buffer.byteLength(text)));

      const head = await ask(name, {}, 'HEAD');
      expect([head.status, await head.text()]).toEqual([200, '']);
      expect(headersOf(head), name).toEqual(headersOf(whole));

      const part = await ask(name, { Range: 'bytes=15-30' });
      expect([part.status, await part.text()], name).toEqual([206, text.slice(15, 31)]);
      expect(part.headers.get('Content-Range')).toBe(`bytes 15-30/${text.length}`);
      expect((await ask(name, { Range: 'bytes=99999-' })).status).toBe(416);

      const tag = whole.headers.get('ETag')!;
      const fresh = await ask(name, { 'If-None-Match': tag });
      expect([fresh.status, await fresh.text()], name).toEqual([304, '']);
      expect([fresh.headers.get('ETag'), fresh.headers.get('Vary')]).toEqual([
        tag,
        whole.headers.get('Vary'),
      ]);

      // A cache that has the answer to another kind of request gets a whole answer, unless both are the same.
      const otherTag = (await ask(name, other)).headers.get('ETag')!;
      expect(otherTag === tag, name).toBe(!isInjected);
      const changed = await ask(name, { 'If-None-Match': otherTag });
      expect([changed.status, await changed.text()], name).toEqual(isInjected ? [200, text] : [304, '']);
      const resumed = await ask(name, { Range: 'bytes=15-30', 'If-Range': otherTag });
      if (isInjected) expect([resumed.status, await resumed.text()], name).toEqual([200, text]);
    }
  });
});

it('has the charset that a page declares, also for the file', async () => {
  const registry = open({
    directory: await site({ 'a.html': '<p>a', 'b.html': '<meta charset=latin1><p>b' }),
  });
  await registry.ready;
  for (const headers of [NAVIGATION, {}]) {
    const type = async (target: string) =>
      (await registry.handle(new Request(`http://localhost/${target}`, { headers })))!.headers.get(
        'Content-Type',
      );
    expect(await type('a.html')).toBe('text/html; charset=utf-8');
    expect(await type('b.html')).toBe('text/html');
  }
});

it.each([
  ['fetched-html-is-changed', 'card.html'],
  ['page-visit-by-fetch', 'other.html'],
])('%s: fetch gets the bytes of %s, and a navigation a page', async (name, target) => {
  const files = faultFiles(name);
  const registry = open({ directory: await site(files) });
  await registry.ready;
  const text = async (headers: Record<string, string>) =>
    (await registry.handle(new Request(`http://localhost/${target}`, { headers })))!.text();
  expect(await text({ 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'cors', Accept: '*/*' })).toBe(
    files[target],
  );
  expect(await text(NAVIGATION)).toContain('loader.js?v=');
});
