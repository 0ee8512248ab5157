import { setTimeout as delay } from 'node:timers/promises';

const BOOT_LIMIT_MS = 60_000;
/** Pause before each visit, because a browser that just started or closed a page is still busy. */
const PAUSE_MS = 300;

/**
 * @typedef {object} Visit
 * @property {number} ms from the start of the navigation to the main module's last statement
 * @property {number} exports how many names the package's entry exports
 * @property {number} leaf the revision of the leaf that the page ran
 * @property {number} requests number of HTTP requests until then, with the one for the page
 * @property {string | undefined} from source of the modules, as the subject reports it
 */

/**
 * Navigates once, in a new page.
 *
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} url
 * @param {import('./subjects.mjs').Subject} subject
 * @returns {Promise<Visit>}
 */
export async function visit(context, url, subject) {
  await delay(PAUSE_MS);
  const page = await context.newPage();
  /** @type {string[]} */
  const problems = [];
  let requests = 0;
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('request', (request) => {
    // Requests for blob URLs stay in the browser.
    if (request.url().startsWith('http')) requests += 1;
  });
  try {
    await page.goto(url, { timeout: BOOT_LIMIT_MS });
    // The time comes from the page's own clock, so polling does not affect it.
    const handle = await page.waitForFunction(
      () => {
        const { bootedAt, boot } = /** @type {any} */ (globalThis);
        return bootedAt === undefined ? undefined : { ms: bootedAt, ...boot };
      },
      undefined,
      { polling: 50, timeout: BOOT_LIMIT_MS },
    );
    const measured = await handle.jsonValue();
    const requestsOfBoot = requests;
    return { ...measured, requests: requestsOfBoot, from: await subject.settled?.(page) };
  } catch (error) {
    throw new Error(
      `${subject.name} did not boot ${url}: ${problems.join('; ') || 'the page reported no error'}`,
      {
        cause: error,
      },
    );
  } finally {
    await page.close();
  }
}
