import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BrowserPage, OpenBrowser } from './engine.js';
import { inEachEngine } from './in-each-engine.js';

declare global {
  /** What the pages of this test saw. */
  var seen: unknown[];
}

const PAGES: Record<string, string> = {
  '/': '<!doctype html><title>start</title><script>globalThis.seen = [];</script>',
  '/early': `<!doctype html><script>globalThis.seen = [globalThis.early];</script>
    <iframe srcdoc="<script>parent.seen.push(globalThis.early)</script>"></iframe>`,
  '/console': `<!doctype html><script>
    console.log('a', 1);
    console.info('b');
    console.warn('first warning');
    console.error('d');
    console.log('second warning');
  </script>
  <script>throw new RangeError('nobody catches it');</script>
  <script type="module">console.log('last');</script>
  <script src="/missing.js"></script>`,
  '/loads': `<!doctype html><script type="module">globalThis.seen = ['module']</script>
    <script>addEventListener('load', () => seen.push('load'))</script><img src="/slow">`,
  '/keys': `<!doctype html><script>
    globalThis.seen = [];
    for (const type of ['keydown', 'click']) {
      addEventListener(type, (event) => seen.push(event.key ?? [event.button, event.clientX, event.clientY, event.isTrusted]));
    }
  </script>`,
};

