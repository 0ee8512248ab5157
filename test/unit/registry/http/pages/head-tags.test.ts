import { describe, expect, it } from 'vitest';
import type { HeadOptions } from '../../../../../registry/index.js';
import { DEFAULT_FILTER } from '../../../../../registry/ingest/files.js';
import { PublishService, publishSite, readSite } from '../../../../../registry/publish/index.js';
import { SITE, open, site, write } from '../../site.js';

const opened = async (options = {}) => {
  const directory = await site(SITE);
  const registry = open({ directory, ...options });
  await registry.ready;
  return { registry, directory };
};

/** The attributes of the loader's tag. */
function loaderOf(tags: string): Record<string, string> {
  const [, text = ''] = /<script async( [^>]*)><\/script>/.exec(tags) ?? [];
  return Object.fromEntries(
    [...text.matchAll(/ ([\w-]+)(?:=(?:"([^"]*)"|'([^']*)'))?/g)].map(([, name, double, single]) => [
      name!,
      double ?? single ?? '',
    ]),
  );
}

describe('head', () => {
  it('has the guard, the loader and the deploy that the page names', async () => {
    const { registry, directory } = await opened();
    const tags = await registry.head();
    expect(tags).toMatch(/^<script data-guard="\/-\/loader\.js\?v=\w+" data-timeout="500" data-holds>/);
    expect(tags).not.toContain('\n');
    const loader = loaderOf(tags);
    expect(loader).toMatchObject({ 'data-channel': 'dev', 'data-boot': 'fresh', 'data-workers': '' });
    expect(loader['src']).toMatch(/^\/-\/loader\.js\?v=/);
    expect(loader['data-deploy']).toMatch(/^1 [\da-f]{64}$/);
    await write(directory, { 'lib/leaf.js': 'export const leaf = 2;\n' });
    await registry.scan();
    expect(loaderOf(await registry.head())['data-deploy']).toMatch(/^2 [\da-f]{64}$/);
  });

  it('has a nonce, another origin and the entries of the page', async () => {
    const { registry } = await opened();
    const tags = await registry.head('dev', {
      nonce: 'a+/b==',
      origin: 'https://registry.example.org',
      entries: ['main.js'],
    });
    expect(tags.match(/ nonce="a\+\/b=="/g)).toHaveLength(2);
    expect(tags).toMatch(/^<script data-guard="https:\/\/registry\.example\.org\/-\/loader\.js/);
    const loader = loaderOf(tags);
    expect(loader['src']).toMatch(/^https:\/\/registry\.example\.org\/-\/loader\.js/);
    expect(loader['data-entries']).toBe('["main.js"]');
    // The page's own server does not know the registry's deploys.
    expect(loader).not.toHaveProperty('data-workers');
    expect(loaderOf(await registry.head('dev', { workers: false }))).not.toHaveProperty('data-workers');
  });

  it('is empty for a channel without a deploy', async () => {
    const { registry } = await opened();
    expect(await registry.head('production')).toBe('');
  });

  it('starts workers natively where another server serves the site, or the deploy is of another channel', async () => {
    for (const options of [{}, { directory: await site(SITE), watch: true }]) {
      const registry = open(options);
      await registry.ready;
      const content = await readSite(await site(SITE), DEFAULT_FILTER);
      const publishing = new PublishService({ store: await registry.store(), now: Date.now });
      await publishSite(publishing, content, { channel: 'production', author: 'ada', message: '' });
      const loader = loaderOf(await registry.head('production'));
      expect(loader).toMatchObject({ 'data-channel': 'production' });
      expect(loader).not.toHaveProperty('data-workers');
      // Hot reload follows the directory.
      expect(loader).not.toHaveProperty('data-hot');
    }
  });

  it.each([
    [{ nonce: '"><script>' }, 'nonce: expected'],
    [{ origin: 'https://example.org/' }, 'origin: expected'],
    [{ entries: ['../x.mjs'] }, 'entries: expected'],
    [{ workers: 'no' }, 'workers: expected'],
    [{ nonc: 'a' }, 'no option "nonc"; did you mean "nonce"?'],
  ])('rejects %j', async (options, message) => {
    const { registry } = await opened();
    const error: unknown = await registry.head('dev', options as HeadOptions).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'option-invalid', message: expect.stringContaining(message) });
  });
});

