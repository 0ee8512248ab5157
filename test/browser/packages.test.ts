import { appendFile, cp, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import type { BrowserContext, BrowserPage, OpenBrowser } from './engines/engine.js';
import { inChromiumAndFirefox } from './engines/in-each-engine.js';
import { TemporarySite } from './counted-site.js';
import { GatedSite } from './gated-site.js';
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
  },
  {
    name: 'lodash-es',
    from: 'node_modules/lodash-es',
    to: 'vendor/lodash-es',
    entry: 'vendor/lodash-es/lodash.js',
    imported: 'vendor/lodash-es/lodash.js',
    namespace: 'namespace',
    leaf: 'vendor/lodash-es/eq.js',
  },
  {
    name: 'three',
    from: 'node_modules/three/src',
    to: 'vendor/three/src',
    entry: 'vendor/three/src/Three.js',
    imported: 'vendor/three/src/Three.js',
    namespace: 'namespace',
    leaf: 'vendor/three/src/math/Vector2.js',
  },
  {
    name: '@babylonjs/core',
    from: 'node_modules/@babylonjs/core',
    to: 'vendor/@babylonjs/core',
    entry: 'vendor/@babylonjs/core/index.js',
    imported: 'vendor/@babylonjs/core/index.js',
    namespace: 'namespace',
    leaf: 'vendor/@babylonjs/core/Maths/math.scalar.js',
  },
];

/** Thousands of modules on a loaded machine. */
const LONG = 300_000;

const page = (entry: string): string => `<!doctype html>
<script type="module">
  import * as namespace from './${entry}';
  globalThis.namespace = namespace;
</script>`;

const importing = (entry: string): Record<string, string> => ({
  'imported.html': `<!doctype html>
<script type="importmap">{ "imports": { "math/": "./math/" } }</script>
<script type="module" src="imported.mjs"></script>`,
  'imported.mjs': `globalThis.imported = await import('./${entry}');`,
});

/** What modules export natively, by package. It is the same in every engine, and takes long. */
const nativeExports = new Map<string, Promise<string[]>>();

inChromiumAndFirefox(({ launch }) => {
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

  async function loadNatively(directory: string, namespace: string): Promise<string[]> {
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

  function nativeKeys(name: string, directory: string, namespace: string): Promise<string[]> {
    const keys = nativeExports.get(name) ?? loadNatively(directory, namespace);
    nativeExports.set(name, keys);
    return keys;
  }

  describe.each(PACKAGES)('$name', ({ name, from, to, entry, imported, namespace, leaf }) => {
    let directory: TemporarySite;
    let site: GatedSite;
    let context: BrowserContext;
    let native: string[];

    beforeAll(async () => {
      directory = await TemporarySite.create({
        ...(entry === null ? {} : { 'index.html': page(entry) }),
        ...importing(imported),
      });
      await cp(at(from), join(directory.directory, to), {
        recursive: true,
        filter: async (file) => (await stat(file)).isDirectory() || !/\.(?:d\.ts|map|md)$/.test(file),
      });
      native = await nativeKeys(name, directory.directory, namespace);
      site = await GatedSite.open({ directory: directory.directory, timeout: LONG });
      context = await browser.newContext();
    }, LONG);

    afterAll(async () => {
      await context.close();
      await site.close();
      await directory.close();
    });

    /** One visit: where its modules came from and what they export. */
    async function visit(path = '', shown = namespace): Promise<{ from: string; keys: string[] }> {
      site.clear();
      const opened = await context.newPage();
      opened.timeout = LONG;
      await opened.goto(site.url + path);
      await opened.until(() => globalThis.modcast !== undefined);
      const info = await opened.evaluate(() => modcast!.ready);
      const keys = await keysOf(opened, shown);
      await opened.evaluate(() => modcast!.idle());
      await opened.close();
      await site.relay.emptied();
      return { from: info.from, keys };
    }

    it(
      'exports what it exports natively, with no JavaScript over HTTP, and later visits take what has changed',
      { timeout: LONG },
      async () => {
        expect(native.length).toBeGreaterThan(0);

        expect(await visit()).toEqual({ from: 'network', keys: native });
        expect(site.moduleRequests).toEqual([]);

        expect(await visit()).toEqual({ from: 'cache', keys: native });
        expect(site.moduleRequests).toEqual([]);
        expect(site.relay.frames.map((frame) => frame.kind === 'text' && frame.message.type)).toEqual([
          'welcome',
        ]);

        await appendFile(join(directory.directory, leaf), '\n// changed\n');
        await site.registry.scan();
        expect(await visit()).toEqual({ from: 'network', keys: native });
        expect(site.moduleRequests).toEqual([]);
        expect(site.relay.blobs).toHaveLength(1);
      },
    );

    it('is imported by import() with no JavaScript over HTTP, and offline', { timeout: LONG }, async () => {
      await context.close();
      context = await browser.newContext();
      expect(await visit('imported.html', 'imported')).toEqual({ from: 'network', keys: native });
      expect(site.moduleRequests).toEqual([]);

      site.sockets = 'refuse';
      site.http = (target) => (/^\/(?:imported\.html|-\/loader)/.test(target) ? 'pass' : 'refuse');
      expect(await visit('imported.html', 'imported')).toEqual({ from: 'cache', keys: native });
      expect(site.moduleRequests).toEqual([]);
    });
  });
});
