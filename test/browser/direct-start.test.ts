import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { LIMITS } from '../../schema/index.js';
import { eventually } from '../eventually.js';
import { DirectSite } from './direct-site.js';
import type { BrowserPage, OpenBrowser } from './engines/engine.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { openProxy } from './faults/tampering-proxy.js';
import { GatedSite, isLoader } from './gated-site.js';

/** A page that imports each module in several ways. Modules count how often they run. */
const files = (version: number): Record<string, string> => ({
  'index.html': `<!doctype html><html lang="en"><head><title>${version}</title>
<script type="importmap">{ "imports": { "bare": "./bare.mjs", "lib/": "./lib/" } }</script>
<script type="module" src="./main.mjs"></script>
<script type="module">import { b } from './lib/b.mjs'; import 'bare'; ran('inline ' + b); globalThis.inlineUrl = import.meta.url;</script>
<script>
globalThis.runs = []; globalThis.ran = (name) => runs.push(name);
globalThis.seen = [...document.scripts].map((script) => script.outerHTML.slice(0, 80));
</script></head><body></body></html>`,
  'main.mjs': `import { a } from './lib/a.mjs';
import './waits.mjs';
ran('main ' + a);
globalThis.again = () => Promise.all(['lib/c.mjs', 'lib/d.mjs', 'lib/a.mjs', 'bare.mjs'].map((name) => import(new URL(name, import.meta.url)))).then(() => {});
globalThis.later = (name) => import(\`./pieces/\${name}.mjs\`);
globalThis.metaUrl = import.meta.url;
globalThis.resolved = import.meta.resolve('./x.txt');
globalThis.sources = [...document.scripts].map((script) => script.getAttribute('src'));
globalThis.done = ${version};`,
  'waits.mjs': `import { b } from './lib/b.mjs'; await b; ran('waits'); globalThis.waitsUrl = import.meta.url;`,
  'bare.mjs': `ran('bare');`,
  'lib/c.mjs': `ran('c'); export const c = ${version};`,
  'lib/d.mjs': `import { c } from './c.mjs'; ran('d'); export const d = c;`,
  'lib/a.mjs': `import { b } from './b.mjs'; import { d } from './d.mjs'; d; ran('a'); export const a = b;`,
  'lib/b.mjs': `ran('b'); export const b = ${version};`,
  'pieces/lazy.mjs': `import { b } from '../lib/b.mjs'; ran('lazy'); export const version = [b, ${version}].join();`,
});

interface Globals {
  readonly runs: readonly string[];
  readonly done: number;
  readonly again: () => Promise<void>;
  readonly later: (name: string) => Promise<{ readonly version: string }>;
}

