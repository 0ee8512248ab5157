import { describe, expect, it } from 'vitest';
import { deployUrl } from '../../../../../importmap/index.js';
import type { RegistryOptions } from '../../../../../registry/index.js';
import { SITE_FILTER } from '../../../../../registry/ingest/files.js';
import { PublishService, publishSite, readSite } from '../../../../../registry/publish/index.js';
import type { Hash } from '../../../../../schema/index.js';
import { NAVIGATION, open, serve, site, write } from '../../site.js';

const files = (version: number) => ({
  'index.html': `<!doctype html><title>${version}</title>`,
  'about.html': `<!doctype html><title>about ${version}</title>`,
  'w.mjs': `export default ${version};`,
  'lib/piece.mjs': `export default ${version};`,
  'classic.js': `postMessage(${version});`,
  'data.json': `{"version":${version}}`,
  'note.txt': `note ${version}`,
  'pixel.png': Uint8Array.of(0x89, version),
  [`only-${version}.txt`]: `only ${version}`,
});

/** A registry with two deploys, and their manifests. */
async function twoDeploys(options: RegistryOptions = {}) {
  const registry = open({ channel: 'production', serveHead: true, publicHistory: true, ...options });
  const store = await registry.store();
  const service = new PublishService({ store, now: Date.now });
  const manifests: Hash[] = [];
  for (const version of [1, 2]) {
    const content = await readSite(await site(files(version)), SITE_FILTER);
    await publishSite(service, content, { channel: 'production', author: 'ada', message: '' });
    manifests.push((await store.head('production'))!.manifest);
  }
  const base = `http://localhost${options.base ?? '/'}`;
  const ask = async (path: string, referrer: string | null, headers: Record<string, string> = {}) => {
    const Referer = referrer === null ? {} : { Referer: referrer };
    const request = new Request(`http://localhost/${path}`, { headers: { ...Referer, ...headers } });
    const response = (await registry.handle(request))!;
    const [caching, vary] = ['Cache-Control', 'Vary'].map((name) => response.headers.get(name) ?? '');
    return { status: response.status, text: await response.text(), response, caching, vary };
  };
  return { ask, base, old: deployUrl(`${base}w.mjs`, manifests[0]!), manifests };
}

describe('a worker of an older deploy gets the files of that deploy', () => {
  it.each([
    ['data.json', '{"version":1}', 'application/json'],
    ['note.txt?x=1', 'note 1', 'text/plain; charset=utf-8'],
    ['classic.js', 'postMessage(1);', 'text/javascript'],
    ['lib/piece.mjs', 'export default 1;', 'text/javascript'],
    ['about.html', '<!doctype html><title>about 1</title>', 'text/html; charset=utf-8'],
    ['about', '<!doctype html><title>about 1</title>', 'text/html; charset=utf-8'],
    ['', '<!doctype html><title>1</title>', 'text/html; charset=utf-8'],
    ['only-1.txt', 'only 1', 'text/plain; charset=utf-8'],
  ])('%s', async (path, expected, type) => {
    const { ask, old } = await twoDeploys();
    const { status, text, response } = await ask(path, old, { 'Sec-Fetch-Dest': 'empty' });
    expect([status, text, response.headers.get('Content-Type')]).toEqual([200, expected, type]);
  });

  it('below a base', async () => {
    const { ask, old } = await twoDeploys({ base: '/app/' });
    expect((await ask('note.txt', old)).text).toBe('note 1');
  });

  it('in parts', async () => {
    const { ask, old } = await twoDeploys();
    const { status, text } = await ask('note.txt', old, { Range: 'bytes=5-' });
    expect([status, text]).toEqual([206, '1']);
  });

  it('and the newest of what it does not have', async () => {
    const { ask, old } = await twoDeploys();
    expect((await ask('only-2.txt', old)).text).toBe('only 2');
  });
});

