import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {} from '../../../loader/index.js';
import type { RegistryOptions } from '../../../registry/index.js';
import { TemporarySite } from '../counted-site.js';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { GatedSite } from '../gated-site.js';
import { files, publish, whole } from './published-site.js';

/** What a plain server has at `/`. */
const PLAIN = `<!doctype html><title>plain</title><script type="module">
globalThis.said = { note: await (await fetch('note.txt')).text() };
</script>`;

const OWN = `self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));
self.addEventListener('fetch', () => {});`;

const registered = (name: string) =>
  `await navigator.serviceWorker.register('${name}'); await navigator.serviceWorker.ready;\n`;

inEachEngine((engine) => {
  let browser: OpenBrowser;
  let page: BrowserPage;
  let directory: TemporarySite;
  let databases: TemporarySite;
  let site: GatedSite;
  let port = 0;
  beforeAll(async () => void (browser = await engine.launch()));
  afterAll(() => browser.close());
  beforeEach(async () => {
    directory = await TemporarySite.create({});
    databases = await TemporarySite.create({});
    page = await browser.newPage();
  });
  afterEach(async () => {
    await page.close();
    await site.close();
    port = 0;
    await directory.close();
    await databases.close();
  });

  /** Starts a registry, at the port of the one before. */
  async function serve(database: string, options: RegistryOptions = {}): Promise<void> {
    site = await GatedSite.open(
      {
        channel: 'production',
        serveHead: true,
        database: path.join(databases.directory, database),
        ...options,
      },
      port,
    );
    port = Number(new URL(site.url).port);
  }

  async function publishVersion(version: number, more: Record<string, string> = {}): Promise<void> {
    await directory.write({ ...files(version), ...more });
    await publish(site, directory);
  }

  async function visit(name = ''): Promise<unknown> {
    await page.goto(site.url + name, 'load');
    return page.until(() => (globalThis as { said?: object }).said);
  }

  const registrations = () =>
    page.evaluate(async () =>
      (await navigator.serviceWorker.getRegistrations()).map(
        ({ active, waiting, installing }) => (active ?? waiting ?? installing)?.scriptURL,
      ),
    );

  const databasesOfPage = () =>
    page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));

  /** Visits a site that keeps its pages. */
  async function keep(): Promise<void> {
    await serve('a.db');
    await publishVersion(1);
    await visit();
    await page.evaluate(() => modcast!.offline());
    await visit();
  }

  describe('another server at the same origin works at its first load', () => {
    it('when it is another registry', async () => {
      await keep();
      await site.close();
      await serve('b.db');
      await publishVersion(7);
      expect(await visit()).toEqual(whole(7));
      await page.evaluate(() => modcast!.offline());
      site.http = () => 'refuse';
      expect(await visit()).toEqual(whole(7));
    });

    it('when it is the same registry below another prefix', async () => {
      await keep();
      await site.close();
      await serve('a.db', { prefix: '/modules/' });
      expect(await visit()).toEqual(whole(1));
      await page.evaluate(() => modcast!.offline());
      expect(await registrations()).toEqual([`${site.url}modules/offline.js`]);
      site.http = () => 'refuse';
      site.sockets = 'refuse';
      site.relay.cut();
      expect(await visit()).toEqual(whole(1));
    });

    it('when it is a plain server, and nothing is left', async () => {
      await keep();
      site.kept.set('/', PLAIN);
      site.kept.set('/note.txt', 'plain');
      site.http = (target) => (target.startsWith('/-/') ? 'missing' : 'pass');
      expect(await visit()).toEqual({ note: 'plain' });
      await page.until(async () => (await navigator.serviceWorker.getRegistrations()).length === 0);
      await page.until(async () =>
        (await indexedDB.databases()).every(({ name }) => name !== 'modcast offline /'),
      );
      expect(await visit()).toEqual({ note: 'plain' });
    });

    it('when it is the same registry, and no longer offers offline use', async () => {
      await keep();
      await site.close();
      await serve('a.db', { offline: false });
      expect(await visit()).toEqual(whole(1));
      await page.until(async () => (await navigator.serviceWorker.getRegistrations()).length === 0);
      expect(await databasesOfPage()).toEqual(['modcast']);
      await expect(page.evaluate(() => modcast!.offline())).rejects.toThrow('offers no offline use');
    });
  });

  describe('a site with a service worker of its own', () => {
    it('keeps it, and its workers run the deploy of their page', async () => {
      await serve('a.db');
      const own = { 'sw.js': OWN, 'main.mjs': registered('sw.js') + String(files(1)['main.mjs']) };
      await publishVersion(1, own);
      const said = { ...whole(1) };
      expect(await visit()).toEqual(said);
      await page.evaluate(() => modcast!.idle());
      expect(await visit()).toEqual(said);
      expect(await registrations()).toEqual([`${site.url}sw.js`]);
      expect(await databasesOfPage()).toEqual(['modcast']);
    });

    it('has both when it imports that of modcast', async () => {
      await serve('a.db');
      const own = {
        'sw.js': `importScripts('/-/offline.js');\n${OWN}`,
        'main.mjs': registered('sw.js') + String(files(1)['main.mjs']),
      };
      await publishVersion(1, own);
      await visit();
      await visit();
      expect(await page.evaluate(() => modcast!.offline())).toMatchObject({ failed: 0 });
      expect(await registrations()).toEqual([`${site.url}sw.js`]);
      site.http = () => 'refuse';
      site.sockets = 'refuse';
      site.relay.cut();
      expect(await visit()).toEqual(whole(1));
    });
  });
});
