import type { Page as PlaywrightPage } from 'playwright-core';
import type { Page as PuppeteerPage } from 'puppeteer-core';
import { launchChromium } from '../chromium.js';
import { launchFirefox } from '../firefox.js';

/** Milliseconds that a test waits for a condition. Long, because the machine may be busy. */
const WAIT = 60_000;

export type Key = 'Escape' | 'Tab' | 'Enter' | 'x';

type Falsy = false | null | undefined | 0 | '';

/**
 * A page of any browser. Functions are sent to it as source text, so they cannot use variables of the test.
 */
export interface BrowserPage {
  /** Resolves when the document has been parsed. */
  goto(url: string): Promise<void>;
  evaluate<R>(run: () => R | Promise<R>): Promise<R>;
  evaluate<R, A>(run: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
  /** Waits until the condition returns a truthy value, across reloads. @returns that value */
  until<R>(condition: () => R): Promise<Exclude<R, Falsy>>;
  until<R, A>(condition: (argument: A) => R, argument: A): Promise<Exclude<R, Falsy>>;
  press(key: Key): Promise<void>;
  /** Clicks the left button at a position in CSS pixels. */
  click(x: number, y: number): Promise<void>;
  /** Console lines of all its documents, in order. */
  readonly lines: readonly string[];
  /** Waits for a console line that contains `text`. Earlier lines count too. @returns the first such line */
  line(text: string): Promise<string>;
  /** Closes the page and its browser context. */
  close(): Promise<void>;
}

export interface OpenBrowser {
  /** Opens a page in a new context: nothing is shared with other pages. */
  newPage(): Promise<BrowserPage>;
  close(): Promise<void>;
}

export interface BrowserKind {
  readonly name: 'Chromium' | 'Firefox';
  /**
   * Whether a page accepts import maps after its first module. If not, new modules are imported by blob URL.
   */
  readonly mergesImportMaps: boolean;
  launch(): Promise<OpenBrowser>;
}

class ConsoleLines {
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  push(text: string): void {
    this.lines.push(text);
    for (const look of this.#waiting) look();
  }

  line(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`No console line contains “${text}”.${this.toString()}`));
      }, WAIT);
      const look = () => {
        const found = this.lines.find((line) => line.includes(text));
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  toString(): string {
    return `\nConsole:\n${this.lines.map((line) => `  ${line}\n`).join('')}`;
  }
}

type Run = (argument: never) => unknown;

/** The operations that both drivers support. */
interface Driver {
  goto(url: string): Promise<unknown>;
  evaluate(run: Run, argument: unknown): Promise<unknown>;
  until(condition: Run, argument: unknown): Promise<unknown>;
  press(key: Key): Promise<void>;
  click(x: number, y: number): Promise<void>;
  close(): Promise<void>;
}

function toPage(driver: Driver, consoleLines: ConsoleLines): BrowserPage {
  const evaluate = (run: Run, argument?: unknown) => driver.evaluate(run, argument);
  const until = async (condition: Run, argument?: unknown) => {
    try {
      return await driver.until(condition, argument);
    } catch (error) {
      const log = await driver.evaluate(() => JSON.stringify(globalThis.log), undefined).catch(String);
      const what = `${condition.toString()}\nwith ${JSON.stringify(argument)}`;
      throw new Error(
        `${(error as Error).message}\nwaiting for ${what}\nLog: ${log as string}${consoleLines.toString()}`,
      );
    }
  };
  return {
    goto: async (url) => void (await driver.goto(url)),
    evaluate: evaluate as BrowserPage['evaluate'],
    until: until as BrowserPage['until'],
    press: (key) => driver.press(key),
    click: (x, y) => driver.click(x, y),
    lines: consoleLines.lines,
    line: (text) => consoleLines.line(text),
    close: () => driver.close(),
  };
}

function playwrightPage(page: PlaywrightPage): BrowserPage {
  const consoleLines = new ConsoleLines();
  page.on('console', (message) => consoleLines.push(message.text()));
  page.on('pageerror', (error) => consoleLines.push(error.message));
  page.setDefaultTimeout(WAIT);
  return toPage(
    {
      goto: (url) => page.goto(url, { waitUntil: 'domcontentloaded' }),
      evaluate: (run, argument) => page.evaluate(run as (argument: unknown) => unknown, argument),
      until: async (condition, argument) =>
        (await page.waitForFunction(condition as (argument: unknown) => unknown, argument)).jsonValue(),
      press: (key) => page.keyboard.press(key),
      click: (x, y) => page.mouse.click(x, y),
      close: () => page.context().close(),
    },
    consoleLines,
  );
}

function puppeteerPage(page: PuppeteerPage): BrowserPage {
  const consoleLines = new ConsoleLines();
  page.on('console', (message) => consoleLines.push(message.text()));
  page.on('pageerror', (error) => consoleLines.push(String((error as Error).message)));
  page.setDefaultTimeout(WAIT);
  return toPage(
    {
      goto: (url) => page.goto(url, { waitUntil: 'domcontentloaded' }),
      evaluate: (run, argument) => page.evaluate(run as (argument: unknown) => unknown, argument),
      until: async (condition, argument) =>
        (await page.waitForFunction(condition as (argument: unknown) => unknown, {}, argument)).jsonValue(),
      press: (key) => page.keyboard.press(key),
      click: (x, y) => page.mouse.click(x, y),
      close: () => page.browserContext().close(),
    },
    consoleLines,
  );
}

export const chromium: BrowserKind = {
  name: 'Chromium',
  mergesImportMaps: true,
  async launch() {
    const browser = await launchChromium();
    return {
      newPage: async () => playwrightPage(await (await browser.newContext()).newPage()),
      close: () => browser.close(),
    };
  },
};

export const firefox: BrowserKind = {
  name: 'Firefox',
  mergesImportMaps: false,
  async launch() {
    const browser = await launchFirefox();
    return {
      newPage: async () => puppeteerPage(await (await browser.createBrowserContext()).newPage()),
      close: () => browser.close(),
    };
  },
};

export const browsers: readonly BrowserKind[] = [chromium, firefox];
