import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BootInfo } from '../../loader/index.js';
import { blake3 } from '../../registry/hash.js';
import type { RegistryOptions } from '../../registry/index.js';
import { type ChromiumBrowser, launchChromium } from './engines/chromium.js';
import { counted, TemporarySite } from './counted-site.js';
import { GatedSite } from './gated-site.js';

/** The events of the page's listeners, in order. */
interface Heard {
  readonly progress: { received: number; total: number }[];
  readonly booted: BootInfo[];
  readonly error: { code: string; message: string }[];
  readonly deploy: { deploy: number; running: number | null }[];
}

declare global {
  var heard: Heard;
  var count: Record<string, number>;
  /** The page's own `import()` of `extra/${name}`. */
  var load: (name: string) => Promise<{ version: number; url: string }>;
}

const withUrl = 'export const { url } = import.meta;';

const html = (script: string): string => `<!doctype html><title>API</title>
<script>
  globalThis.heard = { progress: [], booted: [], error: [], deploy: [] };
  addEventListener('modcast', () => {
    for (const [name, list] of Object.entries(heard)) modcast.on(name, (event) => list.push({ ...event }));
  });
</script>
<script type="module" src="${script}"></script>`;

const FILES: Record<string, string> = {
  'index.html': html('main.mjs'),
  'second.html': html('second.mjs'),
  'waiting.html': html('waiting.mjs'),
  'main.mjs': counted('main', 1, ['./lib/a.mjs'], 'globalThis.load = (name) => import(`./extra/${name}`);'),
  'second.mjs': counted('second', 1, ['./lib/a.mjs']),
  'waiting.mjs': `import './lib/a.mjs';\nawait modcast.import('extra/one.mjs');`,
  'lib/a.mjs': counted('a', 1),
  'lib/worker.mjs': `import { version } from './from-worker.mjs';
postMessage({ version, url: import.meta.url });`,
  'lib/from-worker.mjs': 'export const version = 1;',
  'extra/one.mjs': counted('one', 1, ['./two.mjs'], withUrl),
  'extra/two.mjs': counted('two', 1, ['../lib/a.mjs']),
};

const hashesOf = (...paths: string[]): string[] =>
  paths.map((path) => blake3(new TextEncoder().encode(FILES[path]))).toSorted();

let browser: ChromiumBrowser;
let context: BrowserContext;
let directory: TemporarySite;
let site: GatedSite;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
});

beforeEach(async () => {
  context = await browser.newContext();
  directory = await TemporarySite.create(FILES);
});

afterEach(async () => {
  await context.close();
  await site.close();
  await directory.close();
});

async function serve(options: RegistryOptions = {}): Promise<void> {
  site = await GatedSite.open({ directory: directory.directory, timeout: 25_000, ...options });
}

async function open(path = '', page?: Page): Promise<Page> {
  const opened = page ?? (await context.newPage());
  await opened.goto(site.url + path, { waitUntil: 'domcontentloaded' });
  await opened.waitForFunction(() => globalThis.modcast);
  return opened;
}

/** A page that has booted and received everything. */
async function openWhole(path = '', page?: Page): Promise<Page> {
  const opened = await open(path, page);
  await opened.evaluate(() => modcast!.idle());
  return opened;
}

const sent = (): string[] => site.relay.blobs.map(({ hash }) => hash).toSorted();

describe('ready and its events', () => {
  it('report a boot once, with the same values as stats()', async () => {
    await serve();
    const page = await openWhole();
    const { ready, boot, booted } = await page.evaluate(async () => ({
      ready: await modcast!.ready,
      boot: modcast!.stats().boot,
      booted: heard.booted,
    }));
    expect(ready).toEqual({ from: 'network', deploy: 1, ms: expect.any(Number) });
    expect(boot).toEqual(ready);
    expect(booted).toEqual([ready]);
  });

  it('report progress up to the total', async () => {
    await serve();
    const page = await openWhole();
    const { progress } = await page.evaluate(() => heard);
    const total = ['main.mjs', 'lib/a.mjs', 'second.mjs', 'waiting.mjs'].reduce(
      (sum, path) => sum + FILES[path]!.length,
      0,
    );
    expect(progress.at(-1)).toEqual({ received: total, total });
    expect(progress.every(({ received }, i) => received >= (progress[i - 1]?.received ?? 0))).toBe(true);
  });

  it('report errors that the loader recovered from, and not to removed listeners', async () => {
    await serve();
    let forgeries = 0;
    site.relay.tamper = (records) =>
      forgeries++ > 0
        ? records
        : records.map((record) => ({ ...record, bytes: new Uint8Array(record.bytes.length) }));
    const page = await openWhole();
    expect((await page.evaluate(() => heard.error)).map(({ code }) => code)).toContain('hash-mismatch');

    await page.evaluate(() => {
      const off = modcast!.on('deploy', () => heard.deploy.push({ deploy: 0, running: 0 }));
      off();
    });
    const next = page.waitForFunction(() => heard.deploy.length > 0);
    await directory.write({ 'lib/a.mjs': counted('a', 2) });
    await site.registry.scan();
    await next;
    expect(await page.evaluate(() => heard.deploy)).toEqual([{ deploy: 2, running: 1 }]);
  });
});

