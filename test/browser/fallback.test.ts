import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RegistryOptions } from '../../registry/index.js';
import { openStorage, readCachedBlobs, writeCachedBlobs } from './cached-segments.js';
import { launchChromium } from './chromium.js';
import {
  booted,
  counted,
  countedFiles,
  each,
  importLater,
  once,
  STATIC_MODULES,
  TemporarySite,
} from './counted-site.js';
import { GatedSite } from './gated-site.js';

/** Pages that wait for the socket wait longer than any machine is slow. */
const PATIENT = { timeout: 25_000 };

const LATER = [...STATIC_MODULES, 'later', 'deep'];
/** Of the static closure; the inline script is none of the registry's. */
const FILES = ['/main.mjs', '/lib/a.mjs', '/lib/b.mjs', '/lib/c.mjs'];

const files = (version: number): Record<string, string> => {
  const pages = countedFiles(version);
  const own = (attributes: string) =>
    pages['index.html']!.replace('<title>', `<script src="/-/loader.js" ${attributes}></script><title>`);
  return {
    ...pages,
    'impatient.html': own('data-timeout="1"'),
    'stalled.html': own('data-timeout="25000" data-stall="300"'),
    'mute.html': own('data-timeout="1" data-stall="300"'),
    'blank.txt': '',
    'unlisted.mjs': counted('unlisted', version),
  };
};

let browser: Browser;
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
  directory = await TemporarySite.create(files(1));
});

afterEach(async () => {
  await context.close();
  await site.close();
  await directory.close();
});

async function serve(options: RegistryOptions = PATIENT): Promise<void> {
  site = await GatedSite.open({ directory: directory.directory, ...options });
}

/** Opens a page, up to where the loader is there; its modules may still be on their way. */
async function visit(path = '', page?: Page): Promise<Page> {
  const visited = page ?? (await context.newPage());
  await visited.goto(site.url + path, { waitUntil: 'domcontentloaded' });
  return visited;
}

async function deploy(version: number): Promise<void> {
  await directory.write(files(version));
  await site.registry.scan();
}

/** A visit after which the cache holds the whole deploy. */
async function fillCache(): Promise<void> {
  const page = await visit();
  await booted(page);
  await page.evaluate(() => modcast!.idle());
  await page.close();
  await site.relay.emptied();
  site.clear();
}

/** Resolves with the next deploy that the page hears of. */
async function nextDeploy(
  page: Page,
): Promise<{ result: Promise<{ deploy: number; running: number | null }> }> {
  const handle = await page.evaluateHandle(() => ({
    promise: new Promise<{ deploy: number; running: number | null }>((resolve) =>
      modcast!.on('deploy', resolve),
    ),
  }));
  return { result: handle.evaluate(({ promise }) => promise) };
}

const errorsOf = (page: Page): Set<string> => {
  const codes = new Set<string>();
  page.on('console', (message) => {
    const code = /^modcast: ([\w-]+):/.exec(message.text())?.[1];
    if (code !== undefined) codes.add(code);
  });
  return codes;
};

describe('the socket opens in time', () => {
  it('runs the modules from the socket, and asks for none over HTTP', async () => {
    await serve();
    const page = await visit();
    expect(await booted(page)).toEqual({
      from: 'network',
      deploy: 1,
      counts: once(STATIC_MODULES),
      versions: each(['main', 'a', 'b', 'c'], 1),
    });
    expect((await importLater(page)).counts).toEqual(once(LATER));
    expect(site.moduleRequests).toEqual([]);
  });

  it('runs them from the cache at the next visit, without a blob over the socket', async () => {
    await serve();
    await fillCache();
    expect(await booted(await visit())).toMatchObject({
      from: 'cache',
      deploy: 1,
      counts: once(STATIC_MODULES),
    });
    await site.relay.seen((frame) => frame.kind === 'text' && frame.message.type === 'welcome');
    expect(site.relay.frames).toHaveLength(1);
    expect(site.moduleRequests).toEqual([]);
  });
});

