import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRegistry, type Registry } from '../../registry/index.js';
import { exportStatic } from '../../registry/export/index.js';
import { launchChromium } from './engines/chromium.js';
import { serveNative } from './serve-native.js';
import type { Site } from './serve-site.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/orrery', import.meta.url));

let browser: Browser;
let context: BrowserContext;
let temporary: string;
let source: string;
let registry: Registry;
let sites: Site[];

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
});

beforeEach(async () => {
  context = await browser.newContext();
  temporary = await mkdtemp(path.join(tmpdir(), 'modcast-static-'));
  source = path.join(temporary, 'source');
  await cp(EXAMPLE, source, { recursive: true });
  registry = createRegistry({ directory: source, database: ':memory:', watch: false });
  sites = [];
});

afterEach(async () => {
  await context.close();
  await registry.close();
  for (const site of sites) await site.close();
  await rm(temporary, { recursive: true, force: true });
});

const exported = (): string => path.join(temporary, 'exported');

async function exportHead(base = '/'): Promise<void> {
  const { deploy } = (await registry.scan())!;
  const store = await registry.store();
  const directory = path.join(exported(), base);
  await exportStatic({ store, deploy: deploy.number, directory, force: true, base, assets: source });
}

async function serve(directory: string): Promise<string> {
  const site = await serveNative(directory);
  sites.push(site);
  return site.url;
}

interface Visit {
  readonly page: Page;
  /** Requests below the registry's prefix, without the prefix. */
  readonly asked: string[];
  readonly failed: string[];
  readonly errors: string[];
  readonly sockets: string[];
}

async function visit(url: string): Promise<Visit> {
  const page = await context.newPage();
  const seen: Visit = { page, asked: [], failed: [], errors: [], sockets: [] };
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    const [, name] = pathname.split('/-/');
    if (name !== undefined) seen.asked.push(name);
    if (response.status() >= 400 && pathname !== '/favicon.ico') seen.failed.push(pathname);
  });
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('websocket', (socket) => seen.sockets.push(socket.url()));
  await page.goto(url);
  return seen;
}

/** Requests apart from modules. */
const beside = (asked: readonly string[]) => asked.filter((name) => !name.startsWith('modules/'));

/** Modules that were requested one by one. For a page with the pack: only computed import() targets. */
const alone = (asked: readonly string[]) =>
  asked.filter((name) => name.startsWith('modules/')).map((name) => name.split('/').slice(2).join('/'));

async function booted(page: Page) {
  await page.waitForFunction(() => globalThis.modcast);
  return page.evaluate(() => globalThis.modcast!.ready);
}
const idle = (page: Page) => page.evaluate(() => globalThis.modcast!.idle());

async function modulePaths(): Promise<string[]> {
  const store = await registry.store();
  const { modules } = (await store.manifest((await store.head('dev'))!.number))!;
  return [...modules].filter(([, { type }]) => type === 'text/javascript').map(([name]) => name);
}

/** Names and types of each module's exports. */
async function namespaces(page: Page, paths: readonly string[], by: 'modcast' | 'import') {
  return page.evaluate(
    async ([names, way]) => {
      // As text, so that the test runner leaves the import to the browser.
      // oxlint-disable-next-line no-implied-eval
      const native = new Function('url', 'return import(url)') as (url: string) => Promise<unknown>;
      const found: Record<string, string[]> = {};
      for (const name of names) {
        const module = (await (way === 'modcast'
          ? globalThis.modcast!.import(name)
          : native(new URL(name, location.href).href))) as Record<string, unknown>;
        found[name] = Object.keys(module).map((key) => `${key}: ${typeof module[key]}`);
      }
      return found;
    },
    [paths, by] as const,
  );
}

