import { appendFile, cp, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import type { BrowserContext, BrowserPage, OpenBrowser } from './engines/engine.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { TemporarySite } from './counted-site.js';
import { GatedSite, isLoader } from './gated-site.js';
import { serveNative } from './serve-native.js';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

interface Package {
  readonly name: string;
  /** The files to copy into the site, and their target. */
  readonly from: string;
  readonly to: string;
  /** Module whose namespace the page shows; null if the site has its own page. */
  readonly entry: string | null;
  /** The module that another page imports by `import()`. */
  readonly imported: string;
  /** Expression of what the page shows. */
  readonly namespace: string;
  /** A file of the closure that the test changes. */
  readonly leaf: string;
  /** Imports more modules from the page. @returns whether they share the instances that it has */
  readonly later: () => Promise<boolean>;
}

declare global {
  /** What the example's page has in its console. */
  var orrery: {
    show(piece: string): Promise<void>;
    readonly stage: { readonly piece: { readonly title: string } };
  };
  /** What the page of a package has. `later` says whether a module that it imports then has the same namespace. */
  var namespace: object;
  var later: () => Promise<boolean>;
  var part: number;
  /** The namespace at the time when the test looked. */
  var kept: object | undefined;
}

const PACKAGES: Package[] = [
  {
    name: 'the example',
    from: 'examples/orrery',
    to: '.',
    entry: null,
    imported: 'index.mjs',
    namespace: 'orrery.parts',
    leaf: 'sky/scale.mjs',
    later: async () => {
      await orrery.show('rings');
      return orrery.stage.piece.title === 'Rings';
    },
  },
  {
    name: 'lodash-es',
    from: 'node_modules/lodash-es',
    to: 'vendor/lodash-es',
    entry: 'vendor/lodash-es/lodash.js',
    imported: 'vendor/lodash-es/lodash.js',
    namespace: 'namespace',
    leaf: 'vendor/lodash-es/eq.js',
    later: () => later(),
  },
  {
    name: 'three',
    from: 'node_modules/three/src',
    to: 'vendor/three/src',
    entry: 'vendor/three/src/Three.js',
    imported: 'vendor/three/src/Three.js',
    namespace: 'namespace',
    leaf: 'vendor/three/src/math/Vector2.js',
    later: () => later(),
  },
  {
    name: '@babylonjs/core',
    from: 'node_modules/@babylonjs/core',
    to: 'vendor/@babylonjs/core',
    entry: 'vendor/@babylonjs/core/index.js',
    imported: 'vendor/@babylonjs/core/index.js',
    namespace: 'namespace',
    leaf: 'vendor/@babylonjs/core/Maths/math.scalar.js',
    later: () => later(),
  },
];

/** Thousands of modules on a loaded machine. */
const LONG = 300_000;

const pageOf = (entry: string): Record<string, string> => ({
  'index.html': `<!doctype html>
<script type="module">
  import { later, namespace } from './main.mjs';
  Object.assign(globalThis, { later, namespace });
</script>`,
  'main.mjs': `import * as namespace from './${entry}';
import { part } from './part.mjs';
globalThis.part = part;
export { namespace };
export const later = async () => (await import('./later.mjs')).namespace === namespace;
import.meta.hot?.accept('./part.mjs', (changed) => (globalThis.part = changed.part));`,
  'part.mjs': partOf(1),
  'later.mjs': `export * as namespace from './${entry}';`,
});

const importing = (entry: string): Record<string, string> => ({
  'imported.html': `<!doctype html>
<script type="importmap">{ "imports": { "math/": "./math/" } }</script>
<script type="module" src="imported.mjs"></script>`,
  'imported.mjs': `globalThis.imported = await import('./${entry}');`,
});

const partOf = (version: number): string => `export const part = ${version};`;

/** The sites of the packages, which all engines visit: reading a large one takes seconds. */
class Sites {
  readonly #directories = new Map<string, Promise<TemporarySite>>();
  readonly #sites = new Map<string, Promise<GatedSite>>();
  readonly #keys = new Map<string, Promise<string[]>>();

  directory({ name, from, to, entry, imported }: Package): Promise<TemporarySite> {
    return remember(this.#directories, name, async () => {
      const made = await TemporarySite.create({
        ...(entry === null ? {} : pageOf(entry)),
        ...importing(imported),
      });
      await cp(at(from), join(made.directory, to), {
        recursive: true,
        filter: async (file) => (await stat(file)).isDirectory() || !/\.(?:d\.ts|map|md)$/.test(file),
      });
      return made;
    });
  }

  site(of: Package, watch: boolean): Promise<GatedSite> {
    return remember(this.#sites, `${of.name} ${watch}`, async () => {
      const { directory } = await this.directory(of);
      return GatedSite.open({ directory, watch, timeout: LONG });
    });
  }

  /** What a package exports natively. Every engine finds the same names, and the first one is asked. */
  keys({ name }: Package, load: () => Promise<string[]>): Promise<string[]> {
    return remember(this.#keys, name, load);
  }

  async close(): Promise<void> {
    for (const site of this.#sites.values()) await (await site).close();
    for (const directory of this.#directories.values()) await (await directory).close();
  }
}

function remember<T>(made: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
  const known = made.get(name) ?? make();
  made.set(name, known);
  return known;
}

const sites = new Sites();
afterAll(() => sites.close());

inEachEngine(({ name, launch }) => {
  let browser: OpenBrowser;

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(async () => {
    await browser.close();
  });

  /** @param namespace names of properties, starting from the global object */
  async function keysOf(opened: BrowserPage, namespace: string): Promise<string[]> {
    // With a top-level await somewhere, modules are not done when the page has loaded.
    return opened.until((names) => {
      let value = globalThis as unknown as Record<string, never> | undefined;
      for (const name of names) value = value?.[name];
      return value && Object.keys(value).sort();
    }, namespace.split('.'));
  }

  async function nativeKeys(directory: string, namespace: string): Promise<string[]> {
    const native = await serveNative(directory);
    const opened = await browser.newPage();
    try {
      opened.timeout = LONG;
      await opened.goto(native.url, 'load');
      return await keysOf(opened, namespace);
    } finally {
      await opened.close();
      await native.close();
    }
  }

  // Its 1,800 modules take Firefox half a minute for each visit. `PACKAGES=all` has them in all engines.
  const isLong = ({ name: of }: Package) => of === '@babylonjs/core' && name !== 'Chromium';
  const packages = PACKAGES.filter((one) => process.env['PACKAGES'] === 'all' || !isLong(one));

  describe.each(packages)('$name', (one) => {
    const { entry, namespace: shown, leaf, later: importLater } = one;
    let directory: TemporarySite;
    let site: GatedSite;
    let context: BrowserContext;
    let native: string[];

    beforeAll(async () => {
      directory = await sites.directory(one);
      native = await sites.keys(one, () => nativeKeys(directory.directory, shown));
      site = await sites.site(one, false);
      // Another engine's tests may have changed files.
      await site.registry.scan();
      context = await browser.newContext();
    }, LONG);

    afterAll(() => context.close());

    async function open(url: string): Promise<BrowserPage> {
      const opened = await context.newPage();
      opened.timeout = LONG;
      await opened.goto(url);
      await opened.until(() => globalThis.modcast !== undefined);
      return opened;
    }

    /** One visit: where its modules came from, and what they export. `use` runs in the page, and then it closes. */
    async function visit(
      name = '',
      value = shown,
      use?: () => Promise<boolean>,
    ): Promise<{ from: string; keys: string[]; later?: boolean }> {
      site.clear();
      const opened = await open(site.url + name);
      const info = await opened.evaluate(() => modcast!.ready);
      const keys = await keysOf(opened, value);
      const isShared = use && (await opened.evaluate(use));
      await opened.evaluate(() => modcast!.idle());
      await opened.close();
      await site.relay.emptied();
      return { from: info.from, keys, ...(isShared !== undefined && { later: isShared }) };
    }

    const visitAndImport = () => visit('', shown, importLater);

    /** The server is gone. The browser has the page and the loader at hand. */
    async function offline(name: string, work: () => Promise<void>): Promise<void> {
      site.kept.set(`/${name}`, await site.page(`/${name}`));
      site.http = (target) => (isLoader(target) ? 'pass' : 'refuse');
      site.sockets = 'refuse';
      try {
        await work();
      } finally {
        site.kept.clear();
        site.releaseHttp();
        site.releaseSockets();
      }
    }

    it(
      'exports what it exports natively: over the socket, from the cache, after a change and offline',
      { timeout: LONG },
      async () => {
        expect(native.length).toBeGreaterThan(0);

        expect(await visitAndImport()).toEqual({ from: 'network', keys: native, later: true });
        expect(site.moduleRequests).toEqual([]);

        expect(await visitAndImport()).toEqual({ from: 'cache', keys: native, later: true });
        expect(site.moduleRequests).toEqual([]);
        expect(site.relay.frames.map((frame) => frame.kind === 'text' && frame.message.type)).toEqual([
          'welcome',
        ]);

        await appendFile(join(directory.directory, leaf), '\n// changed\n');
        await site.registry.scan();
        expect(await visitAndImport()).toEqual({ from: 'network', keys: native, later: true });
        expect(site.moduleRequests).toEqual([]);
        expect(site.relay.blobs).toHaveLength(1);

        await offline('', async () => {
          expect(await visitAndImport()).toEqual({ from: 'cache', keys: native, later: true });
          expect(site.moduleRequests).toEqual([]);
        });
      },
    );

    it('is imported by import() with no JavaScript over HTTP, and offline', { timeout: LONG }, async () => {
      await context.close();
      context = await browser.newContext();
      expect(await visit('imported.html', 'imported')).toEqual({ from: 'network', keys: native });
      expect(site.moduleRequests).toEqual([]);

      await offline('imported.html', async () => {
        expect(await visit('imported.html', 'imported')).toEqual({ from: 'cache', keys: native });
        expect(site.moduleRequests).toEqual([]);
      });
    });

    it.runIf(entry !== null)(
      'stays as it is when another module is replaced',
      { timeout: LONG },
      async () => {
        const watched = await sites.site(one, true);
        const opened = await open(watched.url);
        await keysOf(opened, shown);
        const next = await opened.evaluate(() => {
          globalThis.kept = namespace;
          return part + 1;
        });
        await directory.write({ 'part.mjs': partOf(next) });
        await opened.until((version) => part === version, next);
        expect(await opened.evaluate(async () => [kept === namespace, await later()])).toEqual([true, true]);
        await opened.close();
      },
    );
  });
});
