import { accessSync, constants } from 'node:fs';
import puppeteer from 'puppeteer-core';
import { PAGE_LIMIT_MS, watchPage } from './bench-page.mjs';

/** @typedef {import('./bench-page.mjs').BenchPage} BenchPage */

/** The Firefox that FIREFOX_PATH names, else an installed one. */
function findFirefox() {
  const named = process.env['FIREFOX_PATH'];
  const candidates = named === undefined ? ['/usr/bin/firefox-esr', '/usr/bin/firefox'] : [named];
  const found = candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined)
    throw new Error('No Firefox found. Install one, or name one in the environment variable FIREFOX_PATH.');
  return found;
}

/**
 * @param {import('./browser.mjs').LaunchOptions} options
 * @returns {Promise<import('./browser.mjs').Browser>}
 */
export async function launchFirefox({ profile }) {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: findFirefox(),
    headless: true,
    userDataDir: profile,
    acceptInsecureCerts: true,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  return {
    version: (await browser.version()).replace('/', ' ').replace(/^./, (letter) => letter.toUpperCase()),
    newPage: async () => toBenchPage(await browser.newPage()),
    close: () => browser.close(),
  };
}

/**
 * @param {import('puppeteer-core').Page} page
 * @returns {BenchPage}
 */
function toBenchPage(page) {
  return {
    ...watchPage(page),
    goto: async (url) => void (await page.goto(url, { timeout: PAGE_LIMIT_MS })),
    reload: () => page.evaluate(() => location.reload()).catch(() => {}),
    evaluate: (run, argument) => page.evaluate(/** @type {any} */ (run), argument),
    async until(condition, argument) {
      const options = { polling: 50, timeout: PAGE_LIMIT_MS };
      const handle = await page.waitForFunction(/** @type {any} */ (condition), options, argument);
      return /** @type {any} */ (await handle.jsonValue());
    },
    close: () => page.close(),
  };
}
