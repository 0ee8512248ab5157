import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {} from '../../../loader/index.js';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { ProxiedSite } from './proxied-site.js';

const html = (body: string) =>
  `<!doctype html><title>t</title>${body}<script type="module" src="main.mjs"></script>`;

const SITE = {
  'index.html': html(''),
  'second.html': html('second'),
  'main.mjs': 'globalThis.ran = true;',
  'note.txt': 'note',
  'config.json': '{"from":"file"}',
  'classic.js': 'postMessage("classic");',
  'worker.mjs': 'postMessage("module");',
};

inEachEngine(
  (engine) => {
    let browser: OpenBrowser;
    let page: BrowserPage;
    let site: ProxiedSite;
    beforeAll(async () => void (browser = await engine.launch()));
    afterAll(() => browser.close());
    beforeEach(async () => {
      page = await browser.newPage();
      site = await ProxiedSite.open(SITE);
    });
    afterEach(async () => {
      await page.close();
      await site.close();
    });

    const visit = async (name = '') => {
      await page.goto(site.url + name, 'load');
      await page.until(() => (globalThis as { ran?: boolean }).ran === true);
    };
    const keep = async () => {
      await visit();
      expect(await page.evaluate(() => modcast!.offline())).toMatchObject({ failed: 0 });
      await visit();
    };

    const registrations = () =>
      page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);

    describe('a server that is away for a while does not end offline use', () => {
      const answers: Record<string, [number, Record<string, string>]> = {
        'a maintenance page of a proxy, with status 503': [503, {}],
        'a page of a server that fails, with status 500': [500, {}],
        'a page that asks to log in, with status 401': [401, {}],
        'a page of a limit of requests, with status 429': [429, {}],
      };
      for (const [name, [status, headers]] of Object.entries(answers))
        it(name, async () => {
          await keep();
          site.first = (_, response) => {
            response.writeHead(status, { 'Content-Type': 'text/html', ...headers });
            response.end('<!doctype html><title>away</title>');
            return true;
          };
          await page.goto(`${site.url}never-visited`, 'load');
          await page.goto(`${site.url}never-visited`, 'load');
          expect(await registrations()).toBe(1);
          site.stop();
          await visit();
        });
    });

    const worker = (name: string, type: 'classic' | 'module') =>
      page.evaluate(
        ([name, type]) =>
          new Promise((resolve) => {
            const started = new Worker(name, { type: type as 'classic' });
            started.onmessage = ({ data }) => resolve(data);
            started.onerror = () => resolve('error');
          }),
        [name, type] as const,
      );

    it('a classic worker starts in a page that was isolated at a later visit', async () => {
      await visit();
      await worker('classic.js', 'classic');
      await keep();
      site.headers = () => ({
        'Cross-Origin-Embedder-Policy': 'require-corp',
        'Cross-Origin-Opener-Policy': 'same-origin',
      });
      await visit();
      expect(await worker('classic.js', 'classic')).toBe('classic');
    });

    for (const type of ['classic', 'module'] as const) {
      const name = type === 'classic' ? 'classic.js' : 'worker.mjs';
      it(`a ${type} worker starts in a page that was isolated at the first visit`, async () => {
        site.headers = () => ({
          'Cross-Origin-Embedder-Policy': 'require-corp',
          'Cross-Origin-Opener-Policy': 'same-origin',
        });
        await keep();
        expect(await worker(name, type)).toBe(type);
        expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
        site.stop();
        await visit();
        expect(await worker(name, type)).toBe(type);
      });
      it(`a ${type} worker starts in an isolated page whose proxy sets the policy of the site only`, async () => {
        site.headers = (target) =>
          target.startsWith('/-/') && !target.startsWith('/-/worker.js')
            ? {}
            : { 'Cross-Origin-Embedder-Policy': 'require-corp', 'Cross-Origin-Opener-Policy': 'same-origin' };
        await visit();
        await worker(name, type);
        await keep();
        expect(await worker(name, type)).toBe(type);
      });
    }

    it('a page that requires Trusted Types is kept', async () => {
      site.headers = (target) =>
        target.startsWith('/-/') ? {} : { 'Content-Security-Policy': "require-trusted-types-for 'script'" };
      await visit();
      const result = await page.evaluate(() => modcast!.offline().then(({ failed }) => failed, String));
      expect({ result, lines: page.lines.filter((line) => /Trusted/.test(line)) }).toEqual({
        result: 0,
        lines: [],
      });
    });
  },
  ['Firefox', 'WebKit'],
);