describe('GET /-/channels/<channel>/head.html', () => {
  const ask = async (query = '', headers: Record<string, string> = {}) => {
    const { registry, directory } = await opened();
    const get = async (more = headers) =>
      (await registry.handle(
        new Request(`http://localhost/-/channels/dev/head.html${query}`, { headers: more }),
      ))!;
    return { registry, directory, get, response: await get() };
  };

  it('has the same text, which no browser runs as a page', async () => {
    const { registry, response } = await ask('?nonce=abc&entry=main.js&entry=lib/leaf.js&workers=off');
    expect(response.headers.get('Content-Type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    const entries = ['main.js', 'lib/leaf.js'];
    expect(await response.text()).toBe(await registry.head('dev', { nonce: 'abc', entries, workers: false }));
  });

  it('is current until the next deploy', async () => {
    const { registry, directory, get, response } = await ask();
    const tag = { 'If-None-Match': response.headers.get('ETag')! };
    expect(response.headers.get('Cache-Control')).toBe('no-cache');
    expect((await get(tag)).status).toBe(304);
    await write(directory, { 'lib/leaf.js': 'export const leaf = 2;\n' });
    await registry.scan();
    const next = await get(tag);
    expect(next.status).toBe(200);
    expect(await next.text()).toContain('data-deploy="2 ');
  });

  it('refuses an option that is not valid, and a channel without a deploy', async () => {
    const { registry, response } = await ask('?nonce=%22');
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/nonce: expected .* \(option-invalid\)/);
    const missing = new Request('http://localhost/-/channels/production/head.html');
    expect((await registry.handle(missing))!.status).toBe(404);
  });
});

describe('injectPage', () => {
  const HTML =
    '<!doctype html><title>é</title><script type="importmap">{"imports":{"a":"./lib/leaf.js"}}</script>' +
    '<script type="module" src="../main.js"></script>';

  it('puts the loader into rendered HTML, and marks its scripts', async () => {
    const { registry } = await opened();
    const page = await registry.injectPage(HTML, { url: '/users/7?tab=1' });
    expect(page).toContain('<title>é</title>');
    expect(page).toContain('<script data-modcast="module" type="module" src="../main.js">');
    expect(page).toContain('<script data-modcast="importmap" type="importmap">');
    expect(loaderOf(page)).toMatchObject({ 'data-entries': '["main.js"]', 'data-channel': 'dev' });
    const absolute = await registry.injectPage(HTML, { url: 'https://example.org/users/' });
    expect(loaderOf(absolute)['data-entries']).toBe('["main.js"]');
  });

  it('leaves a page that its policy closes, and says why', async () => {
    const { registry } = await opened();
    const unchanged: unknown[] = [];
    registry.on('unchanged', (...found) => unchanged.push(found));
    const headers = { 'content-security-policy': "default-src 'none'" };
    expect(await registry.injectPage(HTML, { url: '/users/', headers })).toBe(HTML);
    expect(unchanged).toEqual([['users/index.html', 'own-connection', "default-src 'none'"]]);
  });

  it('leaves a page while there is no deploy', async () => {
    const registry = open({ channel: 'production', serveHead: true });
    expect(await registry.injectPage(HTML, { url: '/' })).toBe(HTML);
  });

  it('tells hot reload that a file of the same path is another page', async () => {
    const { registry } = await opened({ watch: true });
    const page = await registry.injectPage(HTML, { url: '/' });
    const { manifest } = (await registry.ready)!;
    expect(loaderOf(page)['data-hot-page']).toBe(manifest.modules.get('index.html')!.hash);
  });

  it('rejects a URL that is none', async () => {
    const { registry } = await opened();
    await expect(registry.injectPage(HTML, { url: 'http://[' })).rejects.toMatchObject({
      code: 'option-invalid',
    });
  });
});