inEachEngine((engine) => {
  let browser: OpenBrowser;
  let page: BrowserPage;
  let direct: DirectSite;
  let site: GatedSite;
  /** Milliseconds by which the server's clock is ahead. */
  let passed: number;
  beforeAll(async () => void (browser = await engine.launch()));
  afterAll(() => browser.close());
  beforeEach(async () => {
    passed = 0;
    const now = Date.now.bind(Date);
    vi.spyOn(Date, 'now').mockImplementation(() => now() + passed);
    direct = await DirectSite.open(browser, files);
    ({ page, site } = direct);
  });
  afterEach(async () => {
    await direct.close();
    vi.restoreAllMocks();
  });

  const visit = async () => {
    await page.goto(site.url, 'load');
    return page.until(() => (globalThis as unknown as Globals).done);
  };

  const hasModcast = async () => {
    await page.until(() => globalThis.modcast);
    return page.evaluate(() => modcast!.ready);
  };

  const lazy = () =>
    page.evaluate(async () => (await (globalThis as unknown as Globals).later('lazy')).version);

  it('runs without the loader, each module once, however it is imported', async () => {
    site.http = (target) => (isLoader(target) ? 'refuse' : 'pass');
    await visit();
    expect(await lazy()).toBe('1,1');
    await page.evaluate(() => (globalThis as unknown as Globals).again());
    const runs = await page.evaluate(() => (globalThis as unknown as Globals).runs);
    // Where a module waits, engines differ in what runs meanwhile.
    expect(runs.toSorted()).toEqual(['a', 'b', 'bare', 'c', 'd', 'inline 1', 'lazy', 'main 1', 'waits']);
    expect(site.requests.filter((target) => /^\/(?:lib|pieces|main|waits|bare)/.test(target))).toEqual([]);
  });

  it('finds natural URLs and what its author wrote', async () => {
    await visit();
    const found = await page.evaluate(() => {
      const { metaUrl, waitsUrl, inlineUrl, resolved, sources, seen } = globalThis as unknown as Record<
        string,
        unknown
      >;
      const left = document.head.innerHTML;
      return { metaUrl, waitsUrl, inlineUrl, resolved, sources, seen, left };
    });
    expect(found).toMatchObject({
      metaUrl: `${site.url}main.mjs`,
      waitsUrl: `${site.url}waits.mjs`,
      inlineUrl: site.url,
      resolved: `${site.url}x.txt`,
    });
    expect(found.sources).toContain('./main.mjs');
    expect(JSON.stringify(found.seen)).not.toContain('modcast');
    expect(found.left).toContain('<script type="importmap">{ "imports": { "bare"');
    expect(found.left).not.toContain('modcast');
  });

  it('tells the page when the loader has come, and imports by path', async () => {
    await visit();
    expect(await hasModcast()).toMatchObject({ from: 'http', deploy: 1 });
    expect(await page.evaluate(() => Object.keys(globalThis))).not.toContain('__modcast_guard__');
    const version = await page.evaluate(
      async () => ((await modcast!.import('pieces/lazy.mjs')) as { version: string }).version,
    );
    expect(version).toBe('1,1');
    expect(await lazy()).toBe('1,1');
    const runs = await page.evaluate(() => (globalThis as unknown as Globals).runs);
    expect(runs.filter((name) => name === 'lazy')).toHaveLength(1);
  });

  it('stays with its deploy, and hears of the next one', async () => {
    await visit();
    await hasModcast();
    await page.evaluate(() =>
      modcast!.on('deploy', (event) => void Object.assign(globalThis, { next: event })),
    );
    await direct.publish(2);
    expect(await page.until(() => (globalThis as { next?: object }).next)).toEqual({ deploy: 2, running: 1 });
    expect(await lazy()).toBe('1,1');
    expect(await visit()).toBe(2);
    expect(await lazy()).toBe('2,2');
  });

  it('asks the network for no module at the second visit, and for changed runs only after a deploy', async () => {
    await visit();
    site.clear();
    await visit();
    const modules = () => site.requests.filter((target) => /^\/-\/(?:runs|modules|direct)\//.test(target));
    expect(modules()).toEqual([]);
    await direct.publish(1, { 'bare.mjs': `ran('bare'); globalThis.changed = true;` });
    site.clear();
    await visit();
    const asked = () => modules().map((target) => target.replace(/[\da-f]{64}/, '…'));
    expect(asked()).toContain('/-/direct/…/bare.mjs');
    // Its runs are those of before.
    expect(asked().filter((target) => !target.startsWith('/-/direct/'))).toEqual([]);
    await direct.publish(1, { 'lib/c.mjs': `ran('c'); export const c = 'changed';` });
    site.clear();
    await visit();
    expect(asked().filter((target) => target.startsWith('/-/runs/'))).toEqual(['/-/runs/…/lib/a.mjs']);
    expect(asked().filter((target) => target.startsWith('/-/modules/'))).toEqual([]);
  });

  it('runs what it makes of the former version of a run, and of what has changed in it', async () => {
    // Text that does not compress, but for what the two versions have in common.
    const text = Array.from({ length: 4000 }, (_, index) => Math.sin(index + 1)).join();
    const d = files(1)['lib/d.mjs']!;
    const versionOf = (n: number) => ({
      'lib/d.mjs': `${d} globalThis.text = '${text}'; globalThis.d = ${n};`,
    });
    await direct.publish(1, versionOf(1));
    await visit();
    await direct.publish(1, versionOf(2));
    await visit();
    const found = await page.evaluate(() => {
      const { d: changed, text: kept } = globalThis as unknown as {
        readonly d: number;
        readonly text: string;
      };
      return { changed, kept };
    });
    expect(found).toEqual({ changed: 2, kept: text });
    const runs = site.requests.filter((target) => target.startsWith('/-/runs/'));
    const [first, changed] = [runs.at(0)!, runs.at(-1)!].map((target) => site.lengths.get(target)!);
    expect(first).toBeGreaterThan(text.length / 10);
    // The others need not have dictionaries.
    if (engine.name === 'Chromium') expect(changed).toBeLessThan(text.length / 10);
  });

  it('evaluates nothing twice where the socket is refused, and a script has a query in its source', async () => {
    const { 'index.html': html, 'main.mjs': main } = files(1);
    await direct.publish(2, {
      ...files(1),
      'index.html': html!.replace('./main.mjs', './main.mjs?v=1'),
      // Without what it waits for, it is in a run.
      'main.mjs': main!.replace("import './waits.mjs';", ''),
    });
    site.sockets = 'refuse';
    await visit();
    const runs = await page.evaluate(() => (globalThis as unknown as Globals).runs);
    expect(runs.toSorted()).toEqual(['a', 'b', 'bare', 'c', 'd', 'inline 1', 'main 1']);
  });

  it('sends nobody to another host', async () => {
    const html = await site.page();
    const fusion = /direct\/([\da-f]{64})/.exec(html)![1];
    const ask = (path: string) =>
      fetch(`${site.url}-/direct/${fusion}/${path}`, { redirect: 'manual' }).then(({ status }) => status);
    expect(await Promise.all(['/evil.example/x', '..//evil.example', 'no-module.txt'].map(ask))).toEqual([
      404, 404, 302,
    ]);
  });

  it('boots with the loader where its import map is not that of the deploy', async () => {
    await direct.publish(2, {
      'other.html': `<!doctype html><script>globalThis.ran = () => {};</script>
<script type="importmap">{ "imports": { "bare": "./other.mjs" } }</script>
<script type="module">import 'bare'; globalThis.done = globalThis.other;</script>`,
      'other.mjs': `globalThis.other = 7;`,
    });
    expect(await site.page('/')).toContain('data-modcast-direct');
    expect(await site.page('/other.html')).not.toContain('data-modcast-direct');
    await page.goto(`${site.url}other.html`, 'load');
    expect(await page.until(() => (globalThis as unknown as Globals).done)).toBe(7);
    expect((await hasModcast()).from).toBe('network');
  });

  it('runs what is joined over HTTP, also beside a module script of another site', async () => {
    await direct.publish(2, {
      'other.html': `<!doctype html><script>globalThis.ran = () => {};</script>
<script type="importmap">{ "imports": { "bare": "./bare.mjs", "lib/": "./lib/" } }</script>
<script type="module" src="data:text/javascript,globalThis.external = 1"></script>
<script type="module" src="./lib/a.mjs"></script>
<script type="module">globalThis.done = globalThis.external + import.meta.resolve('./x').length;</script>`,
    });
    site.sockets = 'refuse';
    site.clear();
    expect(await site.page('/other.html')).not.toContain('data-modcast-direct');
    await page.goto(`${site.url}other.html`, 'load');
    await page.until(() => (globalThis as unknown as Globals).done);
    const asked = site.requests.map((target) => target.replace(/[\da-f]{64}/, '…'));
    expect(asked).toContain('/-/runs/…/lib/a.mjs');
    expect(asked).not.toContain('/-/modules/…/lib/a.mjs');
  });

  /** The page has lost its socket, and has another one. */
  async function connectAgain(): Promise<void> {
    const before = site.relay.opened.length;
    site.relay.cut();
    await eventually(() => expect(site.relay.opened.length).toBeGreaterThan(before));
    await eventually(async () =>
      expect(await (await fetch(`${site.url}-/health`)).json()).toMatchObject({ clients: 1 }),
    );
  }

  it('imports more of its deploy, long after that was replaced, when it has connected again', async () => {
    await visit();
    await hasModcast();
    await direct.publish(2);
    await direct.publish(3);
    passed = 2 * LIMITS.pastHeadMs;
    await connectAgain();
    await connectAgain();
    expect(await lazy()).toBe('1,1');
    // Nobody runs this one.
    expect((await fetch(`${site.url}-/deploys/2/manifest.json`)).status).toBe(401);
  });

  it('says once that a server has its deploy no more, and what helps', async () => {
    await visit();
    await hasModcast();
    await page.evaluate(() => {
      const problems: unknown[] = [];
      Object.assign(globalThis, { problems });
      modcast!.on('error', (error) => void problems.push(error));
    });
    const problems = () =>
      page.evaluate(() => (globalThis as unknown as { problems: readonly unknown[] }).problems);
    await connectAgain();
    await eventually(() => expect(site.requests).toContainEqual(expect.stringMatching(/^HEAD \/-\/blobs\//)));
    expect(await problems()).toEqual([]);
    site.http = (target) => (/^\/-\/(?:blobs|direct|runs)\//.test(target) ? 'missing' : 'pass');
    await connectAgain();
    const gone = [{ code: 'deploy-gone', message: expect.stringMatching(/deploy 1 .*reload/) as string }];
    await eventually(async () => expect(await problems()).toEqual(gone));
    await connectAgain();
    expect(await problems()).toEqual(gone);
  });

  it('runs natively where a proxy adds a policy that forbids inline scripts', async () => {
    await direct.publish(2, {
      'index.html': `<!doctype html><title>x</title><script type="module" src="alone.mjs"></script>
<script type="module" src="main.mjs"></script>`,
      'alone.mjs': `await 0; globalThis.alone = (globalThis.alone ?? 0) + 1;`,
      'main.mjs': `import { a } from './lib/a.mjs'; globalThis.done = a; globalThis.metaUrl = import.meta.url;`,
      'lib/b.mjs': `globalThis.ran = () => {}; export const b = 2;`,
    });
    const proxy = await openProxy(site.url, {
      headers: () => ({ 'Content-Security-Policy': "script-src 'self'" }),
    });
    try {
      await page.goto(proxy.url, 'load');
      expect(await page.until(() => (globalThis as unknown as Globals).done)).toBe(2);
      expect(await page.evaluate(() => (globalThis as { metaUrl?: string }).metaUrl)).toBe(
        `${proxy.url}main.mjs`,
      );
      // A module in no run does not run a second time.
      expect(await page.evaluate(() => (globalThis as { alone?: number }).alone)).toBe(1);
    } finally {
      await proxy.close();
    }
  });

  it('keeps nothing of a deploy of which the server has no list, and says so', async () => {
    await visit();
    await hasModcast();
    site.http = (target) => (/^\/-\/direct\/[\da-f]+\/$/.test(target) ? 'missing' : 'pass');
    const failure = await page.evaluate(() => modcast!.offline({ all: true }).catch(String));
    expect(failure).toContain('deploy 1 is gone');
  });

  describe.runIf(engine.name !== 'WebKit')('without the server', () => {
    const stopServer = () => {
      site.http = () => 'refuse';
      site.sockets = 'refuse';
      site.relay.cut();
    };

    it('a page that was visited runs, with what it has imported', async () => {
      await visit();
      await hasModcast();
      await lazy();
      expect(await page.evaluate(() => modcast!.offline())).toMatchObject({ failed: 0 });
      stopServer();
      expect(await visit()).toBe(1);
      expect(await lazy()).toBe('1,1');
    });

    it('a page that keeps all imports what it never has, and starts a worker', async () => {
      await direct.publish(2, {
        'worker.mjs': `import { b } from './lib/b.mjs'; postMessage(b);`,
        'pieces/start.mjs': `export const version = await new Promise((resolve) => {
  new Worker(new URL('../worker.mjs', import.meta.url), { type: 'module' }).onmessage = ({ data }) => resolve(String(data));
});`,
        'lib/b.mjs': `globalThis.ran?.('b'); export const b = 2;`,
      });
      await visit();
      await hasModcast();
      expect(await page.evaluate(() => modcast!.offline({ all: true }))).toMatchObject({ failed: 0 });
      stopServer();
      expect(await visit()).toBe(2);
      expect(await lazy()).toBe('2,2');
      const started = () =>
        page.evaluate(async () => (await (globalThis as unknown as Globals).later('start')).version);
      expect(await started()).toBe('2');
    });

    it('so does one of the next deploy, which has runs and modules of the first', async () => {
      await visit();
      await hasModcast();
      await page.evaluate(() => modcast!.offline());
      await direct.publish(2, { 'lib/b.mjs': files(1)['lib/b.mjs']! });
      await visit();
      await hasModcast();
      await page.evaluate(() => modcast!.offline());
      stopServer();
      expect(await visit()).toBe(2);
    });
  });
});
