/**
 * A tab, as far as the bench needs it. Functions run in the page, so they use only their argument.
 *
 * @typedef {object} BenchPage
 * @property {(url: string) => Promise<void>} goto
 * @property {() => Promise<void>} reload starts a reload and does not wait for it
 * @property {<T, R>(run: (argument: T) => R | Promise<R>, argument: T) => Promise<R>} evaluate
 * @property {<T, R>(condition: (argument: T) => R | undefined, argument: T) => Promise<R>} until polls, across
 *   reloads too, until the condition returns something
 * @property {readonly string[]} problems what the page has reported: uncaught errors and console errors
 * @property {() => number} requests number of HTTP requests so far
 * @property {() => Promise<void>} close
 */

/** Longest wait for a page to load or to boot: thousands of modules over a slow network take their time. */
export const PAGE_LIMIT_MS = 180_000;

/**
 * Counts requests and collects problems. Playwright and Puppeteer have the same events.
 *
 * @param {any} page
 * @returns {Pick<BenchPage, 'problems' | 'requests'>}
 */
export function watchPage(page) {
  /** @type {string[]} */
  const problems = [];
  let requests = 0;
  page.on('pageerror', (/** @type {Error} */ error) => problems.push(error.message));
  page.on('console', (/** @type {any} */ message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('request', (/** @type {any} */ request) => {
    // Requests for blob URLs stay in the browser.
    if (request.url().startsWith('http')) requests += 1;
  });
  return { problems, requests: () => requests };
}
