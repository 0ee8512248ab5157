import { describe, expect, it } from 'vitest';
import {
  pathInSite,
  readForwarded,
  withoutProxy,
} from '../../../../../registry/http/request/reverse-proxy.js';
import { deployUrl, placeholderRoot } from '../../../../../importmap/index.js';
import { Catalog } from '../../../../../registry/content/catalog.js';
import { VerifiedBlobs } from '../../../../../registry/content/verified-blobs.js';
import { DEFAULT_FILTER } from '../../../../../registry/ingest/files.js';
import { diagnoseSite, readSite } from '../../../../../registry/publish/index.js';
import { NAVIGATION, open, refusedUpgrade, serve, site, status, SITE } from '../../site.js';

const read = (headers: Record<string, string>, trustProxy = true) =>
  readForwarded((name) => headers[name], { base: '/', trustProxy });

describe('what a proxy says', () => {
  it.each<[Record<string, string>, ReturnType<typeof read>]>([
    [{}, {}],
    [
      { 'x-forwarded-host': 'a.test:8443', 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/app/' },
      { host: 'a.test:8443', scheme: 'https', prefix: '/app' },
    ],
    [{ 'x-forwarded-proto': 'WSS' }, { scheme: 'https' }],
    [{ 'x-forwarded-proto': 'ws' }, { scheme: 'http' }],
    [{ 'x-forwarded-proto': 'ftp' }, {}],
    [{ 'x-forwarded-host': '' }, {}],
    // The nearest proxy adds the last value.
    [{ 'x-forwarded-host': 'evil.test, a.test' }, { host: 'a.test' }],
    [{ forwarded: 'for=192.0.2.1;proto=https;host="a.test:8443"' }, { host: 'a.test:8443', scheme: 'https' }],
    [{ forwarded: 'host=evil.test, For=192.0.2.1; Host=a.test' }, { host: 'a.test' }],
    [{ forwarded: 'host=evil.test', 'x-forwarded-host': 'a.test' }, { host: 'a.test' }],
  ])('%j', (headers, expected) => {
    expect(read(headers)).toEqual(expected);
    expect(read(headers, false)).toEqual({});
  });
});

describe('the path in the site', () => {
  it.each([
    ['/app/lib/a.mjs', undefined, '/lib/a.mjs'],
    ['/app/', undefined, '/'],
    ['/lib/a.mjs', undefined, '/lib/a.mjs'],
    ['/application/a.mjs', undefined, '/application/a.mjs'],
    // A directory of the site with the name of the base.
    ['/app/app/a.mjs', undefined, '/app/a.mjs'],
    ['/app/a.mjs', '/app', '/app/a.mjs'],
    ['/app/a.mjs', '/other', '/a.mjs'],
  ])('of %s, without %s, is %s', (pathname, prefix, expected) => {
    expect(pathInSite(pathname, { base: '/app/' }, prefix === undefined ? {} : { prefix })).toBe(expected);
  });
});

describe('a request', () => {
  const request = new Request('http://127.0.0.1:4321/app/a.mjs?x=1', {
    method: 'POST',
    body: 'text',
    headers: { Host: '127.0.0.1:4321', 'X-Forwarded-Host': 'a.test', 'X-Forwarded-Proto': 'https' },
  });

  it('is as the browser has sent it', async () => {
    const seen = withoutProxy(request.clone(), { base: '/app/', trustProxy: true });
    expect([seen.url, seen.method, await seen.text()]).toEqual(['https://a.test/a.mjs?x=1', 'POST', 'text']);
    expect(seen.headers.get('Host')).toBe('a.test');
  });

  it('keeps its host and loses its scheme where the proxy is not trusted', () => {
    const seen = withoutProxy(request.clone(), { base: '/', trustProxy: false });
    expect(seen.url).toBe('http://127.0.0.1:4321/app/a.mjs?x=1');
    expect([seen.headers.get('Host'), seen.headers.get('X-Forwarded-Proto')]).toEqual([
      '127.0.0.1:4321',
      null,
    ]);
  });

  it('is the same object without a proxy', () => {
    const direct = new Request('http://localhost/a.mjs');
    expect(withoutProxy(direct, { base: '/', trustProxy: false })).toBe(direct);
  });
});

describe('a site below a base', () => {
  const ask = async (target: string, headers: Record<string, string> = {}, options = {}, method = 'GET') => {
    const directory = await site({ ...SITE, 'sub/index.html': '<title>sub</title>' });
    const registry = open({ directory, base: '/app/', ...options });
    await registry.ready;
    return (await registry.handle(new Request(`http://localhost${target}`, { method, headers })))!;
  };

  it.each(['/app/', '/'])('has pages at %s that name it', async (target) => {
    const page = await (await ask(target, NAVIGATION)).text();
    expect(page).toContain('data-guard="/app/-/loader.js?v=');
    expect(page).toContain('src="/app/-/loader.js?v=');
    expect(page).toContain('data-root="/app/"');
    expect(page).toContain(`data-entries='["main.js"]'`);
  });

  it.each([
    ['/app', '/app/'],
    ['/app?x=1', '/app/?x=1'],
    ['/app/sub?x=1', '/app/sub/?x=1'],
    ['/sub', '/app/sub/'],
  ])('redirects %s to %s', async (target, location) => {
    const response = await ask(target);
    expect([response.status, response.headers.get('Location')]).toEqual([308, location]);
  });

  it.each(['/app/-/health', '/-/health', '/app/main.js', '/main.js'])('answers %s', async (target) => {
    expect((await ask(target)).status).toBe(200);
  });

  it('finds the modules that it names by URLs with the base, and leaves those of the other site', async () => {
    const files = {
      'index.html': `<!doctype html><title>x</title><script type="importmap">${JSON.stringify({
        imports: { lib: '/app/lib/a.mjs', other: '/lib/a.mjs', '/app/old.mjs': '/app/lib/a.mjs' },
        scopes: { '/app/lib/': { inner: '/app/lib/b.mjs' } },
      })}</script><script type="module" src="/app/main.mjs"></script><script type="module" src="/lib/b.mjs"></script>`,
      'main.mjs': "import '/app/lib/a.mjs';\nimport '/app/gone.mjs';\nimport '/lib/gone.mjs';\nimport 'lib';",
      'lib/a.mjs': "import 'inner';",
      'lib/b.mjs': '',
      'w.mjs': "import '/app/lib/a.mjs';\nimport 'lib';\nimport '/lib/a.mjs';",
    };
    const directory = await site(files);
    const registry = open({ directory, base: '/app/' });
    const { manifest, deploy } = (await registry.ready)!;
    expect(manifest.entries).toEqual(['main.mjs']);
    expect(manifest.importMap).toMatchObject({
      imports: { lib: './lib/a.mjs', other: '/lib/a.mjs', './old.mjs': './lib/a.mjs' },
      scopes: { './lib/': { inner: './lib/b.mjs' } },
    });
    const page = await (await registry.handle(
      new Request('http://localhost/app/', { headers: NAVIGATION }),
    ))!.text();
    expect(page).toContain(`data-entries='["main.mjs"]'`);
    // The modules are sent with their entry.
    const store = await registry.store();
    const blobs = new VerifiedBlobs({ store, channel: 'dev', directory: null, onDamaged: () => {} });
    const catalog = new Catalog(store, blobs, placeholderRoot('/app/'));
    const sent = ['main.mjs', 'lib/a.mjs', 'lib/b.mjs'].map((path) => manifest.modules.get(path)!.hash);
    expect(await catalog.reach(manifest, manifest.entries)).toEqual(expect.arrayContaining(sent));
    const content = await readSite(directory, DEFAULT_FILTER, undefined, { base: '/app/' });
    expect(content.hash).toBe(deploy.manifest);
    const problems = await diagnoseSite(content, '/-/', '/app/');
    expect(problems.map(({ message }) => message)).toEqual(['cannot find "/app/gone.mjs"']);
    const worker = new Request(deployUrl('http://localhost/app/w.mjs', deploy.manifest));
    const text = await (await registry.handle(worker))!.text();
    expect(text).toContain(
      `import "./lib/a.mjs?modcast=${deploy.manifest}";\nimport "./lib/a.mjs?modcast=${deploy.manifest}";`,
    );
    expect(text).toContain(`import "/lib/a.mjs";`);
  });

  it('may have a directory of the same name, where the proxy says what it removes', async () => {
    const headers = { 'X-Forwarded-Prefix': '/app' };
    expect(await ask('/app/main.js', headers, { trustProxy: true })).toBeNull();
    expect((await ask('/app/main.js', headers)).status).toBe(200);
  });

  it('gives tags and injects pages of the same base', async () => {
    const registry = open({ directory: await site(SITE), base: '/app/' });
    await registry.ready;
    expect(await registry.head()).toContain('src="/app/-/loader.js?v=');
    const page = await registry.injectPage('<script type="module" src="../main.js"></script>', {
      url: '/app/a/b',
    });
    expect(page).toContain(`data-entries='["main.js"]'`);
    await expect(registry.head('dev', { origin: 'https://a.test' })).rejects.toMatchObject({
      code: 'option-invalid',
    });
    const refused = await registry.handle(
      new Request('http://localhost/-/channels/dev/head.html?origin=https://a.test'),
    );
    expect(refused!.status).toBe(400);
  });

  it('listens at a URL with its base, and takes sockets with and without it', async () => {
    const { port, url } = await serve(SITE, { base: '/app/' });
    expect(url).toBe(`http://127.0.0.1:${port}/app/`);
    const origin = 'Host: localhost\r\nOrigin: http://evil.test';
    for (const target of ['/app/-/socket', '/-/socket'])
      expect(status(await refusedUpgrade(port, origin, `${target}?protocol=1&channel=dev`))).toBe(403);
    expect(status(await refusedUpgrade(port, origin, '/other/-/socket'))).toBe(404);
  });
});

describe('the headers of a proxy', () => {
  const post = async (options: object, headers: Record<string, string>) => {
    const registry = open({ directory: await site(SITE), ...options });
    await registry.ready;
    const failed = JSON.stringify({ type: 'failed', deploy: null, stage: 'loader', message: 'x' });
    const request = { method: 'POST', body: failed, headers };
    return (await registry.handle(new Request('http://localhost/-/failed', request)))!.status;
  };
  const allowed = { allowedHosts: ['site.test'] };
  const sent = { Origin: 'https://site.test', 'X-Forwarded-Host': 'site.test', 'X-Forwarded-Proto': 'https' };

  it('decide which origin is the site’s own, where the proxy is trusted', async () => {
    expect(await post({ ...allowed, trustProxy: true }, sent)).toBe(204);
    expect(await post({ ...allowed, trustProxy: true }, { ...sent, Origin: 'http://site.test' })).toBe(403);
    expect(await post({ ...allowed, trustProxy: true }, { ...sent, 'X-Forwarded-Host': 'evil.test' })).toBe(
      403,
    );
    expect(await post({ trustProxy: true }, sent)).toBe(403);
    expect(await post(allowed, sent)).toBe(403);
  });

  it('do the same for sockets', async () => {
    const headers = (scheme: string, host = 'localhost') =>
      `Host: ${host}\r\nOrigin: https://site.test\r\nX-Forwarded-Host: site.test\r\nX-Forwarded-Proto: ${scheme}`;
    const trusting = await serve(SITE, { ...allowed, trustProxy: true });
    // The upgrade succeeds, and then the protocol of the test's request is refused.
    const upgraded = refusedUpgrade(trusting.port, headers('wss'), '/-/socket?protocol=0&channel=dev');
    expect(status(await upgraded)).toBe(101);
    expect(status(await refusedUpgrade(trusting.port, headers('http')))).toBe(403);
    expect(status(await refusedUpgrade(trusting.port, headers('https', 'evil.test')))).toBe(403);
    const { port } = await serve(SITE, allowed);
    expect(status(await refusedUpgrade(port, headers('https')))).toBe(403);
  });

  it('do not help a page that has reached the server by DNS rebinding', async () => {
    const registry = open({ directory: await site(SITE), trustProxy: true });
    const headers = { Host: 'evil.test', 'X-Forwarded-Host': 'localhost' };
    const response = await registry.handle(new Request('http://evil.test/main.js', { headers }));
    expect(response!.status).toBe(403);
  });
});
