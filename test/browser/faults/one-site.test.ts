import { fileURLToPath } from 'node:url';
import type { BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {} from '../../../loader/index.js';
import type { RegistryOptions } from '../../../registry/index.js';
import { DEFAULT_FILTER } from '../../../registry/ingest/files.js';
import { PublishService, publishSite, readSite } from '../../../registry/publish/index.js';
import { type ChromiumBrowser, launchChromium } from '../engines/chromium.js';
import { TemporarySite } from '../counted-site.js';
import { GatedSite, type Gate, isLoader } from '../gated-site.js';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/faults/${name}`, import.meta.url));
const A = fixture('another-site-at-the-same-origin/A');
const B = fixture('another-site-at-the-same-origin/B');
const V1 = fixture('cached-boot-old-modules-in-a-new-page/v1');
const V2 = fixture('cached-boot-old-modules-in-a-new-page/v2');

let browser: ChromiumBrowser;
let context: BrowserContext;
let site: GatedSite;

beforeAll(async () => void (browser = await launchChromium()));
afterAll(() => browser.close());
beforeEach(async () => void (context = await browser.newContext()));
afterEach(async () => {
  await context.close();
  site.releaseSockets();
  await site.close();
});

/** A registry that serves what is published to `production`. */
const PRODUCTION: RegistryOptions = { channel: 'production', serveHead: true };

async function publish(directory: string): Promise<void> {
  const content = await readSite(directory, DEFAULT_FILTER);
  const store = await site.registry.store();
  const target = new PublishService({ store, now: Date.now });
  await publishSite(target, content, { channel: 'production', author: 'ada', message: '' });
  const { number } = (await store.head('production'))!;
  // The server looks for deploys of other processes now and then.
  const head = async () => {
    const manifest = await fetch(`${site.url}-/channels/production/manifest.json`);
    return manifest.headers.get('Modcast-Deploy');
  };
  await expect.poll(head).toBe(`${number}`);
}

/** What the page writes to the console, errors included, until it has booted and its cache is written. */
async function visit(path = ''): Promise<{ said: string[]; from: string; deploy: number | null }> {
  const page = await context.newPage();
  const said: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'log') said.push(message.text());
  });
  page.on('pageerror', (error) => said.push(String(error)));
  await page.goto(site.url + path);
  const { from, deploy } = await page.evaluate(() => modcast!.ready);
  if (site.sockets === 'pass') await page.waitForFunction(() => modcast!.stats().deploy !== null);
  await page.evaluate(() => modcast!.idle());
  await page.close();
  return { said, from, deploy };
}

/** Serves the page as it is now, whatever is deployed. */
const keepPage = async (): Promise<unknown> => site.kept.set('/', await site.page());

describe('another-site-at-the-same-origin, wrong-site-same-port', () => {
  /** Stops the server and starts one of another site at its port. */
  async function replace(options: RegistryOptions, gate: Gate): Promise<void> {
    const port = Number(new URL(site.url).port);
    const { kept } = site;
    await site.close();
    site = await GatedSite.open(options, port);
    site.kept = kept;
    site.sockets = gate;
  }

  it.each<Gate>(['pass', 'hold', 'refuse'])('runs the second site’s code; sockets: %s', async (gate) => {
    site = await GatedSite.open(PRODUCTION);
    site.sockets = gate === 'refuse' ? 'refuse' : 'pass';
    await publish(A);
    expect((await visit()).said).toEqual(['project A']);
    expect((await visit()).said).toEqual(['project A']);
    await replace(PRODUCTION, gate);
    await publish(B);
    expect((await visit()).said).toEqual(['project B']);
    expect(site.relay.opened.filter((url) => url.includes('have='))).toEqual([]);
    expect((await visit()).said).toEqual(['project B']);
  });

  it.each<Gate>(['pass', 'hold', 'refuse'])('runs it on dev without watching; sockets: %s', async (gate) => {
    site = await GatedSite.open({ directory: A });
    expect((await visit()).said).toEqual(['project A']);
    await replace({ directory: B }, gate);
    expect((await visit()).said).toEqual(['project B']);
    expect((await visit()).said).toEqual(['project B']);
  });

  it('runs it in a page whose author wrote the loader’s tag', async () => {
    const own = (title: string) => ({
      'index.html':
        `<!doctype html><title>${title}</title>` +
        '<script src="/-/loader.js" data-channel="production" data-boot="cached" data-timeout="1"></script>' +
        '<script type="module" src="main.mjs"></script>',
      'main.mjs': `console.log(document.title, 'runs ${title}');`,
    });
    const [a, b] = [await TemporarySite.create(own('a')), await TemporarySite.create(own('b'))];
    site = await GatedSite.open(PRODUCTION);
    await publish(a.directory);
    expect((await visit()).said).toEqual(['a runs a']);
    await replace(PRODUCTION, 'hold');
    await publish(b.directory);
    expect((await visit()).said).toEqual(['b runs b']);
    await Promise.all([a.close(), b.close()]);
  });

  it('keeps a page of the first site, from a service worker say, whole while the second one is served', async () => {
    site = await GatedSite.open(PRODUCTION);
    await publish(A);
    await visit();
    await keepPage();
    await replace({ ...PRODUCTION, boot: 'fresh' }, 'pass');
    await publish(B);
    const page = await context.newPage();
    const said = page.waitForEvent('console', (message) => message.text().startsWith('project'));
    await page.goto(site.url);
    expect((await said).text()).toBe('project A');
    expect(await page.evaluate(() => modcast!.ready)).toMatchObject({ from: 'cache', deploy: 1 });
    await site.relay.seen((frame) => frame.kind === 'text' && frame.message['code'] === 'registry-unknown');
    await page.close();
    site.kept.clear();
    expect((await visit()).said).toEqual(['project B']);
  });
});

describe('cached-boot-old-modules-in-a-new-page', () => {
  let visits: Awaited<ReturnType<typeof visit>>[];

  beforeEach(async () => {
    site = await GatedSite.open(PRODUCTION);
    await publish(V1);
    visits = [await visit(), await visit()];
  });

  it('runs the old page from the cache at the second visit', () => {
    expect(visits.map(({ from }) => from)).toEqual(['network', 'cache']);
    expect(visits.map(({ said }) => said)).toEqual([['main v1 old'], ['main v1 old']]);
  });

  it.each<Gate>(['pass', 'hold', 'refuse'])(
    'runs the new modules in the new page; sockets: %s',
    async (gate) => {
      await publish(V2);
      site.sockets = gate;
      const from = gate === 'pass' ? 'network' : 'http';
      expect(await visit()).toEqual({ said: ['main v2 fresh'], from, deploy: 2 });
      site.releaseSockets();
      await visit();
      expect(await visit()).toEqual({ said: ['main v2 fresh'], from: 'cache', deploy: 2 });
    },
  );

  it('runs the old modules in the old page, cached or not', async () => {
    await keepPage();
    await publish(V2);
    expect(await visit()).toEqual({ said: ['main v1 old'], from: 'cache', deploy: 1 });
    await context.close();
    context = await browser.newContext();
    expect(await visit()).toEqual({ said: ['main v1 old'], from: 'network', deploy: 1 });
  });

  it('runs a rollback from the cache', async () => {
    await publish(V2);
    await visit();
    await publish(V1);
    expect(await visit()).toEqual({ said: ['main v1 old'], from: 'cache', deploy: 3 });
  });

  it('runs the page’s deploy from the cache without any network', async () => {
    await keepPage();
    site.sockets = 'refuse';
    site.http = (target) => (isLoader(target) ? 'pass' : 'refuse');
    expect(await visit()).toEqual({ said: ['main v1 old'], from: 'cache', deploy: 1 });
  });
});

it('stale-after-clock-back: the second visit runs the head, whatever the clock says', async () => {
  site = await GatedSite.open(PRODUCTION);
  await publish(V1);
  await visit();
  await context.addInitScript(() => {
    const { now } = Date;
    Date.now = () => now() - 3_600_000;
  });
  for (const directory of [V2, A, B]) await publish(directory);
  expect((await visit()).said).toEqual(['project B']);
  expect(await visit()).toEqual({ said: ['project B'], from: 'cache', deploy: 4 });
});
