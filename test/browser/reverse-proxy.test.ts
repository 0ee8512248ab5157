import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import { createRegistry, type RegistryOptions } from '../../registry/index.js';
import { later, site, write } from '../unit/registry/site.js';
import { type ChromiumBrowser, launchChromium, toBrowserPage } from './engines/chromium.js';
import type { BrowserPage } from './engines/engine.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { lacksNginx, startNginx } from '../nginx.mjs';
import { sharedContext } from './engines/shared-context.js';

/** Another site has the root of the origin. Its module has the path of one of ours, below another root. */
const OTHER = `location = /lib/part.mjs { default_type text/javascript; return 200 "export const part = 'of the other site';"; }`;

const UPGRADE = `
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;`;

/** What the proxy does with a request, and what the registry has to know about that. */
const WAYS: Readonly<Record<string, { nginx: (url: string) => string; options: RegistryOptions }>> = {
  'passes on the path': {
    nginx: (url) => `location /app/ { ${UPGRADE} proxy_set_header Host $http_host; proxy_pass ${url}; }`,
    options: { base: '/app/' },
  },
  'removes the base': {
    nginx: (url) => `location /app/ { ${UPGRADE} proxy_set_header Host $http_host; proxy_pass ${url}/; }`,
    options: { base: '/app/' },
  },
  'removes the base, and says which host and scheme the browser has asked for': {
    nginx: (url) => `location /app/ { ${UPGRADE}
      proxy_set_header Host localhost;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Prefix /app;
      proxy_pass ${url}/; }`,
    options: { base: '/app/', trustProxy: true },
  },
};

/** Does not allow `blob:` and `data:`, so that modules come over HTTP. */
const POLICY = `<meta http-equiv="Content-Security-Policy" content="script-src 'self' 'unsafe-inline'">`;

const page = (head: string, root: string) =>
  `<!doctype html>${head}<title>base</title><script type="module" src="${root}main.mjs"></script>`;

const FILES = {
  'index.html': page('', ''),
  'http.html': page(POLICY, ''),
  'sub/index.html': page('', '../'),
  'main.mjs': `import { part } from './lib/part.mjs';
import { part as other } from '/lib/part.mjs';
import { text } from './lib/hot.mjs';
const { part: later } = await import(\`./lib/\${'part'}.mjs\`);
const { nested } = await import('./lib/nested.mjs');
const worker = new Worker(new URL('./w.mjs', import.meta.url), { type: 'module' });
const said = await new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
globalThis.seen = { part, other, later, nested, url: import.meta.url, said };
import.meta.hot?.accept('./lib/hot.mjs', (module) => (globalThis.replaced = text + module.text));
`,
  'lib/part.mjs': `export const part = 'one';`,
  'lib/hot.mjs': `export const text = 'one';`,
  'lib/nested.mjs': `export const nested = [import.meta.url, (await import('./part.mjs')).part];`,
  'w.mjs': `import { part } from './lib/part.mjs';
import { part as other } from '/lib/part.mjs';
const note = await (await fetch('note.txt')).text();
postMessage({ part, other, note, url: import.meta.url, path: location.pathname });
`,
  'note.txt': 'a note',
  // With URLs that contain the base.
  'absolute.html': page(
    '<script type="importmap">{"imports":{"part":"/app/lib/part.mjs"}}</script>',
    '/app/absolute-',
  ),
  'absolute-main.mjs': `import { part } from '/app/lib/part.mjs';
import { part as mapped } from 'part';
const worker = new Worker('/app/absolute-w.mjs', { type: 'module' });
const said = await new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
globalThis.seen = { part, mapped, said };
`,
  'absolute-w.mjs': `import { part } from '/app/lib/part.mjs';
import { part as mapped } from 'part';
postMessage({ part, mapped });
`,
};

const seenBelow = (root: string) => ({
  part: 'one',
  later: 'one',
  other: 'of the other site',
  nested: [`${root}lib/nested.mjs`, 'one'],
  url: `${root}main.mjs`,
  said: {
    part: 'one',
    other: 'of the other site',
    note: 'a note',
    url: `${root}w.mjs`,
    path: '/app/w.mjs',
  },
});

type Global = { seen?: unknown; replaced?: string; isFirst?: true };

let browser: ChromiumBrowser;
beforeAll(async () => void (browser = await launchChromium()));
afterAll(() => browser.close());

async function open(url: string): Promise<BrowserPage> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  later(() => context.close());
  const opened = toBrowserPage(await context.newPage());
  await opened.goto(url);
  await opened.until(() => globalThis.modcast !== undefined);
  return opened;
}

const seen = (opened: BrowserPage) => opened.until(() => (globalThis as Global).seen);
const bootedFrom = (opened: BrowserPage) => opened.evaluate(async () => (await modcast!.ready).from);

