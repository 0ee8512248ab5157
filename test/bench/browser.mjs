import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { FLAGS, findChromium } from '../chromium.mjs';

/**
 * @typedef {object} Browser
 * @property {import('playwright-core').BrowserContext} context
 * @property {() => Promise<void>} close removes the profile too
 */

/**
 * Starts a browser with an empty profile on disk. HTTP cache and IndexedDB are empty at first and persist
 * like in a visitor's browser, unlike in a private (in-memory) context. Requests are never intercepted,
 * because that disables the HTTP cache. The blank first page stays open, because Chromium exits with its last
 * page.
 *
 * @param {string} directory where the profile is created
 * @returns {Promise<Browser>}
 */
export async function launchFresh(directory) {
  const profile = await mkdtemp(path.join(directory, 'profile-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    args: FLAGS,
    // The bench closes its browsers itself, together with its servers.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  return {
    context,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * @param {string} directory where a temporary profile is created
 * @returns {Promise<string>} `Chromium 156.0.8078.79`
 */
export async function browserVersion(directory) {
  const browser = await launchFresh(directory);
  try {
    const page = browser.context.pages()[0] ?? (await browser.context.newPage());
    const session = await browser.context.newCDPSession(page);
    const { product } = await session.send('Browser.getVersion');
    return product.replace(/^(?:Headless)?Chrome\//, 'Chromium ');
  } finally {
    await browser.close();
  }
}
