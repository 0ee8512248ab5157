import { symlink, unlink } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import { applyDelta, manifestFromJson } from '../../../../schema/index.js';
import { NAVIGATION, SITE, open, serve, site, temporary, write, type Files } from '../site.js';

const hashOf = (text: string) => blake3(Buffer.from(text));
const MAIN = hashOf(SITE['main.js'] as string);

async function handler(files: Files = SITE, options = {}) {
  const directory = await site(files);
  const registry = open({ directory, ...options });
  await registry.ready;
  const ask = (target: string, headers: Record<string, string> = {}, method = 'GET') =>
    registry.handle(new Request(`http://localhost${target}`, { method, headers }));
  return {
    registry,
    directory,
    maybe: ask,
    ask: async (...request: Parameters<typeof ask>) => {
      const response = await ask(...request);
      expect(response).not.toBeNull();
      return response!;
    },
  };
}

const routes: readonly (readonly [target: string, type: string, immutable: boolean, tag: boolean])[] = [
  ['/-/loader.js', 'text/javascript', false, true],
  ['/-/fused-loader.js', 'text/javascript', false, true],
  ['/-/offline.js', 'text/javascript', false, true],
  ['/-/channels/dev/manifest.json', 'application/json', false, true],
  ['/-/deploys/1/manifest.json', 'application/json', true, true],
  ['/-/deploys/1/at/main.js', 'text/javascript', true, true],
  [`/-/modules/${MAIN}/main.js`, 'text/javascript', true, true],
  [`/-/blobs/${MAIN}`, 'application/octet-stream', true, true],
  ['/-/health', 'application/json', false, false],
];

describe('every route', () => {
  it.each(routes)(
    '%s says type, freshness and validator, and guards against other sites',
    async (...route) => {
      const [target, type, immutable, tagged] = route;
      const { ask, registry } = await handler();
      await registry.fused();
      const response = await ask(target);
      expect(response.status).toBe(200);
      expect(response.headers.get('Content-Type')).toBe(type);
      expect(response.headers.get('Cache-Control')).toBe(
        immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(response.headers.get('Cross-Origin-Resource-Policy')).toBe('same-origin');
      expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
      expect(response.headers.has('ETag')).toBe(tagged);
      const bytes = await response.arrayBuffer();
      expect(Number(response.headers.get('Content-Length'))).toBe(bytes.byteLength);

      const head = await ask(target, {}, 'HEAD');
      expect(head.status).toBe(200);
      expect(head.headers.get('Content-Length')).toBe(String(bytes.byteLength));
      expect((await head.arrayBuffer()).byteLength).toBe(0);

      const etag = response.headers.get('ETag');
      if (etag !== null) {
        const again = await ask(target, { 'If-None-Match': `"other", W/${etag}` });
        expect([again.status, await again.text()]).toEqual([304, '']);
        expect((await ask(target, { 'If-None-Match': '"other"' })).status).toBe(200);
      }
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const refused = await ask(target, {}, method);
        expect([refused.status, refused.headers.get('Allow')]).toEqual([405, 'GET, HEAD']);
      }
    },
  );

  it.each([
    '/-/',
    '/-/nothing',
    '/-/socket',
    '/-/health/',
    '/-/loader.js/x',
    '/-/channels/dev',
    '/-/channels/other/manifest.json',
    '/-/channels/DEV/manifest.json',
    '/-/channels/dev/more/manifest.json',
    '/-/channels/__proto__/manifest.json',
    '/-/deploys/0/manifest.json',
    '/-/deploys/2/manifest.json',
    '/-/deploys/01/manifest.json',
    '/-/deploys/99999999999999999999/manifest.json',
    '/-/deploys/1/at/nothing.js',
    '/-/deploys/9/at/main.js',
    `/-/modules/${'0'.repeat(64)}/main.js`,
    `/-/modules/${MAIN}/logo.svg`,
    `/-/modules/${MAIN.toUpperCase()}/main.js`,
    `/-/blobs/${'0'.repeat(64)}`,
    `/-/blobs/${MAIN}/x`,
    `/-/blobs/${MAIN.slice(1)}`,
  ])('%s is a 404 that is not cached', async (target) => {
    const { ask } = await handler();
    const response = await ask(target);
    expect([response.status, response.headers.get('Cache-Control')]).toEqual([404, 'no-store']);
  });

  it.each(['..%2fmain.js', '%2e%2e%2fx', 'a%00.js', '%zz', ''])(
    'refuses %s where a path is to stand',
    async (tail) => {
      const { ask } = await handler();
      expect((await ask(`/-/deploys/1/at/${tail}`)).status).toBe(400);
      expect((await ask(`/-/modules/${MAIN}/${tail}`)).status).toBe(400);
    },
  );
});

