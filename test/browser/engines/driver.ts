import type { ConsoleMessages } from './console-messages.js';
import type { BrowserContext, BrowserPage, Key, OpenBrowser } from './engine.js';

/** Milliseconds that a page waits for a condition, if the test does not say otherwise. */
const WAIT = 100_000;

/** A function whose source text runs in the page. */
export type Run = (argument: unknown) => unknown;

/** The operations of one page that each engine's driver implements. Times are in milliseconds. */
export interface Driver {
  goto(url: string, until: 'domcontentloaded' | 'load', timeout: number): Promise<unknown>;
  evaluate(run: Run, argument: unknown): Promise<unknown>;
  until(condition: Run, argument: unknown, timeout: number): Promise<unknown>;
  addInitScript(run: () => void): Promise<unknown>;
  press(key: Key): Promise<void>;
  click(x: number, y: number): Promise<void>;
  close(): Promise<void>;
}

/** Makes a page from an engine's operations and its console. */
export function toPage(driver: Driver, console: ConsoleMessages): BrowserPage {
  const evaluate = (run: Run, argument?: unknown) =>
    limited(driver.evaluate(run, argument), page.timeout, () => `no answer of ${run.toString()}`);
  const until = async (condition: Run, argument?: unknown) => {
    try {
      return await driver.until(condition, argument, page.timeout);
    } catch (error) {
      const log = await driver
        .evaluate(() => JSON.stringify((globalThis as { log?: unknown }).log), undefined)
        .catch(String);
      const what = `${condition.toString()}\nwith ${JSON.stringify(argument)}`;
      throw new Error(
        `${(error as Error).message}\nwaiting for ${what}\nLog: ${log as string}${console.toString()}`,
      );
    }
  };
  let hasInitScript = false;
  const page: BrowserPage = {
    timeout: WAIT,
    goto: async (url, state = 'domcontentloaded') => void (await driver.goto(url, state, page.timeout)),
    evaluate: evaluate as BrowserPage['evaluate'],
    until: until as BrowserPage['until'],
    async addInitScript(run) {
      hasInitScript = true;
      await driver.addInitScript(run);
    },
    press: (key) => driver.press(key),
    click: (x, y) => driver.click(x, y),
    messages: console.messages,
    lines: console.lines,
    line: (text) => console.line(text, page.timeout),
    async reset() {
      if (hasInitScript) return false;
      page.timeout = WAIT;
      await page.goto('about:blank');
      console.clear();
      return true;
    },
    close: () => driver.close(),
  };
  return page;
}

/** Makes a browser whose pages have a context of their own, unless the test opens one. */
export function toBrowser(browser: Omit<OpenBrowser, 'newPage'>): OpenBrowser {
  return {
    ...browser,
    async newPage() {
      const context: BrowserContext = await browser.newContext();
      const page = await context.newPage();
      return Object.assign(page, { close: () => context.close() });
    },
  };
}

/** @throws Error where `work` takes longer than `ms` milliseconds */
export async function limited<T>(work: Promise<T>, ms: number, what: () => string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what()} within ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