describe.each(['hold', 'refuse'] as const)('the socket: %s', (gate) => {
  it('boots a whole cache without a network, and takes a new deploy for the next load', async () => {
    await serve();
    await fillCache();
    await deploy(2);
    site.sockets = gate;
    const page = await visit('impatient.html');
    expect(await booted(page)).toMatchObject({ from: 'cache', deploy: 1, counts: once(STATIC_MODULES) });
    expect(
      site.requests.filter((target) => !/^\/(?:impatient\.html|-\/loader\.js|favicon\.ico)/.test(target)),
    ).toEqual([]);
    expect(site.relay.frames).toEqual([]);

    const { result } = await nextDeploy(page);
    site.releaseSockets();
    expect(await result).toEqual({ deploy: 2, running: 1 });
    const late = await importLater(page);
    expect(late).toEqual({ counts: once(LATER), versions: each([...FILES.map(nameOf), 'later', 'deep'], 1) });

    expect(await booted(await visit())).toMatchObject({
      from: 'cache',
      deploy: 2,
      versions: each(FILES.map(nameOf), 2),
    });
  });

  it('boots over HTTP when the cache holds nothing', async () => {
    await serve();
    site.sockets = gate;
    const page = await visit('impatient.html');
    expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1, counts: once(STATIC_MODULES) });
    expect(site.requests).toContain('/-/channels/dev/manifest.json');
    expect(
      site.moduleRequests.map((target) => target.replace(/^\/-\/modules\/[\da-f]{64}/, '')).toSorted(),
    ).toEqual(FILES.toSorted());
    expect(site.moduleRequests.every((target) => target.startsWith('/-/modules/'))).toBe(true);

    site.releaseSockets();
    await page.waitForFunction(() => modcast!.stats().socket === 'open');
    await page.evaluate(() => modcast!.idle());
    expect((await importLater(page)).counts).toEqual(once(LATER));
    expect(await booted(await visit())).toMatchObject({ from: 'cache', deploy: 1 });
  });
});

describe('a socket that opens late', () => {
  it('changes nothing for a page that is fetching its manifest over HTTP', async () => {
    await serve();
    site.sockets = 'hold';
    site.http = (target) => (target.endsWith('manifest.json') ? 'hold' : 'pass');
    const page = await visit('impatient.html');
    await site.requested((target) => target.endsWith('manifest.json'));
    site.releaseSockets();
    await page.waitForFunction(() => modcast!.stats().bytes.received > 500);
    site.releaseHttp();
    expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1, counts: once(STATIC_MODULES) });
    expect((await importLater(page)).counts).toEqual(once(LATER));
  });

  it('changes nothing for a page whose modules are on their way over HTTP, whatever it brings', async () => {
    await serve();
    site.sockets = 'hold';
    site.http = (target) => (target.startsWith('/-/modules/') ? 'hold' : 'pass');
    const page = await visit('impatient.html');
    await site.requested((target) => target.startsWith('/-/modules/'));
    await deploy(2);
    site.releaseSockets();
    await page.waitForFunction(() => modcast!.stats().bytes.received > 500);
    site.releaseHttp();
    expect(await booted(page)).toMatchObject({
      from: 'http',
      deploy: 1,
      counts: once(STATIC_MODULES),
      versions: each(FILES.map(nameOf), 1),
    });
    expect(await importLater(page)).toEqual({
      counts: once(LATER),
      versions: each([...FILES.map(nameOf), 'later', 'deep'], 1),
    });
  });
});

describe('a socket that is cut in the middle of a pack', () => {
  it('takes all modules over HTTP when none has come', async () => {
    await serve();
    site.relay.judge = (frame) => (frame.kind === 'segment' ? 'cut' : 'pass');
    const page = await visit();
    expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1, counts: once(STATIC_MODULES) });
    expect(site.moduleRequests).toHaveLength(FILES.length);
  });

  it('takes the rest over HTTP, and the pack again for the next visit', async () => {
    // Longer than a segment, so that it comes in one of its own, and last.
    await directory.write({
      'main.mjs': `${files(1)['main.mjs']}/*${'x'.repeat(200_000)}*/`,
    });
    await serve();
    let segments = 0;
    site.relay.judge = (frame) => (frame.kind === 'segment' && ++segments === 2 ? 'cut' : 'pass');
    const page = await visit();
    expect(await booted(page)).toMatchObject({ from: 'network', deploy: 1, counts: once(STATIC_MODULES) });
    expect(site.moduleRequests.length).toBeGreaterThan(0);
    expect(site.moduleRequests.length).toBeLessThan(FILES.length);
    await page.waitForFunction(() => modcast!.stats().socket === 'open');
    await page.evaluate(() => modcast!.idle());
    site.clear();
    expect(await booted(await visit())).toMatchObject({ from: 'cache', deploy: 1 });
    expect(site.relay.blobs).toEqual([]);
  });

  it('stores no deploy of which blobs are missing, however often it is cut', async () => {
    await serve();
    site.relay.judge = (frame) => (frame.kind === 'segment' ? 'cut' : 'pass');
    const page = await visit();
    await booted(page);
    await site.relay.seen(() => site.relay.opened.length === 3);
    site.relay.judge = () => 'pass';
    await page.goto('about:blank');
    await site.relay.emptied();
    site.clear();
    expect(await booted(await visit())).toMatchObject({ from: 'network', counts: once(STATIC_MODULES) });
    expect(site.relay.opened[0]).not.toContain('have=');
  });
});

