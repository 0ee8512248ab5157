import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistry, type Registry } from '../../registry/index.js';
import { exportStatic } from '../../registry/export/index.js';
import type { BrowserPage } from './engines/engine.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { sharedContext } from './engines/shared-context.js';
import { type NativeSite, serveNative } from './serve-native.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/orrery', import.meta.url));

inEachEngine((engine) => {
  let temporary: string;
  let source: string;
  let registry: Registry;
  let sites: NativeSite[];

  beforeEach(async () => {
    temporary = await mkdtemp(path.join(tmpdir(), 'modcast-static-'));
    source = path.join(temporary, 'source');
    await cp(EXAMPLE, source, { recursive: true });
    registry = createRegistry({ directory: source, database: ':memory:', watch: false });
    sites = [];
  });

  afterEach(async () => {
    await registry.close();
    for (const site of sites) await site.close();
    await rm(temporary, { recursive: true, force: true });
  });

  /** Each server has its own origin and storage. */
  const newPage = sharedContext(engine);

  const exported = (): string => path.join(temporary, 'exported');

  async function exportHead(base = '/'): Promise<void> {
    const { deploy } = (await registry.scan())!;
    const store = await registry.store();
    const directory = path.join(exported(), base);
    await exportStatic({
      store,
      deploy: deploy.number,
      directory,
      force: true,
      base,
      assets: source,
      fuse: true,
    });
  }

  async function serve(...what: Parameters<typeof serveNative>): Promise<NativeSite> {
    const site = await serveNative(...what);
    sites.push(site);
    return site;
  }

  interface Visit {
    readonly page: BrowserPage;
    readonly url: string;
    /** What the server has been asked for since the visit began. */
    readonly seen: () => Seen;
  }

  interface Seen {
    /** Requests below the registry's prefix, without the prefix. */
    readonly asked: string[];
    /** Paths of requests that failed. An upgrade to a WebSocket always fails. */
    readonly failed: string[];
    readonly errors: string[];
  }

  async function visit(site: NativeSite, below = ''): Promise<Visit> {
    const page = await newPage();
    const url = site.url + below;
    const before = site.answered.length;
    await page.goto(url, 'load');
    const seen = (): Seen => {
      const answered = site.answered.slice(before).filter(({ path }) => path !== '/favicon.ico');
      return {
        asked: answered.flatMap(({ path }) => path.split('/-/')[1] ?? []),
        failed: answered.flatMap(({ path, status }) => (status >= 400 ? path : [])),
        errors: page.messages.flatMap(({ type, text }) => (type === 'uncaught' ? text : [])),
      };
    };
    return { page, url, seen };
  }

  /** Requests apart from modules. */
  const beside = (asked: readonly string[]) => asked.filter((name) => !name.startsWith('modules/'));

  /** Modules that were requested one by one. For a page with the pack: only computed import() targets. */
  const alone = (asked: readonly string[]) =>
    asked.filter((name) => name.startsWith('modules/')).map((name) => name.split('/').slice(2).join('/'));

  async function booted(page: BrowserPage) {
    await page.until(() => globalThis.modcast !== undefined);
    return page.evaluate(() => globalThis.modcast!.ready);
  }
  /** The example writes what it shows into its address. */
  const address = (page: BrowserPage) => page.until(() => location.hash !== '' && location.href);
  const idle = (page: BrowserPage) => page.evaluate(() => globalThis.modcast!.idle());

  async function modulePaths(): Promise<string[]> {
    const store = await registry.store();
    const { modules } = (await store.manifest((await store.head('dev'))!.number))!;
    return [...modules].filter(([, { type }]) => type === 'text/javascript').map(([name]) => name);
  }

  /** Names and types of each module's exports. */
  async function namespaces(page: BrowserPage, paths: readonly string[], by: 'modcast' | 'import') {
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
      const site = await serve(exported());
      const first = await visit(site);

      expect(await booted(first.page)).toMatchObject({ from: 'http', deploy: 1 });
      // The module of another page runs only in that page.
      const paths = (await modulePaths()).filter((name) => name !== 'about.mjs');
      expect(paths.length).toBeGreaterThan(40);
      expect(await namespaces(first.page, paths, 'modcast')).toEqual(
        await namespaces(plain.page, paths, 'import'),
      );
      const { asked, ...problems } = first.seen();
      expect(beside(asked).toSorted()).toEqual([
        'deploys/1/manifest.json',
        'fused-loader.js',
        `packs/${manifest}.pack`,
      ]);
      expect(problems).toEqual({ failed: [], errors: [] });
      expect(alone(asked)).not.toContain('main.mjs');
      expect(await first.page.evaluate(() => document.title)).toBe(
        await plain.page.evaluate(() => document.title),
      );

      await idle(first.page);
      const second = await visit(site);
      expect(await booted(second.page)).toMatchObject({ from: 'cache', deploy: 1 });
      const again = second.seen();
      expect(beside(again.asked)).toEqual(['fused-loader.js']);
      expect(alone(again.asked)).not.toContain('main.mjs');
      expect(again).toMatchObject({ failed: [], errors: [] });
      expect(await address(second.page)).toBe(await address(first.page));
    });

    it('boots from runs and linked modules when the pack is missing', async () => {
      await exportHead();
      await rm(path.join(exported(), '-', 'packs'), { recursive: true });
      const { page, seen } = await visit(await serve(exported()));
      expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1 });
      const { asked, failed, errors } = seen();
      expect(asked.filter((name) => name.startsWith('runs/')).length).toBeGreaterThan(0);
      expect(asked.filter((name) => name.startsWith('blobs/'))).toHaveLength(1);
      expect(alone(asked).length).toBeLessThan(20);
      expect(failed).toEqual([expect.stringContaining('.pack')]);
      expect(errors).toEqual([]);
    });

    it('boots from linked modules when what joins them is missing too', async () => {
      await exportHead();
      for (const name of ['packs', 'blobs']) {
        await rm(path.join(exported(), '-', name), { recursive: true });
      }
      const { page, seen } = await visit(await serve(exported()));
      expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1 });
      const { asked, failed, errors } = seen();
      expect(alone(asked).length).toBeGreaterThan(40);
      const missing = [expect.stringContaining('.pack'), expect.stringContaining('/blobs/')];
      expect(failed).toEqual(missing);
      expect(errors).toEqual([]);
    });

    it('has source maps of its runs, with the modules as written', async () => {
      await exportHead('/some/site/');
      await rm(path.join(exported(), 'some/site/-/packs'), { recursive: true });
      const { page, url, seen } = await visit(await serve(exported()), 'some/site/');
      await booted(page);
      const run = seen().asked.find((name) => name.startsWith('runs/'))!;
      const place = `${run.split('/').slice(0, 2).join('/')}.map`;
      const text = await readFile(path.join(exported(), 'some/site/-', place), 'utf8');
      const map = JSON.parse(text) as { sources: string[]; sourcesContent: string[] };
      const [source] = map.sources;
      const name = new URL(source!, new URL(`-/${place}`, url)).href.slice(url.length);
      expect(map.sourcesContent[0]).toBe(await readFile(path.join(exported(), 'some/site', name), 'utf8'));
    });

    it('loads only what a later export changed', async () => {
      await exportHead();
      const site = await serve(exported());
      const first = await visit(site);
      await booted(first.page);
      await idle(first.page);
      await first.page.close();

      const file = path.join(source, 'main.mjs');
      await writeFile(file, `${await readFile(file, 'utf8')}\nglobalThis.changed = import.meta.url;\n`);
      await exportHead();
      const { page, url, seen } = await visit(site);
      expect(await booted(page)).toMatchObject({ from: 'http', deploy: 2 });
      expect(await page.until(() => (globalThis as { changed?: string }).changed)).toBe(`${url}main.mjs`);
      const { asked, failed, errors } = seen();
      expect(alone(asked)).toContain('main.mjs');
      expect(alone(asked)).not.toContain('index.mjs');
      expect(asked.filter((name) => name.startsWith('packs/'))).toEqual([]);
      expect({ failed, errors }).toEqual({ failed: [], errors: [] });
    });

    it('works below a path other than the root', async () => {
      await exportHead('/some/site/');
      const { page, seen } = await visit(await serve(exported()), 'some/site/');
      expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1 });
      const { asked } = seen();
      expect(beside(asked)).toHaveLength(3);
      expect(alone(asked)).not.toContain('main.mjs');
      // Also those that only a computed import() reaches: they are no part of the pack.
      const plain = await visit(await serve(source));
      const paths = (await modulePaths()).filter((name) => name !== 'about.mjs');
      expect(await namespaces(page, paths, 'import')).toEqual(await namespaces(plain.page, paths, 'import'));
      expect(seen()).toMatchObject({ failed: [], errors: [] });
    });

    it('boots at the clean URL of a page', async () => {
      await exportHead();
      const site = await serve(exported(), '404.html');
      const { page, seen } = await visit(site, 'about');
      expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1 });
      const { asked, ...problems } = seen();
      expect(beside(asked)).toHaveLength(3);
      expect(problems).toEqual({ failed: [], errors: [] });
      await idle(page);
      const again = await visit(site, 'about');
      expect(await booted(again.page)).toMatchObject({ from: 'cache', deploy: 1 });
    });

    it.each(['/', '/some/site/'])('below %s, has a 404 page that boots at any depth', async (base) => {
      await writeFile(
        path.join(source, '404.html'),
        `<!doctype html><title>nothing</title><script type="module" src="${base}missing.mjs"></script>`,
      );
      await writeFile(
        path.join(source, 'missing.mjs'),
        `import './math/scalar.mjs';\nglobalThis.changed = import.meta.url;\n`,
      );
      await exportHead(base);
      const site = await serve(exported(), `${base.slice(1)}404.html`);
      const { page, seen } = await visit(site, `${base.slice(1)}no/such/page`);
      expect(await booted(page)).toMatchObject({ from: 'http' });
      expect(await page.until(() => (globalThis as { changed?: string }).changed)).toBe(
        `${site.url}${base.slice(1)}missing.mjs`,
      );
      const { asked, failed, errors } = seen();
      // The page itself, and its headers.
      expect(new Set(failed)).toEqual(new Set([`${base}no/such/page`]));
      expect(errors).toEqual([]);
      expect(asked).toContain(`packs/${(await (await registry.store()).head('dev'))!.manifest}.pack`);
    });

    it('is a single-page application on a host that gives its page for all paths', async () => {
      await exportHead();
      const site = await serve(exported(), 'index.html');
      const { page, seen } = await visit(site, 'route');
      expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1 });
      expect(seen()).toMatchObject({ failed: [], errors: [] });
      expect(await address(page)).toContain('/route#');
      await idle(page);
      const again = await visit(site, 'other');
      expect(await booted(again.page)).toMatchObject({ from: 'cache', deploy: 1 });
    });

    it('runs natively on such a host if the registry’s files are missing', async () => {
      await exportHead();
      await rm(path.join(exported(), '-', 'deploys'), { recursive: true });
      const { page, seen } = await visit(await serve(exported(), 'index.html'), 'route');
      expect(await booted(page)).toMatchObject({ from: 'native', deploy: null });
      expect(seen().errors).toEqual([]);
    });

    it('names modules naturally below such a path, also where a policy has them come over HTTP', async () => {
      const policy = `<meta http-equiv="Content-Security-Policy" content="script-src 'self' 'unsafe-inline'">`;
      const page = `<!doctype html>${policy}<script type="module" src="parts/first.mjs"></script>`;
      await writeFile(path.join(source, 'policy.html'), page);
      await mkdir(path.join(source, 'parts'), { recursive: true });
      const first = `const { url } = await import('./second.mjs'); globalThis.urls = [url, import.meta.url];`;
      await writeFile(path.join(source, 'parts/first.mjs'), first);
      await writeFile(path.join(source, 'parts/second.mjs'), 'export const { url } = import.meta;');
      await exportHead('/some/site/');
      const { page: opened, url } = await visit(await serve(exported()), 'some/site/policy.html');
      const parts = new URL('parts/', url).href;
      expect(await opened.until(() => (globalThis as { urls?: string[] }).urls)).toEqual([
        `${parts}second.mjs`,
        `${parts}first.mjs`,
      ]);
    });

    it('runs the page natively if the registry’s files are missing', async () => {
      await exportHead();
      await rm(path.join(exported(), '-', 'deploys'), { recursive: true });
      const { page, seen } = await visit(await serve(exported()));
      expect(await booted(page)).toMatchObject({ from: 'native', deploy: null });
      expect(seen().errors).toEqual([]);
    });

    it('knows its deploy without a header, for a page whose author added the script tag', async () => {
      await exportHead();
      const html = await readFile(path.join(exported(), 'index.html'), 'utf8');
      await writeFile(path.join(exported(), 'own.html'), html.replace(/data-deploy="[^"]*"/, ''));
      const { page, seen } = await visit(await serve(exported()), 'own.html');
      expect(await booted(page)).toMatchObject({ from: 'http', deploy: 1 });
      const { asked, failed } = seen();
      expect(asked).toContain('channels/dev/manifest.json');
      expect(asked).toContain('channels/dev/head.json');
      expect(failed).toEqual([]);
    });
  });
});