describe('a site exported for a static host', () => {
  it('boots like the served site, without a socket and without requests for missing files', async () => {
    await exportHead();
    const manifest = (await (await registry.store()).head('dev'))!.manifest;
    const plain = await visit(await serve(source));
    const first = await visit(await serve(exported()));

    expect(await booted(first.page)).toMatchObject({ from: 'http', deploy: 1 });
    // The module of another page runs only in that page.
    const paths = (await modulePaths()).filter((name) => name !== 'about.mjs');
    expect(paths.length).toBeGreaterThan(40);
    expect(await namespaces(first.page, paths, 'modcast')).toEqual(
      await namespaces(plain.page, paths, 'import'),
    );
    expect(beside(first.asked).toSorted()).toEqual([
      'deploys/1/manifest.json',
      'loader.js',
      `packs/${manifest}.pack`,
    ]);
    expect(first).toMatchObject({ failed: [], errors: [], sockets: [] });
    expect(alone(first.asked)).not.toContain('main.mjs');
    expect(await first.page.title()).toBe(await plain.page.title());

    await idle(first.page);
    const second = await visit(first.page.url());
    expect(await booted(second.page)).toMatchObject({ from: 'cache', deploy: 1 });
    expect(beside(second.asked)).toEqual(['loader.js']);
    expect(alone(second.asked)).not.toContain('main.mjs');
    expect(second).toMatchObject({ failed: [], errors: [] });
    expect(second.page.url()).toBe(first.page.url());
  });

  it('boots from linked modules when the pack is missing', async () => {
    await exportHead();
    await rm(path.join(exported(), '-', 'packs'), { recursive: true });
    const { page, asked, failed, errors } = await visit(await serve(exported()));
    expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1 });
    expect(asked.filter((name) => name.startsWith('modules/')).length).toBeGreaterThan(40);
    expect(failed).toEqual([expect.stringContaining('.pack')]);
    expect(errors).toEqual([]);
  });

  it('loads only what a later export changed', async () => {
    await exportHead();
    const url = await serve(exported());
    const first = await visit(url);
    await booted(first.page);
    await idle(first.page);
    await first.page.close();

    const file = path.join(source, 'main.mjs');
    await writeFile(file, `${await readFile(file, 'utf8')}\nglobalThis.changed = import.meta.url;\n`);
    await exportHead();
    const { page, asked, failed, errors } = await visit(url);
    expect(await booted(page)).toMatchObject({ from: 'http', deploy: 2 });
    await page.waitForFunction(() => (globalThis as { changed?: string }).changed !== undefined);
    expect(await page.evaluate(() => (globalThis as { changed?: string }).changed)).toBe(`${url}main.mjs`);
    expect(alone(asked)).toContain('main.mjs');
    expect(alone(asked)).not.toContain('index.mjs');
    expect(asked.filter((name) => name.startsWith('packs/'))).toEqual([]);
    expect({ failed, errors }).toEqual({ failed: [], errors: [] });
  });

  it('works below a path other than the root', async () => {
    await exportHead('/some/site/');
    const url = await serve(exported());
    const { page, asked, failed, errors } = await visit(`${url}some/site/`);
    expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1 });
    expect(beside(asked)).toHaveLength(3);
    expect(alone(asked)).not.toContain('main.mjs');
    // Also those that only a computed import() reaches: they are no part of the pack.
    const plain = await visit(await serve(source));
    const paths = (await modulePaths()).filter((name) => name !== 'about.mjs');
    expect(await namespaces(page, paths, 'import')).toEqual(await namespaces(plain.page, paths, 'import'));
    expect({ failed, errors }).toEqual({ failed: [], errors: [] });
  });

  it('runs the page natively if the registry’s files are missing', async () => {
    await exportHead();
    await rm(path.join(exported(), '-', 'deploys'), { recursive: true });
    const { page, errors } = await visit(await serve(exported()));
    expect(await booted(page)).toMatchObject({ from: 'native', deploy: null });
    expect(errors).toEqual([]);
  });

  it('knows its deploy without a header, for a page whose author added the script tag', async () => {
    await exportHead();
    const html = await readFile(path.join(exported(), 'index.html'), 'utf8');
    await writeFile(path.join(exported(), 'own.html'), html.replace(/data-deploy="[^"]*"/, ''));
    const { page, failed, asked } = await visit(`${await serve(exported())}own.html`);
    expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1 });
    expect(asked).toContain('channels/dev/manifest.json');
    expect(asked).toContain('channels/dev/head.json');
    expect(failed).toEqual([]);
  });
});
