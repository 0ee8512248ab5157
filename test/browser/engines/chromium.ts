import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium as playwright,
  type Page,
} from 'playwright-core';
import { FLAGS, findChromium } from '../../chromium.mjs';
import { ConsoleMessages } from './console-messages.js';
import { toBrowser, toPage } from './driver.js';
import type { BrowserPage, Engine } from './engine.js';
import { type BrowserShare, sharing } from './shared-process.js';

export interface ChromiumBrowser extends BrowserShare<BrowserContext, BrowserContextOptions> {
  /** Opens a page in a new context, and closes that with the page. */
  newPage(): Promise<Page>;
}

const open = sharing<BrowserContext, BrowserContextOptions>((): Promise<Browser> =>
  playwright.launch({ executablePath: findChromium(), headless: true, args: FLAGS }),
);

/**
 * Opens a headless Chromium with playwright-core, for tests that need more of it than an `OpenBrowser`. The
 * caller closes it.
 *
 * @throws Error that says how to install one
 */
export async function launchChromium(): Promise<ChromiumBrowser> {
  const share = await open();
  return {
    newContext: (options) => share.newContext(options),
    async newPage() {
      const context = await share.newContext();
      const page = await context.newPage();
      return Object.assign(page, { close: () => context.close() });
    },
    close: () => share.close(),
  };
}

export const chromium: Engine = {
  name: 'Chromium',
  capabilities: { mergesImportMaps: true, importsStyleSheets: true },
  find: () => void findChromium(),
  async launch() {
    const browser = await launchChromium();
    return toBrowser({
      async newContext() {
        const context = await browser.newContext();
        return {
          newPage: async () => toBrowserPage(await context.newPage()),
          close: () => context.close(),
        };
      },
      close: () => browser.close(),
    });
  },
};

/** For tests that need more of a page than a `BrowserPage`. */
export function toBrowserPage(page: Page): BrowserPage {
  const console = new ConsoleMessages();
  page.on('console', (message) => {
    // The browser asks for an icon on its own, some time after the load event.
    if (message.location().url.endsWith('/favicon.ico')) return;
    const isCall = message.args().length > 0;
    // Only a call has arguments, and a call without any writes an empty text.
    console.push({
      type: message.type(),
      text: message.text(),
      byScript: isCall || message.text() === '',
    });
  });
  page.on('pageerror', ({ message }) => console.push({ type: 'uncaught', text: message, byScript: false }));
  return toPage(
    {
      goto: (url, waitUntil, timeout) => page.goto(url, { waitUntil, timeout }),
      evaluate: (run, argument) => page.evaluate(run, argument),
      until: async (condition, argument, timeout) =>
        (await page.waitForFunction(condition, argument, { timeout })).jsonValue(),
      addInitScript: (run) => page.addInitScript(run),
      press: (key) => page.keyboard.press(key),
      click: (x, y) => page.mouse.click(x, y),
      close: () => page.close(),
    },
    console,
  );
}
