import type { CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChromiumBrowser, launchChromium } from '../engines/chromium.js';
import { TemporarySite } from '../counted-site.js';
import { GatedSite } from '../gated-site.js';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';

/** Number of updates of one module. Each waits for the previous one. */
const UPDATES = Number(process.env['STRESS_UPDATES'] ?? 100);

/** Bytes of one version: large enough that a leak is visible. */
const SIZE = 20_000;

const HTML = '<!doctype html><title>Bounds</title><script type="module" src="main.mjs"></script>';

/**
 * The browser keeps the sources of all modules that it has run, outside of the JavaScript heap. A version
 * consists of comments, so one that the loader keeps shows in that heap or among its byte arrays. No two
 * versions share a line, so none is sent as a small delta.
 */
function source(version: number, imports = ''): string {
  const lines = [imports, `export const version = ${version};`];
  for (let bytes = 0, n = 0; bytes < SIZE; n++) {
    const noise = (version * 7919 + n * 104_729) % 1_000_003;
    const line = `// ${version}.${n}.${noise}.${(noise * noise) % 999_983}`;
    bytes += line.length + 1;
    lines.push(line);
  }
  lines.push(
    `import.meta.hot.dispose((data) => { data.seen = ${version}; });`,
    `import.meta.hot.on('vite:afterUpdate', () => {});`,
    `import.meta.hot.accept(({ version }) => took(version));`,
  );
  return lines.join('\n');
}

interface Held {
  /** Blob URLs that have not been revoked. */
  readonly urls: number;
  readonly modules: number;
  /** Bytes of the sources of the loader's instances. */
  readonly used: number;
  /** Records of IndexedDB, and their blobs' bytes. */
  readonly records: number;
  readonly stored: number;
  /** Script elements of the page. */
  readonly scripts: number;
  /** Bytes of the JavaScript heap, without its array buffers, after a collection. */
  readonly heap: number;
  /** Byte arrays of the size of a version. */
  readonly arrays: number;
}

const holds = async (page: Page, cdp: CDPSession): Promise<Held> => {
  const inPage = await page.evaluate(async () => {
    await modcast!.idle();
    let records = 0;
    let stored = 0;
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name!);
        request.addEventListener('success', () => resolve(request.result));
        request.addEventListener('error', () => reject(request.error!));
      });
      for (const store of db.objectStoreNames) {
        const rows = await new Promise<{ body?: Uint8Array }[]>((resolve, reject) => {
          const request = db.transaction(store).objectStore(store).getAll();
          request.addEventListener('success', () => resolve(request.result as []));
          request.addEventListener('error', () => reject(request.error!));
        });
        records += rows.length;
        for (const { body } of rows) stored += body?.length ?? 0;
      }
      db.close();
    }
    const { modules, bytes } = modcast!.stats();
    const { urls } = globalThis as unknown as { urls: Set<string> };
    const scripts = document.scripts.length;
    return { urls: urls.size, modules, used: bytes.used, records, stored, scripts };
  });
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  return { ...inPage, heap: usedSize, arrays: await largeArrays(cdp) };
};

interface Snapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: readonly string[] } };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

/** Counts live byte arrays of at least SIZE bytes, whatever references them. */
async function largeArrays(cdp: CDPSession): Promise<number> {
  let text = '';
  const take = ({ chunk }: { chunk: string }) => void (text += chunk);
  cdp.on('HeapProfiler.addHeapSnapshotChunk', take);
  await cdp.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  cdp.off('HeapProfiler.addHeapSnapshotChunk', take);
  const { snapshot, nodes, strings } = JSON.parse(text) as Snapshot;
  const fields = snapshot.meta.node_fields;
  const [name, size] = [fields.indexOf('name'), fields.indexOf('self_size')];
  let found = 0;
  for (let at = 0; at < nodes.length; at += fields.length) {
    if (strings[nodes[at + name]!] === 'system / JSArrayBufferData' && nodes[at + size]! >= SIZE) found++;
  }
  return found;
}

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

async function measure(files: Record<string, string>, next: (version: number) => Record<string, string>) {
  const site = await TemporarySite.create({ 'index.html': HTML, ...files });
  const server = await GatedSite.open({ directory: site.directory, watch: true, timeout: 25_000 });
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await page.addInitScript(() => {
      const urls = new Set<string>();
      const { createObjectURL, revokeObjectURL } = URL;
      URL.createObjectURL = (blob) => {
        const url = createObjectURL.call(URL, blob);
        urls.add(url);
        return url;
      };
      URL.revokeObjectURL = (url) => {
        urls.delete(url);
        revokeObjectURL.call(URL, url);
      };
      Object.assign(globalThis, { urls });
    });
    let took = (_version: number) => {};
    await page.exposeFunction('took', (version: number) => took(version));
    await page.goto(server.url);
    await page.evaluate(() => modcast!.ready);
    const update = async (version: number) => {
      const taken = new Promise<void>((resolve) => {
        took = (seen) => seen === version && resolve();
      });
      // Like an editor: the file is complete at any time.
      for (const [name, text] of Object.entries(next(version))) {
        await site.write({ [`${name}.tmp`]: text });
        await rename(join(site.directory, `${name}.tmp`), join(site.directory, name));
      }
      await taken;
    };
    // One-time allocations are done after these updates.
    const warm = 20;
    for (let version = 1; version <= warm; version++) await update(version);
    const before = await holds(page, cdp);
    for (let version = warm + 1; version <= warm + UPDATES; version++) await update(version);
    return { before, after: await holds(page, cdp) };
  } finally {
    await context.close();
    await server.close();
    await site.close();
  }
}

/** Checks the values that must not grow with the number of updates. */
function expectBounded(before: Held, after: Held, modules: number): void {
  expect(after).toMatchObject({ urls: before.urls, modules, scripts: before.scripts });
  expect(after.urls).toBeLessThanOrEqual(modules);
  // One version, and a few bytes of unchanged modules.
  expect(after.used).toBeLessThan(1.1 * SIZE);
  // The cache is rewritten when it has 24 segments. Each holds the changes of one write.
  expect(after.records).toBeLessThanOrEqual(28);
  expect(after.stored).toBeLessThan(28 * SIZE);
  // At least one: otherwise the count itself does not work.
  expect(after.arrays).toBeGreaterThanOrEqual(1);
  expect(after.arrays).toBeLessThanOrEqual(8);
  // The browser never frees a module that has run. It needs less than 75 % of the module's source for it.
  expect(after.heap - before.heap).toBeLessThan(UPDATES * 0.75 * SIZE);
}

describe(`a page that has applied ${UPDATES} updates`, () => {
  it('of one module keeps one version of it, and a few in its cache', { timeout: 600_000 }, async () => {
    const { before, after } = await measure(
      { 'main.mjs': `import './a.mjs';`, 'a.mjs': source(0) },
      (version) => ({ 'a.mjs': source(version) }),
    );
    expectBounded(before, after, 2);
  });

  it(
    'of a module in a cycle keeps one version of it, and a few in its cache',
    { timeout: 600_000 },
    async () => {
      const cycle = (version: number) => ({ 'a.mjs': source(version, `import './b.mjs';`) });
      const { before, after } = await measure(
        { 'main.mjs': `import './a.mjs';`, 'b.mjs': `import './a.mjs';`, ...cycle(0) },
        cycle,
      );
      expectBounded(before, after, 3);
    },
  );
});