async function start(way: string, tls: boolean): Promise<{ root: string; directory: string }> {
  const { nginx: locationsFor, options } = WAYS[way]!;
  const directory = await site(FILES);
  const registry = createRegistry({ directory, database: ':memory:', timeout: 25_000, ...options });
  later(() => registry.close());
  const { port } = await registry.listen();
  const nginx = await startNginx({ locations: locationsFor(`http://127.0.0.1:${port}`) + OTHER, tls });
  later(() => nginx.close());
  return { root: `${nginx.origin}/app/`, directory };
}

/** The page boots over the socket, runs its worker, and takes a saved file. */
async function expectAll(opened: BrowserPage, root: string, directory: string): Promise<void> {
  expect(await bootedFrom(opened)).toBe('network');
  expect(await seen(opened)).toEqual(seenBelow(root));
  expect(await opened.evaluate(() => modcast!.stats().socket)).toBe('open');
  await opened.evaluate(() => void ((globalThis as Global).isFirst = true));
  await write(directory, { 'lib/hot.mjs': `export const text = 'two';` });
  expect(await opened.until(() => (globalThis as Global).replaced)).toBe('onetwo');
  expect(await opened.evaluate(() => (globalThis as Global).isFirst)).toBe(true);
}

describe.skipIf(lacksNginx).each(Object.keys(WAYS))('behind a proxy that %s', (way) => {
  it('a page boots over the socket, runs its worker, and takes a saved file', async () => {
    const { root, directory } = await start(way, true);
    await expectAll(await open(root), root, directory);
  });

  it('a page, an import map and a worker may use URLs with the base', async () => {
    const { root } = await start(way, true);
    const opened = await open(`${root}absolute.html`);
    const found = { part: 'one', mapped: 'one' };
    expect(await seen(opened)).toEqual({ ...found, said: found });
    expect(await bootedFrom(opened)).toBe('network');
  });

  it('a page of a directory, and one whose policy has its modules come over HTTP, see the same', async () => {
    const { root } = await start(way, true);
    // The server adds the slash.
    expect(await seen(await open(`${root}sub?x=1`))).toEqual(seenBelow(root));
    const opened = await open(`${root}http.html`);
    expect(await seen(opened)).toEqual(seenBelow(root));
    const modules = await opened.evaluate(() =>
      performance.getEntriesByType('resource').filter(({ name }) => name.includes('/app/-/modules/')),
    );
    expect(modules.length).toBeGreaterThan(0);
  });
});

// Only Chromium can be told to accept the certificate.
inEachEngine(
  ({ launch }) => {
    const newPage = sharedContext({ launch });

    it.skipIf(lacksNginx).each(Object.keys(WAYS))('the same without TLS, if the proxy %s', async (way) => {
      const { root, directory } = await start(way, false);
      const opened = await newPage();
      await opened.goto(root);
      await opened.until(() => globalThis.modcast !== undefined);
      await expectAll(opened, root, directory);
    });
  },
  ['Chromium'],
);

it.skipIf(lacksNginx)(
  'an application and its registry share an origin: pages and workers run the deploy',
  async () => {
    const registry = createRegistry({ directory: await site(FILES), database: ':memory:', timeout: 25_000 });
    later(() => registry.close());
    const registryUrl = (await registry.listen()).url;
    // As docs/rendered-pages.md has it. The application's own modules are older ones.
    const app = createServer((request, response) => {
      response.setHeader('Content-Type', request.url === '/' ? 'text/html' : 'text/javascript');
      const tags = new URL('-/channels/dev/head.html?workers=on&entry=main.mjs', registryUrl);
      if (request.url === '/note.txt') response.end('a note');
      else if (request.url !== '/') response.end("export const part = 'old';");
      else
        void fetch(tags)
          .then((answer) => answer.text())
          .then((text) =>
            response.end(`${text}<script type="module" data-modcast="module" src="main.mjs"></script>`),
          );
    });
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    later(() => {
      app.closeAllConnections();
      app.close();
    });
    const backend = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
    const nginx = await startNginx({
      locations: `proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    location / { proxy_pass $backend; }
    location /-/ { ${UPGRADE} proxy_set_header Host $http_host; proxy_pass ${registryUrl.slice(0, -1)}; }`,
      http: `map $arg_modcast $backend { '' ${backend}; default ${registryUrl.slice(0, -1)}; }`,
    });
    later(() => nginx.close());
    const opened = await open(`${nginx.origin}/`);
    expect(await seen(opened)).toMatchObject({
      part: 'one',
      later: 'one',
      said: { part: 'one', note: 'a note' },
    });
    expect(await bootedFrom(opened)).toBe('network');
  },
);