describe('import()', () => {
  it('by path gives the same instance as in the page, and loads only missing blobs', async () => {
    await serve();
    const page = await openWhole();
    site.relay.clear();
    expect(
      await page.evaluate(async () => {
        const [byPath, own] = await Promise.all([modcast!.import('extra/one.mjs'), load('one.mjs')]);
        return { same: byPath === own, count };
      }),
    ).toEqual({ same: true, count: { main: 1, a: 1, one: 1, two: 1 } });
    expect(sent()).toEqual(hashesOf('extra/one.mjs', 'extra/two.mjs'));
    expect(site.moduleRequests).toEqual([]);
  });

  it('by path can be awaited by the modules of the page', async () => {
    await serve();
    const page = await openWhole('waiting.html');
    expect(await page.evaluate(() => count)).toEqual({ a: 1, one: 1, two: 1 });
  });

  it('rejects for an invalid path and for a missing module', async () => {
    await serve();
    const page = await openWhole();
    const messages = await page.evaluate(async () => {
      const tried = await Promise.allSettled([modcast!.import('../one.mjs'), modcast!.import('none.mjs')]);
      return tried.map((result) => (result.status === 'rejected' ? String(result.reason) : 'fulfilled'));
    });
    expect(messages).toEqual([
      expect.stringContaining('path'),
      expect.stringContaining(`${site.url}none.mjs`),
    ]);
  });

  it('with a computed specifier and another query runs another instance, from the same blob', async () => {
    await serve();
    const page = await openWhole();
    site.relay.clear();
    const urls = await page.evaluate(async () => {
      const names = ['one.mjs?v=1', 'one.mjs?v=2', 'one.mjs?v=1', 'one.mjs'];
      const modules = await Promise.all(names.map((name) => load(name)));
      return { urls: modules.map(({ url }) => url), same: modules[0] === modules[2], count };
    });
    expect(urls).toEqual({
      urls: ['?v=1', '?v=2', '?v=1', ''].map((query) => `${site.url}extra/one.mjs${query}`),
      same: true,
      count: { main: 1, a: 1, one: 3, two: 1 },
    });
    expect(sent()).toEqual(hashesOf('extra/one.mjs', 'extra/two.mjs'));
    expect(site.moduleRequests).toEqual([]);
  });
});

describe('prefetch()', () => {
  it('loads modules and their imports, so that a later import() loads nothing', async () => {
    await serve();
    const page = await openWhole();
    site.clear();
    await page.evaluate(() => modcast!.prefetch(['extra/one.mjs']));
    expect(sent()).toEqual(hashesOf('extra/one.mjs', 'extra/two.mjs'));
    expect(await page.evaluate(() => count)).toEqual({ main: 1, a: 1 });
    site.clear();
    expect(await page.evaluate(async () => (await load('one.mjs')).version)).toBe(1);
    expect(site.relay.frames).toEqual([]);
    expect(site.moduleRequests).toEqual([]);
  });
});

describe('arguments', () => {
  it('may be a single path for prefetch(), but not an unknown event for on()', async () => {
    await serve();
    const page = await openWhole();
    site.clear();
    await page.evaluate(() => modcast!.prefetch('extra/one.mjs'));
    expect(sent()).toEqual(hashesOf('extra/one.mjs', 'extra/two.mjs'));
    const said = await page.evaluate(() => {
      const on = modcast!.on as (name: string, listener: () => void) => unknown;
      try {
        on('depoly', () => {});
        return 'taken';
      } catch (error) {
        return String(error);
      }
    });
    expect(said).toBe('TypeError: no event "depoly": it is one of progress, booted, deploy, update, error');
    const events = ['progress', 'booted', 'deploy', 'update', 'error'] as const;
    const taken = await page.evaluate(
      (names) => names.map((name) => typeof modcast!.on(name, () => {})),
      events,
    );
    expect(taken).toEqual(events.map(() => 'function'));
  });
});