describe('no registry behind the loader', () => {
  it.each(['missing', 'refuse'] as const)('runs the page natively: %s', async (gate) => {
    await serve();
    site.sockets = 'refuse';
    site.http = (target) => (target.startsWith('/-/') && !target.startsWith('/-/loader.js') ? gate : 'pass');
    const page = await visit();
    expect(await booted(page)).toMatchObject({ from: 'native', deploy: null, counts: once(STATIC_MODULES) });
    expect((await importLater(page)).counts).toEqual(once(LATER));
    expect(site.moduleRequests.filter((target) => !target.startsWith('/-/')).toSorted()).toEqual(
      [...FILES, '/lazy/deep.mjs', '/lazy/later.mjs'].toSorted(),
    );
  });

  it('runs a page that the socket greets and then tells nothing', async () => {
    await serve();
    site.relay.judge = () => 'drop';
    site.http = (target) => (target.endsWith('manifest.json') ? 'missing' : 'pass');
    expect(await booted(await visit('mute.html'))).toMatchObject({
      from: 'native',
      counts: once(STATIC_MODULES),
    });
  });
});

describe('IndexedDB', () => {
  const broken = {
    'is missing': () => {
      delete (globalThis as { indexedDB?: IDBFactory }).indexedDB;
    },
    'cannot be opened': () => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('not in this window', 'SecurityError');
      };
    },
    'is full': () => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('no space', 'QuotaExceededError');
      };
    },
  };

  it.each(Object.entries(broken))('%s: the page runs from memory', async (_name, breakIt) => {
    await serve();
    await context.addInitScript(breakIt);
    for (const expected of [1, 2]) {
      const page = await context.newPage();
      const errors = errorsOf(page);
      await visit('', page);
      expect(await booted(page)).toMatchObject({ from: 'network', deploy: 1, counts: once(STATIC_MODULES) });
      await page.evaluate(() => modcast!.idle());
      expect((await importLater(page)).counts).toEqual(once(LATER));
      expect([...errors]).toEqual(['cache-unavailable']);
      expect(site.relay.messages('welcome')).toHaveLength(expected);
      expect(site.moduleRequests).toEqual([]);
      await page.close();
    }
  });

  it('never answers: the page does not wait for it for ever', async () => {
    await serve();
    await context.addInitScript(() => {
      IDBFactory.prototype.open = () =>
        Object.assign(Object.create(IDBOpenDBRequest.prototype) as IDBOpenDBRequest, {
          addEventListener() {},
          removeEventListener() {},
        });
    });
    const page = await visit('stalled.html');
    expect(await booted(page)).toMatchObject({ from: 'network', deploy: 1, counts: once(STATIC_MODULES) });
  });

  it('has been emptied while localStorage still says what it held: everything comes again', async () => {
    await serve();
    await fillCache();
    const storage = await context.newPage();
    await openStorage(storage, site.url);
    await storage.evaluate(async () => {
      const db = await openCache();
      const write = db.transaction(['deploys', 'segments'], 'readwrite');
      await Promise.all([
        request(write.objectStore('deploys').clear()),
        request(write.objectStore('segments').clear()),
      ]);
      db.close();
    });
    const page = await visit();
    expect(await booted(page)).toMatchObject({ from: 'network', counts: once(STATIC_MODULES) });
    expect(site.moduleRequests).toEqual([]);
  });

  it('holds garbage: everything comes again, and the next visit finds it whole', async () => {
    await serve();
    await fillCache();
    const storage = await context.newPage();
    await openStorage(storage, site.url);
    await storage.evaluate(async () => {
      const db = await openCache();
      const write = db.transaction(['deploys', 'segments'], 'readwrite');
      const deploys = write.objectStore('deploys');
      const segments = write.objectStore('segments');
      for (const row of await request(deploys.getAll())) {
        // Another blob of the site in the place of one: a manifest that parses, and is not what its hash says.
        const modules: [string, string][] = row.manifest.modules;
        const at = (path: string) => modules.find(([name]) => name === path)!;
        at('lib/b.mjs')[1] = at('lib/c.mjs')[1];
        deploys.put(row);
        deploys.put({ ...row, hash: 'f'.repeat(64), time: Infinity, manifest: 'garbage' });
      }
      await request(segments.clear());
      for (const garbage of [null, 'text', { count: 'x', body: 7 }, { count: 3, body: new Uint8Array(9) }]) {
        await request(segments.put(garbage));
      }
      db.close();
    });
    const page = await visit();
    expect(await booted(page)).toMatchObject({ deploy: 1, from: 'network', counts: once(STATIC_MODULES) });
    await page.evaluate(() => modcast!.idle());
    site.clear();
    expect(await booted(await visit())).toMatchObject({
      deploy: 1,
      from: 'cache',
      counts: once(STATIC_MODULES),
    });
    await site.relay.seen((frame) => frame.kind === 'text');
    expect(site.relay.blobs).toEqual([]);
  });

  it.each(['missing', 'wrong'])('has one blob that is %s: that one comes over HTTP', async (damage) => {
    await serve();
    await fillCache();
    const storage = await context.newPage();
    await openStorage(storage, site.url);
    const records = await readCachedBlobs(storage);
    const isLeaf = (bytes: Uint8Array) => new TextDecoder().decode(bytes).includes(`count['b']`);
    const wrong = (bytes: Uint8Array) =>
      new TextEncoder().encode('globalThis.wrong = true;'.padEnd(bytes.length));
    await writeCachedBlobs(
      storage,
      damage === 'missing'
        ? records.filter(({ bytes }) => !isLeaf(bytes))
        : records.map((record) =>
            isLeaf(record.bytes) ? { ...record, bytes: wrong(record.bytes) } : record,
          ),
    );
    site.clear();
    site.sockets = 'refuse';
    const page = await visit();
    expect(await booted(page)).toMatchObject({ from: 'http', counts: once(STATIC_MODULES) });
    expect(site.moduleRequests).toEqual([expect.stringMatching(/^\/-\/modules\/[\da-f]{64}\/lib\/b\.mjs$/)]);
    expect(await page.evaluate('globalThis.wrong')).toBeUndefined();
  });
});

