import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { TemporarySite } from '../counted-site.js';
import { GatedSite } from '../gated-site.js';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { faultFiles } from './fault-files.js';

/** A worker that keeps each page as the server has sent it. */
const KEEPS_PAGES = `self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));
self.addEventListener('fetch', (event) => {
  if (!/\\/(?:$|main\\.js)/.test(event.request.url)) return;
  event.respondWith(fetch(event.request).then(async (response) => {
    await (await caches.open('pages')).put(event.request.url, response.clone());
    return response;
  }, () => caches.match(event.request.url)));
});`;

inEachEngine((kind) => {
  let browser: OpenBrowser;
  let page: BrowserPage;
  let directory: TemporarySite;
  let site: GatedSite;
  beforeAll(async () => void (browser = await kind.launch()));
  afterAll(() => browser.close());
  afterEach(async () => {
    await page.close();
    await site.close();
    await directory.close();
  });

  it.each([
    ['that has stored the files', {}],
    ['that keeps what the server sends', { 'sw.js': KEEPS_PAGES }],
  ])('sw-offline: a page of a service worker %s runs without the server', async (_, files) => {
    directory = await TemporarySite.create({ ...faultFiles('sw-offline'), ...files });
    site = await GatedSite.open({ directory: directory.directory });
    page = await browser.newPage();
    await page.goto(site.url);
    await page.until(() => document.body.textContent === 'runs');
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await page.goto(site.url);
    await page.until(
      () => navigator.serviceWorker.controller !== null && document.body.textContent === 'runs',
    );
    site.http = () => 'refuse';
    site.sockets = 'refuse';
    site.relay.cut();
    await page.goto(site.url);
    await page.until(() => document.body.textContent === 'runs');
    expect(await page.evaluate(() => document.title)).toBe('x');
  });
});
