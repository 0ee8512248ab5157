import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {} from '../../../loader/index.js';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { ProxiedSite } from './proxied-site.js';

inEachEngine(
  (engine) => {
    let browser: OpenBrowser;
    let page: BrowserPage;
    let site: ProxiedSite;
    beforeAll(async () => void (browser = await engine.launch()));
    afterAll(() => browser.close());
    beforeEach(async () => {
      page = await browser.newPage();
      site = await ProxiedSite.open(version(1));
      await page.goto(site.url, 'load');
      await page.evaluate(async () => void (await modcast!.offline()));
      await page.goto(site.url, 'load');
      await page.evaluate(async () => void (await modcast!.offline({ all: true })));
    });
    afterEach(async () => {
      await page.close();
      await site.close();
    });

    const version = (number: number) => ({
      'index.html': `<!doctype html><title>${number}</title><script type="module" src="main.mjs"></script>`,
      'about.html': `<!doctype html><title>about ${number}</title>`,
      'main.mjs': `globalThis.version = ${number};`,
      'note.txt': `note ${number}`,
      'classic.js': `importScripts('classic-lib.js');
const answer = async () => [version, await fetch('note.txt').then((r) => r.text(), String)];
globalThis.onmessage = async () => postMessage(await answer());
globalThis.onconnect = ({ ports: [port] }) => { port.onmessage = async () => port.postMessage(await answer()); };`,
      'classic-lib.js': `globalThis.version = ${number};`,
      'late.js': `globalThis.late = ${number};`,
      'frame.html': `<!doctype html><title>frame ${number}</title>`,
    });

    /** What parts of the tab say. Functions that run in the page. */
    const parts: Record<string, [run: () => Promise<unknown>, expected: unknown]> = {
      'its fetch': [async () => (await fetch('note.txt')).text(), 'note 1'],
      'a classic worker': [
        () =>
          new Promise((resolve, reject) => {
            const worker = new Worker('classic.js');
            worker.onmessage = ({ data }) => resolve(data);
            worker.onerror = () => reject(new Error('worker failed'));
            worker.postMessage(1);
          }),
        [1, 'note 1'],
      ],
      'a classic shared worker': [
        () =>
          new Promise((resolve) => {
            const { port, ...worker } = new SharedWorker('classic.js');
            void worker;
            port.onmessage = ({ data }) => resolve(data);
            port.postMessage(1);
          }),
        [1, 'note 1'],
      ],
      'a worker from a blob': [
        () =>
          new Promise((resolve, reject) => {
            const text = `importScripts('${location.origin}/classic-lib.js'); fetch('${location.origin}/note.txt').then((r) => r.text()).then((note) => postMessage([version, note]), (e) => postMessage([version, String(e)]));`;
            const worker = new Worker(URL.createObjectURL(new Blob([text])));
            worker.onmessage = ({ data }) => resolve(data);
            worker.onerror = () => reject(new Error('worker failed'));
          }),
        [1, 'note 1'],
      ],
      'a srcdoc frame': [
        () =>
          new Promise((resolve) => {
            const frame = document.createElement('iframe');
            frame.srcdoc = `<script>fetch('/note.txt').then((r) => r.text()).then((t) => parent.postMessage(t), (e) => parent.postMessage(String(e)))</script>`;
            addEventListener('message', ({ data }) => resolve(data), { once: true });
            document.body.append(frame);
          }),
        'note 1',
      ],
      'fetch of a page at its clean URL': [
        async () => (/about \d/.exec(await (await fetch('about')).text()) ?? [])[0],
        'about 1',
      ],
      'fetch of the root': [async () => (/<title>(\d)/.exec(await (await fetch('./')).text()) ?? [])[1], '1'],
    };

    describe('once another version is published, the tab still has its own deploy in', () => {
      for (const [name, [run, expected]] of Object.entries(parts))
        it(name, async () => {
          await site.publish(version(2));
          expect(await page.evaluate(run)).toEqual(expected);
        });
    });

    describe('without the server, offline({ all: true }) has kept what is needed by', () => {
      for (const [name, [run, expected]] of Object.entries(parts))
        it(name, async () => {
          site.stop();
          expect(await page.evaluate(run)).toEqual(expected);
        });
    });

    it('a tab has its own files when the database of offline use is gone', async () => {
      await page.evaluate(
        () =>
          new Promise<void>((resolve) => {
            const request = indexedDB.deleteDatabase('modcast offline /');
            request.onsuccess = () => resolve();
          }),
      );
      await site.publish(version(2));
      expect(await page.evaluate(async () => (await fetch('note.txt')).text())).toBe('note 1');
    });

    it('offline() keeps files again when the database of offline use has been deleted', async () => {
      await page.evaluate(
        () =>
          new Promise<void>((resolve) => {
            const request = indexedDB.deleteDatabase('modcast offline /');
            request.onsuccess = () => resolve();
          }),
      );
      expect(await page.evaluate(() => modcast!.offline({ all: true }))).toMatchObject({ failed: 0 });
    });
  },
  ['Firefox', 'WebKit'],
);