describe('boot: "cached"', () => {
  it('runs a whole cached deploy although a newer one is there, and the newer one at the next load', async () => {
    await serve({ ...PATIENT, boot: 'cached' });
    await fillCache();
    await deploy(2);
    site.sockets = 'hold';
    const page = await visit();
    expect(await booted(page)).toMatchObject({ from: 'cache', deploy: 1, counts: once(STATIC_MODULES) });
    const { result } = await nextDeploy(page);
    site.releaseSockets();
    expect(await result).toEqual({ deploy: 2, running: 1 });
    expect(await booted(await visit())).toMatchObject({
      from: 'cache',
      deploy: 2,
      versions: each(FILES.map(nameOf), 2),
    });
  });

  it('waits for the socket when the cache holds nothing', async () => {
    await serve({ ...PATIENT, boot: 'cached' });
    expect(await booted(await visit())).toMatchObject({ from: 'network', counts: once(STATIC_MODULES) });
  });
});

describe('a deploy while pages are open', () => {
  it('leaves each page with the deploy it started with', async () => {
    await serve();
    const first = await visit();
    await booted(first);
    await first.evaluate(() => modcast!.idle());
    const { result } = await nextDeploy(first);
    await deploy(2);
    expect(await result).toEqual({ deploy: 2, running: 1 });

    const second = await visit();
    expect(await booted(second)).toMatchObject({ deploy: 2, versions: each(FILES.map(nameOf), 2) });
    // One that no page of the site names: neither tab has it yet.
    await first.evaluate(() => modcast!.import('unlisted.mjs'));
    await second.evaluate(() => modcast!.import('unlisted.mjs'));
    expect((await importLater(first)).versions).toEqual(
      each([...LATER.filter((name) => name !== 'inline'), 'unlisted'], 1),
    );
    expect((await importLater(second)).versions).toEqual(
      each([...LATER.filter((name) => name !== 'inline'), 'unlisted'], 2),
    );
    expect((await importLater(first)).counts).toEqual(once([...LATER, 'unlisted']));
    expect(site.moduleRequests).toEqual([]);
    await visit('', first);
    expect(await booted(first)).toMatchObject({ deploy: 2, from: 'cache' });
  });

  it('is told once, however often blobs are asked for afterwards', async () => {
    await serve();
    const page = await visit();
    await booted(page);
    await page.evaluate(() => modcast!.idle());
    await page.evaluate(() => {
      const heard: number[] = ((globalThis as Record<string, unknown>)['heard'] = []);
      modcast!.on('deploy', ({ deploy }) => heard.push(deploy));
    });
    const { result } = await nextDeploy(page);
    await deploy(2);
    await result;
    await page.evaluate(() => modcast!.import('unlisted.mjs'));
    await page.evaluate(() => modcast!.idle());
    expect(await page.evaluate('heard')).toEqual([2]);
  });
});

function nameOf(path: string): string {
  return /([^/]+)\.mjs$/.exec(path)![1]!;
}