inEachEngine(({ launch }) => {
  let server: Server;
  let url: string;
  let browser: OpenBrowser;
  let page: BrowserPage;
  /** Whether the server answers a request for /slow. */
  let answersSlow = false;

  beforeAll(async () => {
    browser = await launch();
    server = createServer(({ url: target = '/' }, response) => {
      const html = PAGES[target];
      const answer = () =>
        response.writeHead(html === undefined ? 404 : 200, { 'Content-Type': 'text/html' }).end(html);
      if (target !== '/slow' || answersSlow) answer();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    await browser.close();
    server.closeAllConnections();
    server.close();
  });

  beforeEach(async () => {
    page = await browser.newPage();
  });

  afterEach(() => page.close());

  describe('evaluate', () => {
    it('passes a value to the page and back, and waits for a promise', async () => {
      await page.goto(`${url}/`);
      const value = { text: 'ä\u2028"`', list: [1, null, true], deep: { empty: {} } };
      expect(await page.evaluate((given) => given, value)).toEqual(value);
      expect(
        await page.evaluate(async () => (await Promise.resolve(document.title)) + location.pathname),
      ).toBe('start/');
      expect(await page.evaluate(() => undefined)).toBeUndefined();
    });

    it('rejects with the message of the error in the page', async () => {
      await page.goto(`${url}/`);
      await expect(
        page.evaluate(() => {
          throw new RangeError('out of range');
        }),
      ).rejects.toThrow('out of range');
      await expect(page.evaluate(() => Promise.reject(new TypeError('no type')))).rejects.toThrow('no type');
    });

    it('works while another page is open', async () => {
      const other = await browser.newPage();
      await Promise.all([page.goto(`${url}/`), other.goto(`${url}/console`)]);
      const paths = await Promise.all([page, other].map((one) => one.evaluate(() => location.pathname)));
      expect(paths).toEqual(['/', '/console']);
      await other.close();
    });
  });

  describe('goto', () => {
    it('resolves after the module scripts, or with `load` after the load event', async () => {
      await page.goto(`${url}/loads`);
      expect(await page.evaluate(() => seen)).toEqual(['module']);
      answersSlow = true;
      await page.goto(`${url}/loads`, 'load');
      expect(await page.evaluate(() => seen)).toEqual(['module', 'load']);
    });
  });

  describe('until', () => {
    it('waits for a truthy value and returns it', async () => {
      await page.goto(`${url}/`);
      const value = page.until((key) => (globalThis as Record<string, unknown>)[key], 'later');
      await page.evaluate(() => {
        setTimeout(() => Object.assign(globalThis, { later: { n: 7 } }));
      });
      expect(await value).toEqual({ n: 7 });
    });

    it('goes on after the page has been loaded again', async () => {
      await page.goto(`${url}/`);
      await page.evaluate(() => sessionStorage.setItem('old', 'yes'));
      const value = page.until(() => seen.includes('again') && sessionStorage.getItem('old'));
      await page.evaluate(() => location.reload());
      await page.until(() => performance.getEntriesByType('navigation')[0]?.toJSON().type === 'reload');
      await page.evaluate(() => void seen.push('again'));
      expect(await value).toBe('yes');
    });

    it('tells what it waited for and the console, if the time is over', async () => {
      await page.goto(`${url}/console`);
      page.timeout = 1_000;
      await expect(page.until(() => document.title === 'never')).rejects.toThrow(
        /document\.title === ["']never["'][^]*nobody catches it/,
      );
      await expect(page.line('never written')).rejects.toThrow(/“never written”[^]*nobody catches it/);
    });
  });

  it('addInitScript runs a function before all scripts, in frames too', async () => {
    await page.addInitScript(() => Object.assign(globalThis, { early: 'early' }));
    for (const _visit of [1, 2]) {
      await page.goto(`${url}/early`, 'load');
      expect(await page.evaluate(() => seen)).toEqual(['early', 'early']);
    }
  });

  it('has the console messages with their type and text, and says which come from scripts', async () => {
    await page.goto(`${url}/console`);
    await page.line('last');
    const byScript = page.messages.filter((message) => message.byScript);
    expect(byScript.map(({ type, text }) => `${type}: ${text}`)).toEqual([
      'log: a 1',
      'info: b',
      'warning: first warning',
      'error: d',
      'log: second warning',
      'log: last',
    ]);
    const uncaught = page.messages.filter(({ type }) => type === 'uncaught');
    expect(uncaught).toEqual([
      { type: 'uncaught', text: expect.stringContaining('nobody catches it'), byScript: false },
    ]);
    expect(page.lines).toEqual(page.messages.map(({ text }) => text));
    const later = page.line('later');
    await page.evaluate(() => console.log('later on'));
    expect(await later).toBe('later on');
    expect(await page.line('warning')).toBe('first warning');
  });

  it('reset leaves the site and forgets the messages, unless the page has init scripts', async () => {
    await page.goto(`${url}/console`);
    await page.line('last');
    page.timeout = 1_000;
    expect(await page.reset()).toBe(true);
    expect(await page.evaluate(() => location.href)).toBe('about:blank');
    expect([...page.messages, ...page.lines]).toEqual([]);
    expect(page.timeout).toBeGreaterThan(1_000);
    await page.goto(`${url}/console`);
    expect(await page.line('last')).toBe('last');
    await page.addInitScript(() => {});
    expect(await page.reset()).toBe(false);
  });

  it('press and click are those of a user', async () => {
    await page.goto(`${url}/keys`);
    for (const key of ['Escape', 'Tab', 'Enter', 'x'] as const) await page.press(key);
    await page.click(31, 17);
    expect(await page.until(() => seen.length === 5 && seen)).toEqual([
      'Escape',
      'Tab',
      'Enter',
      'x',
      [0, 31, 17, true],
    ]);
  });

  describe('storage', () => {
    const fill = async (one: BrowserPage) => {
      await one.goto(`${url}/`);
      await one.evaluate(async () => {
        localStorage.setItem('kept', 'yes');
        document.cookie = 'kept=yes';
        await new Promise((resolve, reject) => {
          const opening = indexedDB.open('kept');
          opening.onsuccess = resolve;
          opening.onerror = reject;
        });
      });
    };
    const content = async (one: BrowserPage) => {
      await one.goto(`${url}/`);
      return one.evaluate(async () => [
        localStorage.length,
        document.cookie,
        (await indexedDB.databases()).map(({ name }) => name),
      ]);
    };

    it('is shared by the pages of a context, one after the other or at the same time', async () => {
      const context = await browser.newContext();
      const first = await context.newPage();
      await fill(first);
      await first.close();
      const pages = [await context.newPage(), await context.newPage()];
      for (const one of pages) expect(await content(one)).toEqual([1, 'kept=yes', ['kept']]);
      await context.close();
    });

    it('is fresh in each other context', async () => {
      await fill(page);
      expect(await content(await browser.newPage())).toEqual([0, '', []]);
    });
  });
});
