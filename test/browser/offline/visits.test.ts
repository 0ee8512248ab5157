import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type {} from '../../../loader/index.js';
import { PublishService, publishSite, readSite } from '../../../registry/publish/index.js';
import { TemporarySite } from '../counted-site.js';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { GatedSite } from '../gated-site.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A site at a version, which each of its parts tells. */
const files = (version: number): Record<string, string | Uint8Array> => ({
  'index.html': `<!doctype html><title>${version}</title><link rel="stylesheet" href="style.css">
<img src="pixel.png" onload="globalThis.image = 'loaded'">
<script type="module" src="main.mjs"></script>`,
  'second.html': `<!doctype html><title>second ${version}</title><script type="module" src="main.mjs"></script>`,
  'style.css': `body { --version: ${version}; }`,
  'pixel.png': Buffer.from(PIXEL, 'base64'),
  'note.txt': `note ${version}`,
  'main.mjs': `import { version } from './lib.mjs';
const worker = (globalThis.worker = new Worker('worker.mjs', { type: 'module' }));
worker.onmessage = async ({ data }) => {
  globalThis.said = { page: version, ...data, style: getComputedStyle(document.body).getPropertyValue('--version').trim() };
};`,
  'worker.mjs': `import { version } from './lib.mjs';
const note = await (await fetch('note.txt')).text();
const piece = await import(\`./piece-\${version}.mjs\`);
postMessage({ worker: version, note, piece: piece.version });`,
  'lib.mjs': `export const version = ${version};`,
  [`piece-${version}.mjs`]: `export { version } from './lib.mjs';`,
});

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
    await publish(1);
  });
  afterEach(async () => {
    await page.close();
    await site.close();
    await directory.close();
  });

  async function publish(version: number): Promise<void> {
    await directory.write(files(version));
    const content = await readSite(directory.directory, { include: ['**'], exclude: [] });
    const target = new PublishService({ store: await site.registry.store(), now: Date.now });
    const released = new Promise((resolve) => site.registry.on('published', resolve));
    await publishSite(target, content, { channel: 'production', author: 'ada', message: '' });
    // The first one is found when it is asked for.
    if (version > 1) await released;
  }

  async function visit(name = ''): Promise<unknown> {
    await page.goto(site.url + name, 'load');
    await page.until(() => (globalThis as { said?: unknown }).said);
    return page.evaluate(() => {
      const { said } = globalThis as { said?: object };
      return { ...said, title: document.title };
    });
  }

  const whole = (version: number, title = `${version}`) => ({
    page: version,
    worker: version,
    note: `note ${version}`,
    piece: version,
    style: title.startsWith('second') ? '' : `${version}`,
    title,
  });

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
    expect(await page.evaluate(() => document.title)).not.toBe('second 1');
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
    await publish(2);
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

  it('unregister() leaves no registration, no database and no key', async () => {
    await visit();
    await page.evaluate(() => modcast!.offline());
    const left = await page.evaluate(async () => {
      await modcast!.unregister();
      return {
        registrations: (await navigator.serviceWorker.getRegistrations()).length,
        caches: await caches.keys(),
        databases: (await indexedDB.databases()).map(({ name }) => name),
        keys: Object.keys(localStorage),
      };
    });
    expect(left).toEqual({ registrations: 0, caches: [], databases: [], keys: [] });
  });
});

/** The browser's own look for a newer service worker. */
const isServiceWorker = (target: string) => target === '/-/offline.js';