describe('code that a worker evaluates from text imports', () => {
  const script = { 'Sec-Fetch-Dest': 'script' };

  it('the instances of the worker', async () => {
    const { ask, old, manifests } = await twoDeploys();
    const { text, caching, vary, response } = await ask('lib/piece.mjs?a=1', old, script);
    const target = `"/lib/piece.mjs?a=1&modcast=${manifests[0]}"`;
    expect(text).toBe(`export * from ${target};export { default } from ${target};\n`);
    expect(response.headers.get('Content-Type')).toBe('text/javascript');
    expect([caching, vary]).toEqual(['private, no-cache', expect.stringContaining('Referer')]);
    // As the service worker asks, which sends another destination.
    const header = { 'Sec-Fetch-Dest': 'empty', 'Modcast-Import': '1' };
    expect((await ask('lib/piece.mjs?a=1', old, header)).text).toBe(text);
  });

  it('no default export that there is not', async () => {
    const { ask, old } = await twoDeploys();
    expect((await ask('classic.js', old, script)).text).toMatch(/^export \* from "[^"]*";\n$/);
  });

  it('them below a base too', async () => {
    const { ask, old } = await twoDeploys({ base: '/app/' });
    expect((await ask('w.mjs', old, script)).text).toContain('from "/app/w.mjs?modcast=');
  });

  it('other files as they are', async () => {
    const { ask, old } = await twoDeploys();
    expect((await ask('data.json', old, script)).text).toBe('{"version":1}');
    expect((await ask('lib/piece.mjs', `http://localhost/w.mjs`, script)).text).toBe('export default 2;');
  });
});

describe('no cache mixes the deploys up:', () => {
  it('each answer is validated, and says that it depends on the referrer', async () => {
    const { ask, old, base } = await twoDeploys();
    const ofWorker = await ask('note.txt', old);
    expect(ofWorker.caching).toBe('private, no-cache');
    expect(ofWorker.vary).toContain('Referer');
    const ofPage = await ask('note.txt', base);
    expect([ofPage.text, ofPage.caching]).toEqual(['note 2', 'no-cache']);
    const tag = (answer: typeof ofPage) => ({ 'If-None-Match': answer.response.headers.get('ETag')! });
    expect((await ask('note.txt', old, tag(ofWorker))).status).toBe(304);
    expect((await ask('note.txt', old, tag(ofPage))).text).toBe('note 1');
    expect((await ask('note.txt', base, tag(ofWorker))).text).toBe('note 2');
  });
});

describe('the newest file is the answer to', () => {
  it.each([
    ['a request without a referrer', null],
    ['a page', 'http://localhost/'],
    ['the origin of a page', 'http://localhost'],
    ['a deploy that is unknown', deployUrl('http://localhost/w.mjs', 'f'.repeat(64) as Hash)],
    ['what is no URL', `:modcast:?modcast=${'f'.repeat(64)}`],
  ])('%s', async (_, referrer) => {
    const { ask } = await twoDeploys();
    const { text, caching } = await ask('note.txt', referrer);
    expect([text, caching]).toEqual(['note 2', 'no-cache']);
  });

  it.each(['', 'about.html', 'gone.mjs'])(
    'a URL that names a deploy, and is no worker’s: /%s',
    async (path) => {
      const { ask, base, manifests } = await twoDeploys();
      expect((await ask('note.txt', deployUrl(base + path, manifests[0]!))).text).toBe('note 2');
    },
  );

  it('a navigation', async () => {
    const { ask, old } = await twoDeploys();
    expect((await ask('', old, NAVIGATION)).text).toContain('<title>2</title>');
  });

  it('a worker, while the directory is watched', async () => {
    const watched = await serve(files(1), { watch: true, include: ['**/*'] });
    await watched.registry.ready;
    const { manifest } = (await (await watched.registry.store()).head('dev'))!;
    const headers = { Referer: deployUrl(`${watched.url}w.mjs`, manifest) };
    await write(watched.directory, { 'note.txt': 'note 2' });
    expect(await (await fetch(`${watched.url}note.txt`, { headers })).text()).toBe('note 2');
  });
});
