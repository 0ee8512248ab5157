import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type {} from '../../../loader/index.js';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { ProxiedSite } from './proxied-site.js';

declare global {
  /** What the page's call of `navigator.serviceWorker.register` gives. */
  var registering: Promise<ServiceWorkerRegistration> | undefined;
}

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"></svg>';

const SITE = {
  'index.html':
    '<!doctype html><title>t</title><img src="a.svg"><img src="/dynamic.svg"><script type="module" src="main.mjs"></script>',
  'main.mjs': 'globalThis.ran = true;',
  'a.svg': SVG,
};

inEachEngine(
  (engine) => {
    let browser: OpenBrowser;
    let page: BrowserPage;
    let site: ProxiedSite;
    beforeAll(async () => void (browser = await engine.launch()));
    afterAll(() => browser.close());
    beforeEach(async () => void (page = await browser.newPage()));
    afterEach(async () => {
      await page.close();
      await site.close();
    });

    // With `offline: false`, this is the control.
    for (const offline of [true, false])
      it(`a site whose policy permits sockets only works at the second visit, offline: ${offline}`, async () => {
        site = await ProxiedSite.open(SITE, { offline });
        site.first = (request, response) => {
          if (request.url !== '/dynamic.svg') return false;
          response.writeHead(200, { 'Content-Type': 'image/svg+xml' }).end(SVG);
          return true;
        };
        site.headers = () => ({
          'Content-Security-Policy': `default-src 'none'; script-src 'self' 'unsafe-inline' blob:; worker-src 'self'; img-src 'self'; style-src 'unsafe-inline'; connect-src ws://127.0.0.1:${site.port}`,
        });
        await page.addInitScript(() => {
          const container = navigator.serviceWorker;
          const register = container.register.bind(container);
          container.register = (...options) => (globalThis.registering = register(...options));
        });
        await page.goto(site.url, 'load');
        await page.evaluate(() => modcast!.ready);
        if (offline) {
          // Until the service worker is there, or has given up.
          await page.until(() => globalThis.registering !== undefined);
          await page.evaluate(async () => {
            const { installing } = await registering!;
            await new Promise<void>((resolve) => {
              const look = () => {
                if (installing === null || /activated|redundant/.test(installing.state)) resolve();
              };
              installing?.addEventListener('statechange', look);
              look();
            });
          });
        }
        const second = await page.goto(site.url, 'load').then(
          () =>
            page.evaluate(() => ({
              images: [...document.images].map(({ naturalWidth }) => naturalWidth),
              modcast: typeof globalThis.modcast,
            })),
          (error: Error) => error.message.split('\n')[0],
        );
        expect(second).toEqual({ images: [1, 1], modcast: 'object' });
      });
  },
  ['Firefox', 'WebKit'],
);
