import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type {} from '../../../loader/index.js';
import { TemporarySite } from '../counted-site.js';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { GatedSite } from '../gated-site.js';
import { files, publish, whole } from './published-site.js';

inEachEngine((engine) => {
  let browser: OpenBrowser;
  let page: BrowserPage;
  let directory: TemporarySite;
  let site: GatedSite;
  beforeAll(async () => void (browser = await engine.launch()));
  afterAll(() => browser.close());

  beforeEach(async () => {
    directory = await TemporarySite.create({});
    site = await GatedSite.open({ channel: 'production', serveHead: true });
    page = await browser.newPage();
    await publishVersion(1);
  });
  afterEach(async () => {
    await page.close();
    await site.close();
    await directory.close();
  });

  async function publishVersion(version: number): Promise<void> {
    await directory.write(files(version));
    await publish(site, directory);
  }

  async function visit(name = ''): Promise<unknown> {
    await page.goto(site.url + name, 'load');
    return page.until(() => (globalThis as { said?: object }).said);
  }

  function stopServer(): void {
    site.http = () => 'refuse';
    site.sockets = 'refuse';
    site.relay.cut();
  }

  it('a page that was visited once runs without the server, with its worker, styles and images', async () => {
    expect(await visit()).toEqual(whole(1));
    expect(await page.evaluate(() => modcast!.offline())).toMatchObject({ failed: 0 });
    stopServer();
    expect(await visit()).toEqual(whole(1));
    expect(await page.evaluate(() => (globalThis as { image?: string }).image)).toBe('loaded');
  });

  it('a second page of the deploy, and a worker and a piece that start later, run without the server', async () => {
    for (const name of ['second.html', '']) {
      await visit(name);
      await page.evaluate(() => modcast!.offline());
    }
    stopServer();
    expect(await visit('second.html')).toEqual(whole(1, 'second 1'));
    expect(
      await page.evaluate(
        () =>
          new Promise((resolve) => {
            const worker = new Worker('worker.mjs', { type: 'module' });
            Object.assign(globalThis, { later: worker });
            worker.onmessage = ({ data }) => resolve(data);
          }),
      ),
    ).toEqual({ worker: 1, note: 'note 1', piece: 1 });
  });

  it('a page that was never visited, and a file that was never used, fail as on the network', async () => {
    await visit();
    await page.evaluate(() => modcast!.offline());
    stopServer();
    await visit();
    expect(
      await page.evaluate(() =>
        fetch('never.txt').then(
          () => 'answered',
          (error: Error) => error.name,
        ),
      ),
    ).toBe('TypeError');
    await page.goto(`${site.url}second.html`, 'load').catch(() => {});
    expect(await page.until(() => document.title !== 'second 1')).toBe(true);
  });

  it('offline({ all: true }) keeps every page and file of the deploy', async () => {
    await visit();
    const progress = await page.evaluate(() => modcast!.offline({ all: true }));
    expect(progress).toMatchObject({ failed: 0, done: progress.total });
    stopServer();
    expect(await visit('second.html')).toEqual(whole(1, 'second 1'));
  });

  it('a tab gets the files of its own deploy, whatever has been published since', async () => {
    await visit();
    await page.evaluate(() => modcast!.offline());
    await publishVersion(2);
    const read = () => page.evaluate(async () => (await fetch('note.txt')).text());
    expect(await read()).toBe('note 1');
    expect(await visit()).toEqual(whole(2));
    expect(await read()).toBe('note 2');
  });

  it('a second visit requests no JavaScript, and neither does its worker', async () => {
    await visit();
    await page.evaluate(() => modcast!.offline());
    site.clear();
    expect(await visit()).toEqual(whole(1));
    expect(
      site.requests.filter((target) => /\.(?:m?js|json)\b/.test(target) && !isServiceWorker(target)),
    ).toEqual([]);
  });
});

/** The browser's own look for a newer service worker. */
const isServiceWorker = (target: string) => target === '/-/offline.js';
