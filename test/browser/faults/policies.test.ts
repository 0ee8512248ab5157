import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { BrowserPage, OpenBrowser } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { faultFiles } from './fault-files.js';
import { HeadersSite } from './headers-site.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

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

inEachEngine(({ name, launch }) => {
  const isChromium = name === 'Chromium';
  let browser: OpenBrowser;
  let tab: BrowserPage;
  const sites: HeadersSite[] = [];
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await tab.close();
    await Promise.all(sites.splice(0).map((site) => site.close()));
  });

  async function visit(opening: Promise<HeadersSite>): Promise<HeadersSite> {
    const site = await opening;
    sites.push(site);
    tab = await browser.newPage();
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
    expect(new Set(await tab.evaluate(() => violations))).toEqual(new Set());
    expect(site.requests.filter((request) => request.startsWith('GET /m')).length).toBeGreaterThan(20);
    expect(site.reports.length).toBeLessThanOrEqual(1);
    expect(tab.lines.filter((line) => line.includes('policy-forbids'))).toHaveLength(1);
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
    await vi.waitFor(() =>
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
    await vi.waitFor(() => expect(tab.lines.join()).toContain('from frame'));
    const line = tab.lines.find((text) => text.includes('from frame'))!;
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
