import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';

// As in test/browser/chromium.ts, which Node cannot load without a build.
const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function findChromium() {
  const named = process.env['CHROMIUM_PATH'];
  if (named) {
    if (isExecutable(named)) return named;
    throw new Error(`CHROMIUM_PATH is ${named}, which cannot be run.`);
  }
  const found = [...INSTALLED, chromium.executablePath()].find(isExecutable);
  if (found) return found;
  throw new Error(
    'No Chromium found. Install one with `apt-get install chromium` or `npx playwright-core install chromium`, ' +
      'or name one in the environment variable CHROMIUM_PATH.',
  );
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

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
