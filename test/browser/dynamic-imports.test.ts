import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import { TemporarySite } from './counted-site.js';
import type { BrowserContext, BrowserPage, OpenBrowser } from './engines/engine.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { PATIENT } from './fallback-visits.js';
import { GatedSite } from './gated-site.js';
import { serveNative } from './serve-native.js';

const ran = (name: string) => `(globalThis.log ??= []).push('${name}');`;

/** Modules that only `import()` reaches: by literals of main.mjs, and those below `computed/` by none. */
const FILES = {
  'index.html': `<!doctype html><title>x</title>
<script type="importmap">{
  "imports": { "bare": "./lazy/bare.mjs", "dir/": "./lazy/dir/" },
  "scopes": { "/lazy/scoped/": { "bare": "./lazy/scoped-bare.mjs" } }
}</script>
<script type="module" src="main.mjs"></script>
<script type="module">globalThis.fromInline = (specifier) => import(specifier);</script>`,
  'main.mjs': `${ran('main')}
globalThis.computed = (specifier) => import(specifier);
globalThis.literals = {
  a: () => import('./lazy/a.mjs'),
  later: () => import('./lazy/later.mjs'),
  bare: () => import('bare'),
  dir: () => import('dir/in.mjs'),
  scoped: () => import('./lazy/scoped/user.mjs'),
  json: () => import('./lazy/data.json', { with: { type: 'json' } }),
  throws: () => import('./lazy/throws.mjs'),
  query: () => import('./lazy/shared.mjs?v=1'),
};`,
  // A cycle: b.mjs runs first, and finds the function but not the constant of a.mjs.
  'lazy/a.mjs': `import { seen } from './b.mjs'; import { count } from './shared.mjs'; ${ran('a')}
export function hoisted() { return 'hoisted'; }
export const late = 'late';
export let live = 1;
export const change = () => live++;
export { seen, count };
export const { url } = import.meta;
export const resolved = import.meta.resolve('./b.mjs');`,
  'lazy/b.mjs': `import { hoisted, late } from './a.mjs'; ${ran('b')}
export const seen = [hoisted()];
try { seen.push(late); } catch (error) { seen.push(error.name); }`,
  'lazy/shared.mjs': `${ran('shared')} export let count = 0; export const add = () => ++count;`,
  'lazy/later.mjs': `import * as shared from './shared.mjs'; import * as a from './a.mjs'; ${ran('later')} export { shared, a };
// Larger than a segment of a pack, so that it comes in one of its own.
/*${'x'.repeat(200_000)}*/`,
  'lazy/bare.mjs': `${ran('bare')} export const name = 'bare';`,
  'lazy/scoped-bare.mjs': `${ran('scoped-bare')} export const name = 'scoped';`,
  'lazy/scoped/user.mjs': `${ran('user')} export { name } from 'bare'; export const again = () => import('bare');`,
  'lazy/dir/in.mjs': `${ran('in')} export const { url } = import.meta;`,
  'lazy/data.json': '{ "a": 1 }',
  'lazy/throws.mjs': `${ran('throws')} throw new Error('thrown');`,
  'computed/c.mjs': `import { name } from 'bare'; import './d.mjs'; ${ran('c')} export { name };`,
  'computed/d.mjs': ran('d'),
  // Not imported by any page.
  'computed/e.mjs': `import './d.mjs'; ${ran('e')} export const { url } = import.meta;`,
};

/** Imports everything, in each way, and says what came of it. Text without the origin. */
async function importAll(): Promise<string> {
  type Namespace = Record<string, any>;
  type Import = (specifier?: string) => Promise<Namespace>;
  const { literals, computed, fromInline, log } = globalThis as unknown as {
    literals: Record<string, Import>;
    computed: Import;
    fromInline: Import;
    log: string[];
  };
  // Spelt so that the server does not take it for an import before the boot.
  // oxlint-disable-next-line no-eval
  const fromEval: Import = (specifier) => (0, eval)(`im${''}port(${JSON.stringify(specifier)})`);
  const said: Record<string, unknown> = {};
  const a = await literals['a']!();
  said['cycle'] = a['seen'];
  said['meta'] = [a['url'], a['resolved']];
  a['change']();
  said['live'] = a['live'];
  said['same'] = [
    (await computed('./lazy/a.mjs')) === a,
    (await computed('/lazy/../lazy/%61.mjs')) === a,
    (await fromInline('./lazy/a.mjs')) === a,
    (await fromEval('./lazy/a.mjs')) === a,
  ];
  const later = await literals['later']!();
  later['shared'].add();
  said['later'] = [later['a'] === a, a['count']];
  said['names'] = [(await literals['bare']!())['name'], (await literals['dir']!())['url']];
  const scoped = await literals['scoped']!();
  said['scoped'] = [scoped['name'], (await scoped['again']())['name']];
  const json = await literals['json']!();
  said['json'] = [json['default'], (await literals['json']!()) === json];
  const failure = (importing: Promise<unknown>) =>
    importing.then(
      () => null,
      (error: unknown) => error as Error,
    );
  const thrown = await failure(literals['throws']!());
  said['throws'] = [thrown?.message, (await failure(fromInline('./lazy/throws.mjs'))) === thrown];
  said['missing'] = [(await failure(computed('./lazy/none.mjs')))?.name];
  const query = await literals['query']!();
  said['query'] = [query === later['shared'], query['count']];
  const c = await computed('./computed/c.mjs');
  said['computed'] = [c['name'], (await fromInline('./computed/c.mjs')) === c];
  said['fresh'] = (await computed('./computed/e.mjs?t=1'))['url'];
  const script = document.createElement('script');
  script.type = 'module';
  script.text = `import { count } from './lazy/shared.mjs'; globalThis.inserted(count);`;
  said['inserted'] = await new Promise((resolve) => {
    Object.assign(globalThis, { inserted: resolve });
    document.body.append(script);
  });
  const map = document.createElement('script');
  map.type = 'importmap';
  map.text = '{ "imports": { "added": "./lazy/bare.mjs" } }';
  document.body.append(map);
  const added = await computed('added').catch((error: unknown) => error as Namespace);
  said['added'] = added['name'];
  said['log'] = log;
  return JSON.stringify(said).replaceAll(location.origin, '');
}

