import fc from 'fast-check';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mergeImportMaps, resolvedModule } from '../../importmap/merge.js';
import { parseImportMap } from '../../importmap/parse.js';
import { resolveSpecifier } from '../../importmap/resolve.js';
import { REFERRERS, SPECIFIERS, authoredMap, specifier } from '../unit/importmap/arbitraries.js';
import { type ChromiumBrowser, launchChromium } from './engines/chromium.js';
import { type ImportMapPages, type Observed, serveImportMapPages } from './importmap-pages.js';

const first = authoredMap.map(({ imports = {}, scopes = {} }) => ({ imports, scopes }));
// Chromium keeps less of a record than the standard: what was resolved in a module at exactly the scope's URL
// does not hold back that scope's rules, and every prefix that ends in a slash counts as resolved, whatever
// the scheme.
const second = first.map(({ imports, scopes }) => ({
  imports,
  scopes: Object.fromEntries(Object.entries(scopes).filter(([scope]) => !scope.endsWith('.mjs'))),
}));
const settling = specifier.filter((name) => !/^(?:data|blob|node|x):/.test(name));

const scenario = fc.record({
  first,
  /** What the page resolves between the two maps. */
  settled: fc.array(fc.tuple(fc.constantFrom(...REFERRERS), settling), { maxLength: 8 }),
  second,
});
const scenarios = fc.sample(scenario, { numRuns: 40, seed: 20261105 });

let pages: ImportMapPages;
let browser: ChromiumBrowser;
let page: Page;

beforeAll(async () => {
  pages = await serveImportMapPages(scenarios.map(({ first }) => JSON.stringify(first)));
  browser = await launchChromium();
  page = await browser.newPage();
});

afterAll(async () => {
  await browser?.close();
  await pages?.close();
});

test.each(scenarios.map((scenario, index) => ({ ...scenario, index })))(
  'merges a second map like Chromium in random scenario $index',
  async ({ first, settled, second, index }) => {
    const url = pages.url(index);
    const before = parseImportMap(first, url).map;
    // Chromium counts specifiers that were blocked as resolved too; the standard does not.
    const requests = settled
      .map(([path, name]) => ({ referrer: pages.origin + path, name }))
      .filter(({ referrer, name }) => resolveSpecifier(before, name, referrer).state === 'resolved');
    await page.goto(url);
    const theirs = await page.evaluate(
      async ({ requests, second, referrers, specifiers }) => {
        const { complete } = globalThis as unknown as { complete: Promise<Observed> };
        const { probes } = await complete;
        for (const { referrer, name } of requests) probes[referrer]?.(name);
        const script = Object.assign(document.createElement('script'), { type: 'importmap', text: second });
        document.head.append(script);
        return referrers.map((referrer) =>
          specifiers.map((name) => [referrer, name, probes[referrer]?.(name)]),
        );
      },
      {
        requests,
        second: JSON.stringify(second),
        referrers: REFERRERS.map((path) => pages.origin + path),
        specifiers: SPECIFIERS,
      },
    );

    const resolved = requests.map(({ referrer, name }) => resolvedModule(name, referrer));
    const { map: merged } = mergeImportMaps(before, parseImportMap(second, url).map, resolved);
    const ours = REFERRERS.map((path) =>
      SPECIFIERS.map((name) => {
        const resolution = resolveSpecifier(merged, name, pages.origin + path);
        return [pages.origin + path, name, resolution.state === 'resolved' ? resolution.url : null];
      }),
    );
    expect(ours, JSON.stringify({ first, settled, second })).toEqual(theirs);
  },
);