it('serves the manifest with its hash as validator, and the deploy’s number', async () => {
  const { ask } = await handler();
  const response = await ask('/-/channels/dev/manifest.json');
  const text = await response.text();
  expect(response.headers.get('ETag')).toBe(`"${hashOf(text)}"`);
  expect(response.headers.get('Modcast-Deploy')).toBe('1');
  expect(manifestFromJson(JSON.parse(text)).modules.get('main.js')?.hash).toBe(MAIN);
  expect(await (await ask('/-/deploys/1/manifest.json')).text()).toBe(text);
});

describe('with ?since, a manifest', () => {
  it('is the difference from an earlier one', async () => {
    const { ask, registry, directory } = await handler();
    const first = (await registry.ready)!.deploy.manifest;
    await write(directory, { 'main.js': 'export const changed = true;\n' });
    await registry.scan();
    const difference = await (await ask(`/-/deploys/2/manifest.json?since=${first}`)).json();
    expect(difference).toMatchObject({
      since: first,
      set: [['main.js', expect.any(String), 29, expect.any(String)]],
    });
    const base = manifestFromJson(await (await ask('/-/deploys/1/manifest.json')).json());
    const whole = manifestFromJson(await (await ask('/-/deploys/2/manifest.json')).json());
    expect(applyDelta(base, difference)).toEqual(whole);
  });

  it.each(['f'.repeat(64), 'x', ''])('is whole where %j is no manifest', async (since) => {
    const { ask } = await handler();
    const whole = await (await ask('/-/deploys/1/manifest.json')).text();
    expect(await (await ask(`/-/deploys/1/manifest.json?since=${since}`)).text()).toBe(whole);
  });
});

it('serves blobs unchanged, and modules linked for an import map', async () => {
  const { ask } = await handler();
  expect(await (await ask(`/-/blobs/${MAIN}`)).text()).toBe(SITE['main.js']);
  expect(await (await ask('/-/deploys/1/at/main.js')).text()).toBe(SITE['main.js']);
  const linked = await (await ask(`/-/modules/${MAIN}/main.js`)).text();
  expect(linked).toContain('"/lib/leaf.js"');
  expect(linked).not.toContain('"./lib/leaf.js"');
});

it('does not serve a blob by its hash before a deploy contains it', async () => {
  const { ask, registry } = await handler();
  const bytes = Buffer.from('export {}');
  await (await registry.store()).putBlobs([{ hash: blake3(bytes), bytes, links: null }]);
  expect((await ask(`/-/blobs/${blake3(bytes)}`)).status).toBe(404);
});

