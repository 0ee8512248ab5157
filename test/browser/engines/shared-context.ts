import { afterAll, afterEach, beforeAll } from 'vitest';
import type { BrowserContext, BrowserPage, Engine, OpenBrowser } from './engine.js';

/**
 * One context for a group of tests: in WebKit each is a process of its own. Tests that need storage of their
 * own serve their site at an origin of its own.
 *
 * @returns a function that opens a page; the end of the test closes it, unless the test does
 */
export function sharedContext({ launch }: Pick<Engine, 'launch'>): () => Promise<BrowserPage> {
  let browser: OpenBrowser;
  let context: BrowserContext;
  const pages = new Set<BrowserPage>();

  beforeAll(async () => {
    browser = await launch();
    context = await browser.newContext();
  });

  afterAll(() => browser.close());

  afterEach(async () => {
    for (const page of pages) await page.close();
  });

  return async () => {
    const page = await context.newPage();
    const close = page.close;
    pages.add(page);
    return Object.assign(page, {
      close() {
        pages.delete(page);
        return close();
      },
    });
  };
}
