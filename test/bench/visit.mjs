import { setTimeout as delay } from 'node:timers/promises';

/** Pause before each visit, because a browser that just started or closed a page is still busy. */
const PAUSE_MS = 300;
/** After which a developer reloads a page that still shows the old version. */
const PATIENCE_MS = 2_000;
const ANY_LEAF = -1;

/** @typedef {import('./bench-page.mjs').BenchPage} BenchPage */

/**
 * @typedef {object} Visit
 * @property {number} ms from the start of the navigation, or from the save, to the main module's last statement
 * @property {number} exports how many names the package's entry exports
 * @property {number} leaf the revision of the leaf that the page ran
 * @property {number} requests number of HTTP requests until then, with the one for the page
 * @property {number} [retries] how often the page had to be reloaded once more
 * @property {string | undefined} from source of the modules, as the subject reports it
 */

/** What a page says that has booted with this leaf, or with any if it is negative: times from its own clock, so that polling does not affect them. */
const bootOf = (/** @type {number} */ leaf) => {
  const { bootedAt, boot } = /** @type {any} */ (globalThis);
  if (bootedAt === undefined || (leaf >= 0 && boot.leaf !== leaf)) return undefined;
  return { ...boot, ms: bootedAt, at: performance.timeOrigin + bootedAt };
};

/**
 * Navigates once, in a new page, and closes it.
 *
 * @param {import('./browser.mjs').Browser} browser
 * @param {string} url
 * @param {import('./subjects.mjs').Subject} subject
 * @returns {Promise<Visit>}
 */
export async function visit(browser, url, subject) {
  return inPage(browser, url, subject, async (page) => {
    const measured = await page.until(bootOf, ANY_LEAF);
    const requests = page.requests();
    return { ...measured, requests, from: await subject.settled?.(page) };
  });
}

/**
 * Opens a page, then saves a file and reloads the page at once. The server may reload it too: the first boot
 * that has the new version counts.
 *
 * @param {import('./browser.mjs').Browser} browser
 * @param {string} url
 * @param {import('./subjects.mjs').Subject} subject
 * @param {() => Promise<{ at: number, revision: number }>} save writes the file, and resolves with the time
 *   right before that and with its new revision
 * @returns {Promise<Visit>} its time begins with the save
 */
export async function reloadAfterSave(browser, url, subject, save) {
  return inPage(browser, url, subject, async (page) => {
    await page.until(bootOf, ANY_LEAF);
    await subject.settled?.(page);
    await delay(PAUSE_MS);
    const requests = page.requests();
    const saved = await save();
    await page.reload();
    const { at, ...measured } = await bootedWithRetries(page, saved.revision);
    return { ...measured, ms: at - saved.at, requests: page.requests() - requests, from: undefined };
  });
}

/**
 * Waits for a version, and reloads a page that has come to rest without it. A server can miss to tell a page
 * that connects while the server works on the change.
 *
 * @param {BenchPage} page
 * @param {number} leaf
 */
async function bootedWithRetries(page, leaf) {
  let isBooted = false;
  let retries = 0;
  const booted = page.until(bootOf, leaf).finally(() => (isBooted = true));
  while (!isBooted) {
    await Promise.race([booted, delay(PATIENCE_MS)]);
    // The page may be between two documents.
    if (isBooted || !(await page.evaluate(isAtRest, leaf).catch(() => false))) continue;
    retries += 1;
    await page.reload();
  }
  return { ...(await booted), retries };
}

/** Whether a page has booted an older version, or shows Vite's page that waits for the bundle. */
const isAtRest = (/** @type {number} */ leaf) => {
  const { boot } = /** @type {any} */ (globalThis);
  return boot === undefined ? '__vite_is_fallback_page__' in globalThis : boot.leaf !== leaf;
};

/**
 * @template T
 * @param {import('./browser.mjs').Browser} browser
 * @param {string} url
 * @param {import('./subjects.mjs').Subject} subject
 * @param {(page: BenchPage) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function inPage(browser, url, subject, use) {
  await delay(PAUSE_MS);
  const page = await browser.newPage();
  try {
    await page.goto(url);
    return await use(page);
  } catch (error) {
    const why = page.problems.join('; ') || 'the page reported no error';
    throw new Error(`${subject.name} did not boot ${url}: ${why}`, { cause: error });
  } finally {
    await page.close();
  }
}
