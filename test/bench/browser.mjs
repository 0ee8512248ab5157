import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { launchChromium } from './chromium.mjs';
import { launchFirefox } from './firefox.mjs';

/**
 * @typedef {object} Browser
 * @property {string} version `Chromium 156.0.8078.79`
 * @property {() => Promise<import('./bench-page.mjs').BenchPage>} newPage
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} LaunchOptions
 * @property {string} profile an empty directory
 * @property {string | undefined} trusted SHA-256 of the public key of the bench's certificate, in Base64
 */

/** @type {Record<string, (options: LaunchOptions) => Promise<Browser>>} */
export const ENGINES = { chromium: launchChromium, firefox: launchFirefox };

/**
 * Starts a browser with an empty profile on disk. HTTP cache and IndexedDB are empty at first and persist
 * like in a visitor's browser, unlike in a private (in-memory) context. Requests are never intercepted,
 * because that disables the HTTP cache. The blank first page stays open, because browsers exit with their last
 * page.
 *
 * @param {object} options
 * @param {string} options.engine one of ENGINES
 * @param {string} options.directory where the profile is created
 * @param {string | undefined} [options.trusted] see LaunchOptions
 * @returns {Promise<Browser>}
 */
export async function launchFresh({ engine, directory, trusted }) {
  const profile = await mkdtemp(path.join(directory, 'profile-'));
  const launch = ENGINES[engine];
  if (launch === undefined) throw new Error(`unknown engine ${engine}`);
  const browser = await launch({ profile, trusted });
  /** @type {Promise<void> | undefined} */
  let closed;
  const close = async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { ...browser, close: () => (closed ??= close()) };
}

/**
 * @param {string} engine one of ENGINES
 * @param {string} directory where a temporary profile is created
 */
export async function browserVersion(engine, directory) {
  const browser = await launchFresh({ engine, directory });
  await browser.close();
  return browser.version;
}