describe('url()', () => {
  it('starts a module worker whose imports stay in the deploy of the page', async () => {
    await serve();
    const page = await openWhole();
    await directory.write({ 'lib/from-worker.mjs': 'export const version = 2;' });
    await site.registry.scan();
    const said = await page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(modcast!.url('lib/worker.mjs'), { type: 'module' });
          worker.addEventListener('message', ({ data }) => resolve(data));
          worker.addEventListener('error', () => reject(new Error('the worker failed')));
        }),
    );
    expect(said).toEqual({ version: 1, url: `${site.url}lib/worker.mjs` });
  });
});

describe('channel()', () => {
  it('carries the messages of one topic both ways', async () => {
    await serve();
    const page = await openWhole();
    const arrived = new Promise((resolve) =>
      site.registry.on('message', (topic, data) => resolve({ topic, data })),
    );
    expect(await page.evaluate(() => modcast!.channel('chat').send({ text: 'hello' }))).toBe(true);
    expect(await arrived).toEqual({ topic: 'chat', data: { text: 'hello' } });

    const answers = await page.evaluateHandle(() => {
      const all: unknown[] = [];
      const off = modcast!.channel('chat').on((data) => {
        all.push(data);
        off();
      });
      const last = new Promise((resolve) => modcast!.channel('end').on(resolve));
      return { all, last };
    });
    site.registry.send('other', 'not for this topic');
    site.registry.send('chat', { text: 'welcome' });
    site.registry.send('chat', 'after off');
    site.registry.send('end', null);
    expect(await answers.evaluate(({ all, last }) => last.then(() => all))).toEqual([{ text: 'welcome' }]);
  });

  it('reports if nobody can receive a message', async () => {
    await serve();
    site.sockets = 'refuse';
    const page = await open();
    await page.evaluate(() => modcast!.ready);
    expect(await page.evaluate(() => modcast!.channel('chat').send('hello'))).toBe(false);
  });
});

describe('stats()', () => {
  it('count modules and bytes, and know the state of the socket', async () => {
    await serve();
    site.sockets = 'hold';
    const page = await open();
    expect(await page.evaluate(() => modcast!.stats())).toEqual({
      boot: null,
      modules: 0,
      bytes: { received: 0, used: 0 },
      deploy: null,
      socket: 'connecting',
    });
    site.releaseSockets();
    await page.evaluate(() => modcast!.idle());
    expect(await page.evaluate(() => modcast!.stats())).toEqual({
      boot: expect.objectContaining({ from: 'network' }),
      modules: 2,
      bytes: { received: expect.any(Number), used: FILES['main.mjs']!.length + FILES['lib/a.mjs']!.length },
      deploy: 1,
      socket: 'open',
    });
  });
});

describe('the progress bar', () => {
  it('appears during a long boot, shows the progress, and disappears', async () => {
    await serve({ progress: true });
    site.sockets = 'hold';
    const page = await open();
    const bar = page.locator('modcast-progress');
    await bar.waitFor({ state: 'attached' });
    expect(await bar.getAttribute('role')).toBe('progressbar');
    expect(await bar.getAttribute('aria-valuenow')).toBe('0');
    site.releaseSockets();
    await page.evaluate(() => modcast!.ready);
    await bar.waitFor({ state: 'detached' });
  });
});

describe('another page of the site', () => {
  it('loads nothing that an earlier visit loaded', async () => {
    await serve();
    const page = await openWhole();
    site.clear();
    await openWhole('second.html', page);
    expect(await page.evaluate(() => modcast!.stats().boot!.from)).toBe('cache');
    expect(await page.evaluate(() => count)).toEqual({ second: 1, a: 1 });
    expect(sent()).toEqual([]);
  });

  it('loads only what is new in it', async () => {
    await serve();
    const page = await openWhole();
    const third = counted('third', 1, ['./lib/a.mjs']);
    await page.goto('about:blank');
    await site.relay.emptied();
    await directory.write({ 'third.html': html('third.mjs'), 'third.mjs': third });
    await site.registry.scan();
    site.clear();
    await openWhole('third.html', page);
    expect(await page.evaluate(() => count)).toEqual({ third: 1, a: 1 });
    expect(sent()).toEqual([blake3(new TextEncoder().encode(third))]);
    expect(site.moduleRequests).toEqual([]);
  });
});
