import { setTimeout as delay } from 'node:timers/promises';

const BOOT_LIMIT_MS = 60_000;
/** A browser that has just started, or closed a page, still tidies up: the same pause for everyone. */
const PAUSE_MS = 300;

/**
 * @typedef {object} Visit
 * @property {number} ms from the start of the navigation to the main module's last statement
 * @property {number} exports how many names the package's entry exports
 * @property {number} leaf the revision of the leaf that the page ran
 * @property {number} requests HTTP requests that the page made until then, itself included
 * @property {string | undefined} from where the subject says that the modules came from
 */

/**
 * One navigation in a page of its own.
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
    // Those for blob URLs stay in the browser.
    if (request.url().startsWith('http')) requests += 1;
  });
  try {
    await page.goto(url, { timeout: BOOT_LIMIT_MS });
    // The page's own clock is read, so the polling takes no part in the measure.
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
