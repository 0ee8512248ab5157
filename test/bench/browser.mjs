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
 * A browser of its own with an empty profile on disk: no HTTP cache and no IndexedDB at first, and both kept as a
 * visitor's browser keeps them, which a private (in-memory) context does not. Requests are not intercepted
 * anywhere, because interception turns the HTTP cache off. The blank first page stays, or Chromium would end with
 * the last page of the bench.
 *
 * @param {string} directory where the profile is made
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
 * @param {string} directory where a profile may be made
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