inEachEngine(({ launch, capabilities }) => {
  let browser: OpenBrowser;
  let context: BrowserContext;
  let page: BrowserPage;
  let directory: TemporarySite;
  let site: GatedSite;
  let native: string;

  const visit = async (url: string): Promise<BrowserPage> => {
    await page.goto(url);
    await page.until(() => 'fromInline' in globalThis);
    return page;
  };
  /** @returns where the page booted from, and what its imports gave */
  const run = async (): Promise<{ from: string; said: unknown }> => {
    site.clear();
    await visit(site.url);
    const from = await page.evaluate(async () => (await modcast!.ready).from);
    const said: unknown = JSON.parse(await page.evaluate(importAll));
    await page.evaluate(() => modcast!.idle());
    return { from, said };
  };
  /** Requests for modules, but the one that is missing everywhere. */
  const requests = () =>
    site.moduleRequests
      .map((target) => target.replace(/^\/-\/modules\/[\da-f]{64}/, 'linked '))
      .filter((target) => target !== '/lazy/none.mjs');
  const goOffline = () => {
    site.sockets = 'refuse';
    site.http = (target) => (/^\/(?:$|-\/loader)/.test(target) ? 'pass' : 'refuse');
    site.relay.cut();
  };

  beforeAll(async () => {
    browser = await launch();
    context = await browser.newContext();
    page = await context.newPage();
    directory = await TemporarySite.create(FILES);
    const served = await serveNative(directory.directory);
    native = await (await visit(served.url)).evaluate(importAll);
    await context.close();
    await served.close();
  });
  afterAll(async () => {
    await directory.close();
    await browser.close();
  });
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
    site = await GatedSite.open({ directory: directory.directory, ...PATIENT });
  });
  afterEach(async () => {
    await context.close();
    await site.close();
  });

  it('the native run says what it should', () => {
    expect(JSON.parse(native)).toMatchObject({
      cycle: ['hoisted', 'ReferenceError'],
      meta: ['/lazy/a.mjs', '/lazy/b.mjs'],
      live: 2,
      same: [true, false, true, true],
      later: [true, 1],
      names: ['bare', '/lazy/dir/in.mjs'],
      scoped: ['scoped', 'scoped'],
      json: [{ a: 1 }, true],
      throws: ['thrown', expect.any(Boolean)],
      missing: ['TypeError'],
      query: [false, 0],
      computed: ['bare', true],
      fresh: '/computed/e.mjs?t=1',
      inserted: 1,
      added: capabilities.mergesImportMaps ? 'bare' : 'TypeError',
    });
  });

  describe('dynamic imports', () => {
    it('are as natively: cold, warm, and offline, without a request for what has come before', async () => {
      expect(await run()).toEqual({ from: 'network', said: JSON.parse(native) });
      // What no import() names is not on its way, and one map has to say where it comes from.
      const asked = capabilities.mergesImportMaps ? [] : ['linked /computed/c.mjs', 'linked /computed/d.mjs'];
      expect(requests()).toEqual(asked);

      expect(await run()).toEqual({ from: 'cache', said: JSON.parse(native) });
      expect(requests()).toEqual([]);

      goOffline();
      expect(await run()).toEqual({ from: 'cache', said: JSON.parse(native) });
      expect(requests()).toEqual([]);
    });

    it('are as natively when the server goes while the page runs', async () => {
      await visit(site.url);
      await page.evaluate(() => modcast!.idle());
      site.clear();
      goOffline();
      const same = await page.evaluate(async () => {
        const { literals } = globalThis as unknown as {
          literals: Record<string, () => Promise<{ a: unknown }>>;
        };
        return (await literals['later']!()).a === (await literals['a']!());
      });
      expect(same).toBe(true);
      expect(requests()).toEqual([]);
    });

    it.skipIf(capabilities.mergesImportMaps)(
      'are as natively where the socket is lost before they have come',
      async () => {
        let segments = 0;
        site.relay.judge = (frame) => (frame.kind === 'segment' && ++segments === 2 ? 'cut' : 'pass');
        expect((await run()).said).toEqual(JSON.parse(native));
        // Firefox may forget what came just before the cut, and then later.mjs comes from its natural URL.
        expect(requests().some((target) => target.endsWith('/lazy/later.mjs'))).toBe(true);
        site.relay.judge = () => 'pass';
        expect((await run()).said).toEqual(JSON.parse(native));
        expect(await run()).toEqual({ from: 'cache', said: JSON.parse(native) });
        expect(requests()).toEqual([]);
      },
    );
  });
});
