import { chromium } from 'playwright-core';
import { FLAGS, findChromium } from '../chromium.mjs';
import { PAGE_LIMIT_MS, watchPage } from './bench-page.mjs';

/** @typedef {import('./bench-page.mjs').BenchPage} BenchPage */

/**
 * @param {import('./browser.mjs').LaunchOptions} options
 * @returns {Promise<import('./browser.mjs').Browser>}
 */
export async function launchChromium({ profile, trusted }) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    // Not `ignoreHTTPSErrors`: Chromium caches nothing that came with an error of its certificate.
    args: [...FLAGS, ...(trusted === undefined ? [] : [`--ignore-certificate-errors-spki-list=${trusted}`])],
    // The bench closes its browsers itself, together with its servers.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const session = await context.newCDPSession(page);
  const { product } = await session.send('Browser.getVersion');
  return {
    version: product.replace(/^(?:Headless)?Chrome\//, 'Chromium '),
    newPage: async () => toBenchPage(await context.newPage()),
    close: () => context.close(),
  };
}

/**
 * @param {import('playwright-core').Page} page
 * @returns {BenchPage}
 */
function toBenchPage(page) {
  return {
    ...watchPage(page),
    goto: async (url) => void (await page.goto(url, { timeout: PAGE_LIMIT_MS })),
    // The reload can end the evaluation that starts it.
    reload: () => page.evaluate(() => location.reload()).catch(() => {}),
    evaluate: (run, argument) => page.evaluate(/** @type {any} */ (run), argument),
    async until(condition, argument) {
      const options = { polling: 50, timeout: PAGE_LIMIT_MS };
      const handle = await page.waitForFunction(/** @type {any} */ (condition), argument, options);
      return handle.jsonValue();
    },
    close: () => page.close(),
  };
}
