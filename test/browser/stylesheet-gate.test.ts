import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ChromiumBrowser, launchChromium } from './engines/chromium.js';
import { TemporarySite } from './counted-site.js';
import { GatedSite } from './gated-site.js';

const PAGE = `<!doctype html>
<link rel="stylesheet" href="style.css">
<script type="module" src="main.mjs"></script>
<body></body>`;

const MAIN = `const { color, backgroundColor } = getComputedStyle(document.body);
globalThis.seen = [color, backgroundColor];`;

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** Runs a test on a page whose second style sheet stays away until `release` is called. */
async function onPage(test: (site: GatedSite, open: () => Promise<unknown>) => Promise<void>) {
  const directory = await TemporarySite.create({
    'index.html': PAGE,
    'main.mjs': MAIN,
    'style.css': '@import "imported.css"; body { color: rgb(1, 2, 3); }',
    'imported.css': 'body { background-color: rgb(4, 5, 6); }',
  });
  const site = await GatedSite.open({ directory: directory.directory, timeout: 25_000 });
  const page = await browser.newPage();
  try {
    await test(site, async () => {
      await page.goto(site.url, { waitUntil: 'commit' });
      await site.requested((target) => target.startsWith('/imported.css'));
      // Now the first style sheet and all modules are there.
      await page.waitForFunction(() => document.querySelector('link')?.sheet);
      await page.waitForFunction(() => modcast!.stats().bytes.received > 0);
      site.releaseHttp();
      await page.waitForFunction(() => 'seen' in globalThis);
      return page.evaluate(() => (globalThis as unknown as { seen: unknown }).seen);
    });
  } finally {
    await page.close();
    await site.close();
    await directory.close();
  }
}

it('module scripts wait for the style sheets that a style sheet imports', async () => {
  await onPage(async (site, open) => {
    site.http = (target) => (target.startsWith('/imported.css') ? 'hold' : 'pass');
    expect(await open()).toEqual(['rgb(1, 2, 3)', 'rgb(4, 5, 6)']);
  });
});

it('module scripts do not wait for an imported style sheet that is missing', async () => {
  await onPage(async (site, open) => {
    site.http = (target) => (target.startsWith('/imported.css') ? 'missing' : 'pass');
    expect(await open()).toEqual(['rgb(1, 2, 3)', 'rgba(0, 0, 0, 0)']);
  });
});
