import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {} from '../../../loader/index.js';
import { TemporarySite } from '../counted-site.js';
import { type ChromiumBrowser, launchChromium } from '../engines/chromium.js';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { GatedSite } from '../gated-site.js';
import { files, publish, whole } from './published-site.js';
import { stopServiceWorkers } from './stop-service-workers.js';

/** How many files the service worker has. Called in a page. */
const keptFiles = () =>
  new Promise<number>((resolve, reject) => {
    const opening = indexedDB.open('modcast offline /');
    opening.onerror = reject;
    opening.onsuccess = () => {
      const counting = opening.result.transaction('files').objectStore('files').count();
      counting.onsuccess = () => resolve(counting.result);
      opening.result.close();
    };
  });

let directory: TemporarySite;
let site: GatedSite;

beforeEach(async () => {
  directory = await TemporarySite.create({ ...files(1), 'never.txt': 'never used' });
  site = await GatedSite.open({ channel: 'production', serveHead: true });
  await publish(site, directory);
  // Some proxies let no socket pass. Such a page stores no deploy.
  site.sockets = 'refuse';
});
afterEach(async () => {
  await site.close();
  await directory.close();
});

inEachEngine((engine) => {
  let browser: OpenBrowser;
  let page: BrowserPage;
  beforeAll(async () => void (browser = await engine.launch()));
  afterAll(() => browser.close());
  beforeEach(async () => void (page = await browser.newPage()));
  afterEach(() => page.close());

  it('a page without a socket runs without the server, and has all that offline() has kept', async () => {
    await page.goto(site.url, 'load');
    expect(await page.evaluate(() => modcast!.offline({ all: true }))).toMatchObject({ failed: 0 });
    // What it deletes is gone by the second answer.
    expect(await page.evaluate(() => modcast!.offline())).toMatchObject({ failed: 0 });
    // The browser's HTTP cache has them too.
    expect(await page.evaluate(keptFiles)).toBe(Object.keys(files(1)).length + 1);
    site.http = () => 'refuse';
    await page.goto(site.url, 'load');
    expect(await page.until(() => (globalThis as { said?: object }).said)).toEqual(whole(1));
    expect(await page.evaluate(async () => (await fetch('never.txt')).text())).toBe('never used');
  });
});

describe('after the browser has ended the service worker', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => void (browser = await launchChromium()));
  afterAll(() => browser.close());

  it('a page without a socket runs without the server', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(site.url, { waitUntil: 'load' });
    await page.waitForFunction(() => globalThis.modcast !== undefined);
    expect(await page.evaluate(() => modcast!.offline({ all: true }))).toMatchObject({ failed: 0 });
    expect(await page.evaluate(() => modcast!.offline())).toMatchObject({ failed: 0 });
    await stopServiceWorkers(context, page);
    // It has the manifest too, until it needs the room.
    await (await context.newCDPSession(page)).send('Network.clearBrowserCache');
    site.http = () => 'refuse';
    await page.goto(site.url, { waitUntil: 'load' });
    await page.waitForFunction(() => 'said' in globalThis);
    expect(await page.evaluate(() => (globalThis as { said?: object }).said)).toEqual(whole(1));
    await context.close();
  });
});
