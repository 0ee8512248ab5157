import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {} from '../../../loader/index.js';
import { type ChromiumBrowser, launchChromium } from '../engines/chromium.js';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { ProxiedSite } from './proxied-site.js';
import { files } from './published-site.js';
import { stopServiceWorkers } from './stop-service-workers.js';

declare global {
  /** Names of the databases that a page has seen; undefined when it looks no more. */
  var seenDatabases: Set<string | undefined> | undefined;
  /** Sends the request that a page makes by itself. Resolves with the first progress. */
  var askLate: (() => Promise<unknown>) | undefined;
}

/** What is left in the browser. Called in a page. */
async function left() {
  return {
    registrations: (await navigator.serviceWorker.getRegistrations()).length,
    caches: await caches.keys(),
    databases: (await indexedDB.databases()).map(({ name }) => name),
    keys: [...Object.keys(localStorage), ...Object.keys(sessionStorage)],
  };
}

const NOTHING = { registrations: 0, caches: [], databases: [], keys: [] };

/** A page with an image that no deploy has. */
const SLOW =
  '<!doctype html><title>slow</title><script type="module" src="lib.mjs"></script><img src="slow.png">';

/** Uses all that the service worker answers. Called in a page that is still open. */
async function use(): Promise<void> {
  const read = (url: string) => fetch(url).then((response) => response.text(), String);
  await Promise.all(['note.txt', 'style.css', 'second.html', './', 'never.txt'].map(read));
  for (const type of ['module', 'classic'] as const) {
    const worker = new Worker('worker.mjs', { type });
    // The site's modules are no classic scripts.
    await new Promise((resolve) => (worker.onmessage = worker.onerror = resolve));
    worker.terminate();
  }
  await new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.srcdoc = '<img src="/pixel.png">';
    frame.onload = resolve;
    document.body.append(frame);
  });
}

let site: ProxiedSite;
beforeEach(async () => void (site = await ProxiedSite.open(files(1))));
afterEach(() => site.close());

