import { createHash } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { eventually } from '../../eventually.js';
import type { BrowserPage } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { sharedContext } from '../engines/shared-context.js';
import { faultFiles } from './fault-files.js';
import { HeadersSite } from './headers-site.js';

declare global {
  /** What the pages record. */
  var violations: string[];
}

/** Records violations before anything else of the page runs. */
const RECORD = `<script>globalThis.log ??= []; globalThis.violations = [];
addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective + ' ' + event.blockedURI));
</script>`;

const header = (policy: string, name = 'Content-Security-Policy') => [
  { match: '(/|html)$', headers: { [name]: policy } },
];

inEachEngine((engine) => {
  const isChromium = engine.name === 'Chromium';
  let tab: BrowserPage;
  const sites: HeadersSite[] = [];
  afterEach(() => Promise.all(sites.splice(0).map((site) => site.close())));
  /** Each site has an origin of its own, and so a storage of its own. */
  const newPage = sharedContext(engine);

  async function visit(opening: Promise<HeadersSite>): Promise<HeadersSite> {
    const site = await opening;
    sites.push(site);
    tab = await newPage();
    await tab.goto(site.url);
    return site;
  }

  const done = () => tab.until(() => log.includes('done'));
  const booted = () => tab.evaluate(() => globalThis.modcast!.ready.then(({ from }) => from));

  it('tries nothing that a policy in a header would report (csp-self-unsafe-inline-reports)', async () => {
    const site = await visit(HeadersSite.fault('csp-self-unsafe-inline-reports'));
    await done();
    const lines = await tab.evaluate(() => log);
    expect(lines.filter((line) => line.startsWith('viol '))).toEqual([]);
    expect(lines).toContain(`${site.url}main.mjs`);
    expect(site.reports).toEqual([]);
    expect(await booted()).toBe('http');
  });

  it('reports only the inline guard to a policy that only reports (report-only-flood)', async () => {
    const site = await visit(HeadersSite.fault('report-only-flood', { 'rec.js': RECORDER }));
    await done();
    // The recorder may run before the event of the guard comes, or after.
    const others = (await tab.evaluate(() => violations)).filter((line) => line !== 'script-src-elem inline');
    expect(others).toEqual([]);
    expect(site.requests.filter((request) => request.startsWith('GET /m')).length).toBeGreaterThan(20);
    expect(site.reports.length).toBeLessThanOrEqual(1);
    expect(tab.lines.filter((line) => line.includes('policy-forbids'))).toHaveLength(1);
  });

  it('reports nothing to a policy that only reports, where the server sets it (report-only-flood)', async () => {
    const site = await visit(HeadersSite.fault('report-only-flood', { 'rec.js': RECORDER }, 'server'));
    await done();
    expect(await booted()).toBe('native');
    expect(await tab.evaluate(() => violations)).toEqual([]);
    expect(site.reports).toEqual([]);
    expect(tab.lines.filter((line) => line.includes('policy-forbids'))).toHaveLength(1);
  });

  it.each(['server', 'proxy'] as const)(
    'reports nothing that the page has not natively, with headers of a %s',
    async (by) => {
      const files = { 'rec.js': RECORDER, 'a.mjs': "import './b.mjs';", 'b.mjs': "log.push('b');" };
      const scripts = (nonce: string) =>
        `<!doctype html><title>t</title><link rel="icon" href="data:,"><script src="rec.js"${nonce}></script>
<script type="importmap"${nonce}>{"imports":{"b":"/b.mjs"}}</script><script type="module" src="a.mjs"${nonce}></script>
<script type="module"${nonce}>import 'b'; log.push('done');</script>`;
      const pages = { 'inline.html': scripts(''), 'nonce.html': scripts(' nonce="n"') };
      const ENFORCED = 'Content-Security-Policy';
      const REPORT_ONLY = 'Content-Security-Policy-Report-Only';
      const cases: readonly (readonly [page: keyof typeof pages, headers: Record<string, string>])[] = [
        ['inline.html', { [REPORT_ONLY]: "script-src 'self' 'unsafe-inline'" }],
        ['inline.html', { [ENFORCED]: "script-src 'self' 'unsafe-inline'" }],
        ['inline.html', { [ENFORCED]: "connect-src 'self'" }],
        ['inline.html', { [ENFORCED]: "default-src 'self' 'unsafe-inline' data: blob:" }],
        ['inline.html', { [REPORT_ONLY]: "img-src data:, script-src 'self' 'unsafe-inline' blob:" }],
        ['inline.html', { [REPORT_ONLY]: "require-trusted-types-for 'script'" }],
        ['inline.html', { [REPORT_ONLY]: "require-trusted-types-for 'script'; trusted-types mine" }],
        [
          'inline.html',
          {
            [ENFORCED]: "script-src 'self' 'unsafe-inline' blob: data:",
            [REPORT_ONLY]: "script-src 'self' 'unsafe-inline'",
          },
        ],
        [
          'inline.html',
          {
            [REPORT_ONLY]:
              "worker-src 'none'; child-src 'none'; frame-src 'none'; style-src 'none'; font-src 'none'; " +
              "base-uri 'none'; form-action 'none'; manifest-src 'none'; media-src 'none'; object-src 'none'; " +
              "script-src-attr 'none'",
          },
        ],
        ['nonce.html', { [ENFORCED]: "script-src 'nonce-n' 'strict-dynamic'; base-uri 'none'" }],
        ['nonce.html', { [ENFORCED]: "script-src 'nonce-n'" }],
        ['nonce.html', { [REPORT_ONLY]: "script-src 'nonce-n'" }],
      ];
      const rules = cases.map(([, headers], index) => ({ match: `/${index}\\.html$`, headers }));
      const copies = Object.fromEntries(cases.map(([page], index) => [`${index}.html`, pages[page]]));
      const reporting = rules.map(({ match, headers }) => ({
        match,
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, policy]) => [
            name,
            policy.replace(/,|$/g, (end) => `; report-uri /csp${end}`),
          ]),
        ),
      }));
      const all = { ...files, ...copies, 'index.html': '<!doctype html><title>t</title>' };
      const site = await visit(HeadersSite.open(all, reporting, {}, by));
      // A page that WebKit suspends while it opens IndexedDB keeps later ones from opening it.
      await tab.until(() => globalThis.modcast !== undefined);
      await tab.evaluate(() => globalThis.modcast!.idle());
      for (const [index, [, headers]] of cases.entries()) {
        for (const visitTo of ['first', 'second']) {
          await tab.goto(`${site.url}${index}.html?${visitTo}`);
          await done();
          await booted();
          await tab.evaluate(() => globalThis.modcast!.idle());
          const what = `${visitTo} visit with ${JSON.stringify(headers)}`;
          expect(await tab.evaluate(() => ({ log, violations })), what).toEqual({
            log: ['b', 'done'],
            violations: [],
          });
          expect(site.reports, what).toEqual([]);
        }
      }
    },
  );

  it.each(["connect-src 'none'", "default-src 'none'; script-src 'self' 'unsafe-inline'"])(
    'leaves a page alone whose policy allows no connection: %s',
    async (policy) => {
      const html = `<link rel="icon" href="data:,">${RECORD}<script type="module" src="a.mjs"></script>`;
      const files = { 'index.html': html, 'a.mjs': "log.push('done')" };
      const icon = policy.startsWith('default') ? '; img-src data:' : '';
      for (const name of ['Content-Security-Policy', 'Content-Security-Policy-Report-Only']) {
        const rules = header(`${policy}${icon}; report-uri /csp`, name);
        const known = await visit(HeadersSite.open(files, rules, {}, 'server'));
        await done();
        expect(await tab.evaluate(() => ({ violations, has: 'modcast' in globalThis }))).toEqual({
          violations: [],
          has: false,
        });
        expect(known.reports).toEqual([]);
        await tab.close();
        // Of a proxy's header, the first attempt tells. There is no second one, and none at the next visit.
        const proxy = await visit(HeadersSite.open(files, rules));
        await done();
        expect(await booted()).toBe('native');
        expect(new Set(await tab.evaluate(() => violations.map((text) => text.split('?')[0])))).toEqual(
          new Set([`connect-src ${proxy.url.replace('http', 'ws')}-/socket`]),
        );
        await tab.goto(`${proxy.url}?again`);
        await done();
        expect(await booted()).toBe('native');
        expect(await tab.evaluate(() => violations)).toEqual([]);
        expect(proxy.requests.filter((request) => request.startsWith('HEAD'))).toEqual([]);
        await tab.close();
      }
    },
  );

  it('blocks only the guard where a proxy allows no inline script', async () => {
    const files = {
      'index.html': '<script type="module" src="a.mjs"></script>',
      'a.mjs': 'globalThis.ran = 1',
    };
    const site = await visit(HeadersSite.open(files, header("script-src 'self'; report-uri /csp")));
    await tab.until(() => 'ran' in globalThis);
    await tab.line('runs without modcast');
    await eventually(() => expect(site.reports).toHaveLength(1));
  });

  it('boots from the cache without waiting for the headers of the page', async () => {
    const files = {
      'index.html': '<script type="module" src="a.mjs"></script>',
      'a.mjs': 'globalThis.ran = 1',
    };
    const site = await visit(HeadersSite.open(files, [], { boot: 'cached' }));
    const ran = () => tab.until(() => 'ran' in globalThis);
    await ran();
    await tab.evaluate(() => globalThis.modcast!.idle());
    site.holdHeads();
    await tab.goto(`${site.url}?again`);
    await ran();
    expect(await booted()).toBe('cache');
    expect(site.requests).toContain('HEAD /?again');
  });

  it('leaves the text of an inline module that a policy allows by its hash', async () => {
    const text = "import './a.mjs'; log.push('done')";
    const hash = createHash('sha256').update(text).digest('base64');
    const html = `<link rel="icon" href="data:,">${RECORD.replace('<script', '<script nonce="n"')}
      <script nonce="n" type="module" src="a.mjs"></script><script type="module">${text}</script>`;
    const policy = header(`script-src 'nonce-n' 'sha256-${hash}' 'self'; report-uri /csp`);
    const site = await visit(HeadersSite.open({ 'index.html': html, 'a.mjs': "log.push('a')" }, policy));
    await done();
    expect(await tab.evaluate(() => ({ log, violations }))).toEqual({ log: ['a', 'done'], violations: [] });
    expect(await booted()).not.toBe('native');
    expect(site.reports).toEqual([]);
  });

  it.each([
    ["'self' 'unsafe-inline' blob: data:", 'network'],
    ["'self' 'unsafe-inline' blob:", 'network'],
    ["'self' 'unsafe-inline'", 'http'],
  ])('boots as far as a policy that only reports permits: %s', async (sources, from) => {
    const policy = header(`script-src ${sources}; report-uri /csp`, 'Content-Security-Policy-Report-Only');
    const site = await visit(
      HeadersSite.open(
        { 'index.html': `${RECORD}<script type="module" src="a.mjs"></script>`, 'a.mjs': "log.push('done')" },
        policy,
      ),
    );
    await done();
    expect(await booted()).toBe(from);
    expect(await tab.evaluate(() => violations)).toEqual([]);
    expect(site.reports).toEqual([]);
  });

  it.each(['mine', "'none'", ''])(
    'runs a page natively whose Trusted Types allow no policy of modcast: %s (trusted-types-named)',
    async (names) => {
      const { 'index.html': html, 'a.mjs': a } = {
        'index.html': `<!doctype html><title>t</title>${RECORD}<script type="module" src="/a.mjs"></script>`,
        'a.mjs': "log.push('a', 'done')",
      };
      await visit(
        HeadersSite.open(
          { 'index.html': html, 'a.mjs': a },
          header(`require-trusted-types-for 'script'; trusted-types ${names}`),
        ),
      );
      await done();
      expect(await booted()).toBe('native');
      expect(await tab.evaluate(() => ({ log, violations }))).toMatchObject({
        log: ['a', 'done'],
        violations: [],
      });
      expect(tab.lines.filter((line) => line.includes('policy-forbids'))).toHaveLength(1);
    },
  );

  it('boots a page whose Trusted Types allow its policy', async () => {
    const html = `<!doctype html><title>t</title>${RECORD}<script type="module">import './a.mjs'; log.push('done')</script>`;
    const policy = header("require-trusted-types-for 'script'; trusted-types modcast mine");
    await visit(HeadersSite.open({ 'index.html': html, 'a.mjs': "log.push('a')" }, policy));
    await done();
    expect(await booted()).toBe('network');
    expect(await tab.evaluate(() => ({ log, violations }))).toMatchObject({
      log: ['a', 'done'],
      violations: [],
    });
  });

  it('gives the loader integrity for an Integrity-Policy (integrity-policy)', async () => {
    await visit(HeadersSite.fault('integrity-policy', { 'a.mjs': '' }));
    await done();
    expect(await tab.evaluate(() => log)).toEqual(['inline string', 'done']);
    expect(await booted()).not.toBe('native');
  });

  it('runs an inline module that a policy allows by its hash (hash-only-inline-module)', async () => {
    await visit(HeadersSite.fault('hash-only-inline-module'));
    await done();
    expect(await tab.evaluate(() => log)).toEqual(['inline string', 'done']);
    expect(await tab.evaluate(() => globalThis.modcast === undefined)).toBe(true);
  });

  it('leaves a page alone for its policy, and says so on the console and to the terminal (csp-self)', async () => {
    const { 'index.html': html = '', ...files } = faultFiles('csp-self');
    const opening = HeadersSite.open({ ...files, 'index.html': html }, [], { watch: true });
    const reasons: unknown[] = [];
    (await opening).registry.on('unchanged', (...reason) => reasons.push(reason));
    await visit(opening);
    await tab.until(() => document.body.textContent.startsWith('ok 2'));
    await tab.until(
      () =>
        performance.getEntriesByName(new URL('/-/notice.js?reason=inline-script', location.href).href)
          .length > 0,
    );
    await eventually(() =>
      expect(tab.lines.filter((line) => line.includes('served as it is'))).toHaveLength(1),
    );
    expect(reasons).toEqual([['index.html', 'inline-script', "script-src 'self'"]]);
  });

  it('runs an inline module in a sandboxed frame (sandbox-inline-module)', async () => {
    await visit(HeadersSite.fault('sandbox-inline-module'));
    await done();
    expect(await tab.evaluate(() => log)).toEqual(['inner null', 'done']);
  });

  it('gives a sandboxed frame of the site its files (sandboxed-iframe)', async () => {
    await visit(HeadersSite.fault('sandboxed-iframe'));
    const line = await tab.line('from frame');
    expect(line).toContain('"inline":"ran"');
    expect(line).toContain('"css":"rgb(1, 2, 3)"');
    expect(line).toContain('"classic":1');
    // Firefox runs the module before it has loaded the image, from a plain server too.
    if (isChromium) expect(line).toContain('"img":8');
  });

  it('asks for the headers of the page once', async () => {
    const site = await visit(
      HeadersSite.open({ 'index.html': `${RECORD}<script type="module">log.push('done')</script>` }, []),
    );
    await done();
    expect(await booted()).not.toBe('native');
    expect(site.requests.filter((request) => request === 'HEAD /').length).toBeLessThanOrEqual(1);
  });
});

/** The fixture's own recorder, with violations. */
const RECORDER = `globalThis.log = []; globalThis.violations = [];
addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective + ' ' + event.blockedURI));`;
