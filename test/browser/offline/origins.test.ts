import { chromium as playwright, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type {} from '../../../loader/index.js';
import { FLAGS, findChromium } from '../../chromium.mjs';
import { TemporarySite } from '../counted-site.js';
import { ProxiedSite } from './proxied-site.js';
import { stopServiceWorkers } from './stop-service-workers.js';

const site1 = (version: number) => ({
  'index.html': `<!doctype html><title>${version}</title><script type="module" src="main.mjs"></script>`,
  'second.html': `<!doctype html><title>second ${version}</title><script type="module" src="main.mjs"></script>`,
  'main.mjs': `globalThis.ran = ${version};`,
  'note.txt': `note ${version}`,
  'never.txt': `never ${version}`,
  'code.txt': 'globalThis.sniffed = true;',
});

let browser: Browser;
let context: BrowserContext;
let page: Page;
let site: ProxiedSite | undefined;
let databases: TemporarySite;
beforeAll(async () => {
  // With the back/forward cache, which Playwright turns off.
  browser = await playwright.launch({
    executablePath: findChromium(),
    headless: true,
    args: [...FLAGS, '--enable-features=BackForwardCache'],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
});
afterAll(() => browser.close());
beforeEach(async () => {
  databases = await TemporarySite.create();
  context = await browser.newContext();
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
});
afterEach(async () => {
  await context.close();
  await site?.close();
  site = undefined;
  await databases.close();
});

const visit = async (name = '') => {
  await page.goto(site!.url + name, { waitUntil: 'load' });
  await page.waitForFunction(() => (globalThis as { ran?: number }).ran !== undefined);
};
const offline = () => page.evaluate(() => modcast!.offline().then(({ failed }) => failed, String));
async function openWatched(): Promise<void> {
  const directory = await TemporarySite.create(site1(1));
  site = await ProxiedSite.open(
    {},
    { directory: directory.directory, watch: true, channel: 'staging', offline: true },
  );
  await site.registry.ready;
}

it('watched: an answer to one user is not kept, nor requested again', async () => {
  await openWatched();
  let count = 0;
  site!.first = (request, response) => {
    if (request.url !== '/api/me') return false;
    count++;
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end('"ada"');
    return true;
  };
  await visit();
  await page.evaluate(async () => (await fetch('/api/me')).json());
  await offline();
  const requested = count;
  await visit();
  site!.stop();
  await visit();
  const answer = await page.evaluate(() =>
    fetch('/api/me').then(
      (r) => r.json(),
      (e: Error) => e.name,
    ),
  );
  expect({ requested, answer }).toEqual({ requested: 1, answer: 'TypeError' });
});

it('watched: offline() resolves when the page has read a part of an endless stream', async () => {
  await openWatched();
  site!.first = (request, response) => {
    if (request.url !== '/stream') return false;
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.write('one\n');
    return true;
  };
  await visit();
  await page.evaluate(async () => {
    const abort = new AbortController();
    const response = await fetch('/stream', { signal: abort.signal });
    await response.body!.getReader().read();
    abort.abort();
  });
  expect(await offline()).toEqual(expect.any(Number));
});

it('a frame with a query runs offline after one visit of its page', async () => {
  site = await ProxiedSite.open({
    ...site1(1),
    'index.html':
      '<!doctype html><iframe src="second.html?x=1"></iframe><script type="module" src="main.mjs"></script>',
  });
  await visit();
  expect(await offline()).toBe(0);
  site.stop();
  await visit();
  expect(await page.evaluate(() => document.querySelector('iframe')!.contentDocument?.title)).toBe(
    'second 1',
  );
});

it('a file of text is not run as a script, as without the service worker', async () => {
  site = await ProxiedSite.open(site1(1));
  const run = () =>
    page.evaluate(
      () =>
        new Promise((resolve) => {
          const script = document.createElement('script');
          script.src = 'code.txt';
          script.onload = () => resolve('runs');
          script.onerror = () => resolve('refused');
          document.body.append(script);
        }),
    );
  await visit();
  const natively = await run();
  await offline();
  await visit();
  expect(await run()).toBe(natively);
});

it('a page of the back/forward cache has the files of its own deploy', async () => {
  site = await ProxiedSite.open(site1(1));
  await visit();
  await offline();
  await visit();
  await page.evaluate(() =>
    addEventListener('pageshow', ({ persisted }) => Object.assign(globalThis, { persisted })),
  );
  await site.publish(site1(2));
  await page.goto(`${site.url}second.html`, { waitUntil: 'load' });
  await stopServiceWorkers(context, page);
  await offline();
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction(() => document.title !== 'second 2');
  const seen = await page.evaluate(async () => ({
    persisted: (globalThis as { persisted?: boolean }).persisted,
    title: document.title,
    never: await (await fetch('never.txt')).text(),
  }));
  expect(seen.never).toBe(`never ${seen.title}`);
});

it('two registries at one origin: the control, without a visit of the first', () => twoRegistries(false));
it('two registries at one origin keep their own pages', () => twoRegistries(true));

async function twoRegistries(visitsRoot: boolean): Promise<void> {
  const other = await ProxiedSite.open(site1(5), { base: '/app/' });
  try {
    site = await ProxiedSite.open(site1(1));
    site.first = (request, response) => {
      if (!request.url!.startsWith('/app/')) return false;
      void other.registry.middleware(request, response);
      return true;
    };
    await visit('app/');
    expect(await offline()).toBe(0);
    await visit('app/');
    if (visitsRoot) {
      await visit();
      expect(await offline()).toBe(0);
    }
    site.stop();
    await visit('app/');
    expect(await page.evaluate(() => document.title)).toBe('5');
  } finally {
    await other.close();
  }
}

it('a page runs when the storage is full', async () => {
  site = await ProxiedSite.open({ ...site1(1), 'big.bin': new Uint8Array(3_000_000).fill(3) });
  await visit();
  const session = await context.newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin: site.url.slice(0, -1), quotaSize: 300_000 });
  await page.evaluate(async () => (await fetch('big.bin')).arrayBuffer());
  await offline();
  await visit();
  expect(await page.evaluate(async () => (await (await fetch('big.bin')).arrayBuffer()).byteLength)).toBe(
    3_000_000,
  );
});