inEachEngine((engine) => {
  let browser: OpenBrowser;
  const pages: BrowserPage[] = [];
  beforeAll(async () => void (browser = await engine.launch()));
  afterAll(() => browser.close());
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
  });

  async function visit(page: BrowserPage): Promise<void> {
    await page.goto(site.url, 'load');
    await page.until(() => (globalThis as { said?: object }).said);
    await page.evaluate(async () => void (await modcast!.offline()));
  }

  async function openTabs(): Promise<[BrowserPage, BrowserPage]> {
    const context = await browser.newContext();
    pages.push(await context.newPage(), await context.newPage());
    for (const page of pages) for (let visits = 0; visits < 2; visits++) await visit(page);
    return [pages[0]!, pages[1]!];
  }

  it('unregister() leaves no registration, no database and no key', async () => {
    const [page] = await openTabs();
    await page.evaluate(() => modcast!.unregister());
    expect(await page.evaluate(left)).toEqual(NOTHING);
  });

  it('nothing comes back while tabs stay open, use the site, and see a new deploy', async () => {
    const tabs = await openTabs();
    await tabs[0].evaluate(() => modcast!.unregister());
    for (const tab of tabs) await tab.evaluate(use);
    await site.publish(files(2));
    for (const tab of tabs) await tab.evaluate(() => modcast!.idle());
    for (const tab of tabs) await tab.evaluate(use);
    expect(await tabs[1].evaluate(left)).toEqual(NOTHING);
  });

  it('no database comes back, not even for a moment, while a tab uses the site', async () => {
    const tabs = await openTabs();
    await tabs[0].evaluate(() => modcast!.unregister());
    await tabs[0].evaluate(() => {
      const seen = new Set<string | undefined>();
      const look = async (): Promise<void> => {
        for (const { name } of await indexedDB.databases()) seen.add(name);
        if (globalThis.seenDatabases === seen) return look();
      };
      globalThis.seenDatabases = seen;
      void look();
    });
    await tabs[1].evaluate(use);
    await tabs[0].evaluate(use);
    expect(
      await tabs[0].evaluate(() => {
        const { seenDatabases: seen } = globalThis;
        globalThis.seenDatabases = undefined;
        return [...seen!];
      }),
    ).toEqual([]);
  });

  it('nothing comes back when it is called while another tab keeps the whole deploy', async () => {
    const tabs = await openTabs();
    await tabs[1].evaluate(() => {
      Object.assign(globalThis, { kept: modcast!.offline({ all: true }).catch(() => {}) });
    });
    await tabs[0].evaluate(() => modcast!.unregister());
    expect(await tabs[0].evaluate(left)).toEqual(NOTHING);
  });

  it('nothing comes back when a page that has just loaded asks late to keep its files', async () => {
    const page = await (await browser.newContext()).newPage();
    pages.push(page);
    await page.addInitScript(() => {
      // oxlint-disable-next-line typescript/unbound-method
      const { postMessage } = ServiceWorker.prototype;
      ServiceWorker.prototype.postMessage = function (this: ServiceWorker, ...args: unknown[]) {
        const message = args[0] as { modcast?: string; registered?: number | null };
        if (message.modcast !== 'keep' || message.registered === null)
          return Reflect.apply(postMessage, this, args) as void;
        globalThis.askLate = () =>
          new Promise((resolve) => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = ({ data }) => data !== 'received' && resolve(data);
            Reflect.apply(postMessage, this, [message, [port2]]);
          });
      };
    });
    await page.goto(site.url, 'load');
    await page.until(() => globalThis.askLate !== undefined);
    await page.evaluate(async () => void (await modcast!.offline()));
    await page.evaluate(() => modcast!.unregister());
    expect(await page.evaluate(() => globalThis.askLate!())).toEqual({ done: 0, total: 0, failed: 0 });
    await page.evaluate(use);
    expect(await page.evaluate(left)).toEqual(NOTHING);
  });

  it('nothing comes back when it is called while another tab loads', async () => {
    const tabs = await openTabs();
    let load = () => {};
    site.first = ({ url }, response) => {
      if (url !== '/slow.png') return false;
      load = () => void response.writeHead(404).end();
      return true;
    };
    await site.publish({ ...files(1), 'slow.html': SLOW });
    await tabs[1].goto(`${site.url}slow.html`);
    await tabs[1].until(() => globalThis.modcast?.stats().boot);
    await tabs[0].evaluate(() => modcast!.unregister());
    load();
    await tabs[1].until(() =>
      performance.getEntriesByType('resource').some(({ name }) => name.includes('offline-page.js')),
    );
    for (let times = 0; times < 20; times++) expect(await tabs[1].evaluate(left)).toEqual(NOTHING);
  });

  it('offline() keeps files again after unregister(), in each tab', async () => {
    const tabs = await openTabs();
    for (const tab of tabs) {
      await tabs[0].evaluate(() => modcast!.unregister());
      expect(await tab.evaluate(() => modcast!.offline())).toMatchObject({ failed: 0 });
      expect(await tab.evaluate(left)).toMatchObject({ registrations: 1 });
    }
  });
});

describe('when the browser has ended the service worker of a page that is still open', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => void (browser = await launchChromium()));
  afterAll(() => browser.close());

  it('nothing comes back after unregister()', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    for (let visits = 0; visits < 2; visits++) {
      await page.goto(site.url, { waitUntil: 'load' });
      // The loader may come after the modules.
      await page.waitForFunction(() => globalThis.modcast !== undefined);
      await page.evaluate(async () => void (await modcast!.offline()));
    }
    await page.evaluate(() => modcast!.unregister());
    await stopServiceWorkers(context, page);
    await page.evaluate(use);
    expect(await page.evaluate(left)).toEqual(NOTHING);
    await context.close();
  });
});
