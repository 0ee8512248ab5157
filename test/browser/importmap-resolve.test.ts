import fc from 'fast-check';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EMPTY_IMPORT_MAP, type ImportMap } from '../../importmap/import-map.js';
import { parseImportMap } from '../../importmap/parse.js';
import { resolveSpecifier } from '../../importmap/resolve.js';
import { REFERRERS, SPECIFIERS, authoredMap } from '../unit/importmap/arbitraries.js';
import { type ChromiumBrowser, launchChromium } from './engines/chromium.js';
import { type ImportMapPages, type Observed, serveImportMapPages } from './importmap-pages.js';

/** Integrity has no part in resolving, and would keep the probes themselves from loading. */
const accepted = authoredMap.map(({ imports, scopes }) => JSON.stringify({ imports, scopes }));
/** Maps that the standard refuses as a whole: the page must then run without any. */
const refused = fc.constantFrom(
  '{"imports":[]}',
  '{"scopes":{"/":null}}',
  '{"integrity":1}',
  '[]',
  'null',
  '{',
  ' ',
);
const text = fc.oneof({ weight: 14, arbitrary: accepted }, { weight: 1, arbitrary: refused });
const maps = fc.sample(text, { numRuns: 60, seed: 20261104 });

let pages: ImportMapPages;
let browser: ChromiumBrowser;
let page: Page;

beforeAll(async () => {
  pages = await serveImportMapPages(maps);
  browser = await launchChromium();
  page = await browser.newPage();
});

afterAll(async () => {
  await browser?.close();
  await pages?.close();
});

function parsed(map: string, base: string): ImportMap | undefined {
  try {
    return parseImportMap(map, base).map;
  } catch {
    return undefined;
  }
}

test.each(maps.map((map, index) => ({ map, index })))(
  'resolves like Chromium under random import map $index',
  async ({ map: written, index }) => {
    await page.goto(pages.url(index));
    const { errors, resolved } = await page.evaluate(async (specifiers) => {
      const { complete } = globalThis as unknown as { complete: Promise<Observed> };
      const { errors, probes } = await complete;
      const answers = Object.entries(probes).map(([url, resolve]) => [url, specifiers.map(resolve)] as const);
      return { errors, resolved: Object.fromEntries(answers) };
    }, SPECIFIERS);
    const map = parsed(written, pages.url(index));
    expect(errors, written).toHaveLength(map === undefined ? 1 : 0);
    expect(Object.keys(resolved)).toEqual(
      expect.arrayContaining(REFERRERS.map((path) => pages.origin + path)),
    );
    expect(Object.keys(resolved).filter((url) => url.startsWith('blob:'))).toHaveLength(1);

    for (const [referrer, answers] of Object.entries(resolved)) {
      const ours = SPECIFIERS.map((specifier) => {
        const resolution = resolveSpecifier(map ?? EMPTY_IMPORT_MAP, specifier, referrer);
        return [specifier, resolution.state === 'resolved' ? resolution.url : null];
      });
      const theirs = SPECIFIERS.map((specifier, at) => [specifier, answers[at]]);
      expect(ours, `in ${referrer} under ${written}`).toEqual(theirs);
    }
  },
);
