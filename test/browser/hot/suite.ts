import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { RegistryOptions } from '../../../registry/index.js';
import { launchChromium } from '../chromium.js';
import type { Gate } from '../gated-site.js';
import { HotPage } from './hot-page.js';

export interface HotSuite {
  /** Opens the site's page in a browser context of its own. */
  open(
    files: Record<string, string>,
    options?: RegistryOptions,
    path?: string,
    sockets?: Gate,
  ): Promise<HotPage>;
}

/** A Chromium for a file of tests; what a test opens is closed after it. */
export function hotSuite(): HotSuite {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const opened: HotPage[] = [];
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
  });
  afterEach(async () => {
    await context.close();
    await Promise.all(opened.splice(0).map((hot) => hot.close()));
  });
  return {
    async open(files, options, path, sockets) {
      const hot = await HotPage.open(page, files, options, path, sockets);
      opened.push(hot);
      return hot;
    },
  };
}
