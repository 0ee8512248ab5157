import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { deferred } from '../../../loader/deferred.js';
import type {} from '../../../loader/index.js';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { ProxiedSite } from './proxied-site.js';

inEachEngine(
  (engine) => {
    let browser: OpenBrowser;
    let page: BrowserPage;
    let site: ProxiedSite | undefined;
    beforeAll(async () => void (browser = await engine.launch()));
    afterAll(() => browser.close());
    beforeEach(async () => void (page = await browser.newPage()));
    afterEach(async () => {
      await page.close();
      await site?.close();
      site = undefined;
    });

    const html = (body: string) =>
      `<!doctype html><title>t</title>${body}<script type="module" src="main.mjs"></script>`;
    const open = async (body: string, more: Record<string, string | Uint8Array> = {}) => {
      site = await ProxiedSite.open({
        'index.html': html(body),
        'main.mjs': 'globalThis.ran = true;',
        'note.txt': 'note',
        ...more,
      });
      return site;
    };
    const visit = async (name = '') => {
      await page.goto(site!.url + name, 'load');
      await page.until(() => (globalThis as { ran?: boolean }).ran === true);
    };
    const offline = (all = false) => page.evaluate((all) => modcast!.offline({ all }), all);

    it('offline() resolves when the page has requested a URL with a lone % in its query', async () => {
      await open('');
      await visit();
      await page.evaluate(async () => (await fetch('note.txt?discount=100%')).text());
      expect(await offline()).toMatchObject({ failed: 0 });
    });

    it('offline() asks the browser not to evict the storage on request only', async () => {
      await open('');
      await visit();
      const asked = await page.evaluate(async () => {
        let calls = 0;
        navigator.storage.persist = () => Promise.resolve(++calls > 0);
        await modcast!.offline();
        const before = calls;
        await modcast!.offline({ persist: true });
        return [before, calls];
      });
      expect(asked).toEqual([0, 1]);
    });

    it('a file above 32 MB is not downloaded because a page has used a part of it', async () => {
      await open('', { 'big.bin': new Uint8Array(33 * 1024 * 1024) });
      await visit();
      await page.evaluate(async () =>
        (await fetch('big.bin', { headers: { Range: 'bytes=0-99' } })).arrayBuffer(),
      );
      site!.requests.length = 0;
      await offline();
      expect(site!.requests.filter((request) => request.includes('/-/blobs/'))).toEqual([]);
    });

    it('a first visit keeps files beyond the 250 requests that the browser remembers', async () => {
      const names = Array.from({ length: 300 }, (_, index) => `f${index}.txt`);
      await open('', Object.fromEntries(names.map((name) => [name, name])));
      const released = deferred<void>();
      const asked = deferred<void>();
      // Until the service worker is there, only the page knows its requests.
      site!.first = (request, response) => {
        if (request.url !== '/-/offline.js') return false;
        asked.resolve();
        void released.promise.then(() => void site!.registry.middleware(request, response));
        return true;
      };
      await visit();
      await asked.promise;
      await page.evaluate(async (urls) => {
        for (const url of urls) await (await fetch(url)).text();
      }, names);
      released.resolve();
      await offline();
      site!.stop();
      await visit();
      const read = () => page.evaluate(async () => (await fetch('f299.txt')).text());
      expect(await read()).toBe('f299.txt');
    });

    it('with all, pages open offline at their clean URLs', async () => {
      await open('<a href="about">about</a>', { 'about.html': html('about') });
      await visit();
      expect(await offline(true)).toMatchObject({ failed: 0 });
      site!.stop();
      await visit('about');
    });

    it('with all, a file opens offline by itself, as a link in a new tab or a frame does', async () => {
      await open('');
      await visit();
      await offline(true);
      site!.stop();
      await page.goto(`${site!.url}note.txt`, 'load').catch(() => {});
      expect(await page.evaluate(() => document.body.textContent)).toBe('note');
    });

    it('a single-page application reloads offline at a route that it has set', async () => {
      site = await ProxiedSite.open(
        {
          'index.html': '<!doctype html><base href="/"><script type="module" src="main.mjs"></script>',
          'main.mjs': 'globalThis.ran = true;',
        },
        { single: true },
      );
      await visit();
      await offline();
      await page.evaluate(() => history.pushState(null, '', '/items/5'));
      site.stop();
      await visit('items/5');
    });

    it('offline() keeps no page that the server says not to store', async () => {
      await open('');
      site!.headers = (target) => (target.startsWith('/-/') ? {} : { 'Cache-Control': 'no-store' });
      await visit();
      await offline();
      await visit();
      site!.stop();
      const shown = await page.goto(site!.url, 'load').then(
        () => 'shown',
        () => 'error',
      );
      expect(shown).toBe('error');
    });

    it('offline() fails, and does not hang, where the service worker cannot be registered', async () => {
      await open('');
      site!.first = (request, response) => {
        if (request.url !== '/-/offline.js') return false;
        response.writeHead(404).end();
        return true;
      };
      await visit();
      await expect(
        page.evaluate(() =>
          modcast!.offline().then(
            () => 'kept',
            (error: Error) => error.message,
          ),
        ),
      ).resolves.toEqual(expect.any(String));
    });

    it('a registry below a base does not lose what another one has kept', async () => {
      const other = await ProxiedSite.open(
        { 'index.html': html('other'), 'main.mjs': 'globalThis.ran = true;' },
        { base: '/app/' },
      );
      try {
        await open('');
        site!.first = (request, response) => {
          if (!request.url!.startsWith('/app/')) return false;
          void other.registry.middleware(request, response);
          return true;
        };
        await visit('app/');
        await offline();
        await visit('app/');
        await visit();
        await offline();
        site!.stop();
        await visit('app/');
      } finally {
        await other.close();
      }
    });
  },
  ['Firefox', 'WebKit'],
);