it('names the loader by version in pages, and lets that URL be cached forever', async () => {
  const { ask } = await handler();
  const page = await (await ask('/', NAVIGATION)).text();
  const src = /\/-\/loader\.js\?v=[0-9a-f]{12}/.exec(page)![0];
  expect((await ask(src)).headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
  expect((await ask('/-/loader.js?v=000000000000')).headers.get('Cache-Control')).toBe('no-cache');
});

it('puts the registry’s identity and the deploy into pages, and the identity into the loader', async () => {
  const { ask, registry } = await handler();
  const page = await (await ask('/', NAVIGATION)).text();
  const store = await registry.store();
  const identity = await store.identity();
  const { number, manifest } = (await store.head('dev'))!;
  expect(page).toContain(` data-registry="${identity}" data-deploy="${number} ${manifest}"`);
  expect(await (await ask('/-/loader.js')).text()).toContain(identity);
});

it('sends compressed text to clients that accept it', async () => {
  const text = `export const text = '${'modcast '.repeat(400)}';\n`;
  const { ask } = await handler({ 'main.js': text });
  const plain = await ask(`/-/deploys/1/at/main.js`);
  const packed = await ask(`/-/deploys/1/at/main.js`, { 'Accept-Encoding': 'br, gzip' });
  expect([plain.headers.get('Content-Encoding'), plain.headers.get('Vary')]).toEqual([
    null,
    'Accept-Encoding',
  ]);
  expect(packed.headers.get('Content-Encoding')).toBe('gzip');
  expect(gunzipSync(Buffer.from(await packed.arrayBuffer())).toString()).toBe(text);
  expect(
    (await ask(`/-/blobs/${hashOf(text)}`, { 'Accept-Encoding': 'gzip' })).headers.get('Content-Encoding'),
  ).toBe(null);
});

describe('a page that is left alone', () => {
  const notice = '/-/notice.js?reason=';

  it('tells the console a reason that the registry knows', async () => {
    const { ask } = await handler();
    const response = await ask(`${notice}inline-script`);
    expect(response.headers.get('Content-Type')).toBe('text/javascript');
    expect(await response.text()).toMatch(
      /^console\.info\("modcast: [^"]*its policy allows no inline script[^"]*"\);\n$/,
    );
    for (const other of ['', 'x', 'toString', '%22'])
      expect((await ask(notice + other)).status, other).toBe(404);
  });
});

it('gives its files to a sandboxed frame of the site, and to no other site (sandboxed-iframe)', async () => {
  const { ask } = await handler();
  const sandboxed = {
    'Sec-Fetch-Site': 'cross-site',
    Origin: 'null',
    'Sec-Fetch-Storage-Access': 'inactive',
  };
  for (const target of ['/main.js', '/logo.svg', '/-/loader.js']) {
    const own = await ask(target, sandboxed);
    expect(own.headers.get('Cross-Origin-Resource-Policy')).toBe('cross-origin');
    expect(own.headers.get('Access-Control-Allow-Origin')).toBeNull();
    expect(own.headers.get('Vary')).toContain('Sec-Fetch-Storage-Access');
    const other = await ask(target, { ...sandboxed, 'Sec-Fetch-Storage-Access': 'active' });
    expect(other.headers.get('Cross-Origin-Resource-Policy')).toBe('same-origin');
  }
});

describe('hosts and origins', () => {
  it('refuses a host that is not allowed, on routes and on files', async () => {
    const { ask } = await handler();
    for (const target of ['/-/health', '/main.js', '/nothing', '/']) {
      expect((await ask(target, { Host: 'evil.test' })).status).toBe(403);
    }
  });

  it('allows a given origin, and tells caches for every origin', async () => {
    const { ask } = await handler(SITE, { allowedOrigins: ['https://app.test'] });
    for (const target of ['/-/channels/dev/manifest.json', '/logo.svg']) {
      const named = await ask(target, { Origin: 'https://app.test' });
      expect(named.headers.get('Access-Control-Allow-Origin')).toBe('https://app.test');
      expect(named.headers.get('Access-Control-Expose-Headers')).toBe('ETag, Modcast-Deploy, Modcast-Fusion');
      expect(named.headers.get('Cross-Origin-Resource-Policy')).toBe('cross-origin');
      for (const origin of ['https://evil.test', 'null', 'https://app.test.evil', undefined]) {
        const other = await ask(target, origin === undefined ? {} : { Origin: origin });
        expect(other.headers.get('Access-Control-Allow-Origin')).toBeNull();
        expect(other.headers.get('Cross-Origin-Resource-Policy')).toBe('same-origin');
        expect(other.headers.get('Vary')).toContain('Origin');
      }
    }
  });
});

describe('the site’s own files', () => {
  it('are served with their type, and pages with the loader injected', async () => {
    const { ask } = await handler();
    const logo = await ask('/logo.svg');
    expect([logo.status, logo.headers.get('Content-Type')]).toEqual([200, 'image/svg+xml']);
    expect(await logo.text()).toBe(SITE['logo.svg']);
    for (const target of ['/', '/index.html']) {
      const page = await ask(target, NAVIGATION);
      expect(page.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
      expect(await page.text()).toContain('/-/loader.js?v=');
    }
  });

  it('are not exposed by any query', async () => {
    const { ask, maybe } = await handler();
    for (const query of [
      '?raw',
      '?import',
      '?url',
      '?inline',
      '?.svg',
      '?raw??',
      '?import&raw',
      '?a=/../.env',
    ]) {
      expect(await (await ask(`/main.js${query}`)).text()).toBe(SITE['main.js']);
      expect(await maybe(`/.env${query}`)).toBeNull();
      expect(await maybe(`/nothing${query}`)).toBeNull();
    }
  });

  it('are not served if they are dotfiles, outside of the root, or missing', async () => {
    const outside = await temporary();
    await write(outside, { 'secret.js': 'secret', 'd/x.js': 'secret' });
    const { maybe, directory } = await handler();
    await write(directory, { '.git/config': 'x', 'sub/.hidden/x.js': 'x' });
    await symlink(path.join(outside, 'secret.js'), path.join(directory, 'link.js'));
    await symlink(path.join(outside, 'd'), path.join(directory, 'links'));
    await symlink('.env', path.join(directory, 'env.txt'));
    await symlink('sub/.hidden', path.join(directory, 'shown'));
    for (const target of [
      '/.env',
      '/.git/config',
      '/sub/.hidden/x.js',
      '/link.js',
      '/links/x.js',
      '/env.txt',
      '/shown/x.js',
      '/nothing.js',
      '/main.js/',
      '/lib/',
      '/main.js/x',
      '/PROGRA~1',
    ]) {
      expect(await maybe(target), target).toBeNull();
    }
  });

  it('are not served from a directory whose name starts like the root’s', async () => {
    const parent = await temporary();
    await write(parent, { 'site/index.html': '', 'site-secret/x.js': 'secret' });
    await symlink('../site-secret', path.join(parent, 'site/out'));
    const registry = open({ directory: path.join(parent, 'site') });
    await registry.ready;
    expect(await registry.handle(new Request('http://localhost/out/x.js'))).toBeNull();
  });

  it('accept only GET and HEAD', async () => {
    const { ask, maybe } = await handler();
    expect((await ask('/logo.svg', {}, 'POST')).status).toBe(405);
    // Another server may have the file.
    expect(await maybe('/api', {}, 'POST')).toBeNull();
  });

  it('redirect a directory to its slash, keeping the query', async () => {
    const { ask } = await handler({ 'sub/index.html': '<p>x' });
    const response = await ask('/sub?a=1');
    expect([response.status, response.headers.get('Location')]).toEqual([308, '/sub/?a=1']);
    expect(response.headers.get('Cache-Control')).toBe('no-cache');
    expect(await (await ask('/sub/')).text()).toContain('<p>x');
  });

  it('may be deleted between two calls', async () => {
    const { ask, maybe, directory } = await handler();
    await ask('/logo.svg');
    await unlink(path.join(directory, 'logo.svg'));
    await unlink(path.join(directory, 'index.html'));
    expect(await maybe('/logo.svg')).toBeNull();
    expect(await maybe('/')).toBeNull();
  });
});

it('answers only its own routes if another server serves the site', async () => {
  const registry = open({});
  await registry.ready;
  expect(await registry.handle(new Request('http://evil.test/main.js'))).toBeNull();
  expect(await registry.handle(new Request('http://localhost/', { method: 'POST' }))).toBeNull();
  expect((await registry.handle(new Request('http://localhost/-/health')))?.status).toBe(200);
});

it('moves its routes with the prefix', async () => {
  const { url } = await serve(SITE, { prefix: '/a/b/' });
  expect((await fetch(`${url}a/b/health`)).status).toBe(200);
  expect((await fetch(`${url}-/health`)).status).toBe(404);
  expect(await (await fetch(url, { headers: NAVIGATION })).text()).toContain('/a/b/loader.js?v=');
});
