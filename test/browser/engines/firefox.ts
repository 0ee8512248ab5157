import { accessSync, constants } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import puppeteer, { type Browser, type BrowserContext, type Page } from 'puppeteer-core';
import { ConsoleMessages } from './console-messages.js';
import { toBrowser, toPage } from './driver.js';
import type { BrowserPage, Engine } from './engine.js';
import { sharing } from './shared-process.js';

const INSTALLED = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/snap/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
];

/**
 * One process for all pages' contents instead of one a page, and none kept in store: starting them is what
 * takes its time. A tab that is not in front has timers as exact as another's.
 */
const PREFERENCES = {
  'dom.min_background_timeout_value_without_budget_throttling': 4,
  'dom.ipc.processCount': 1,
  'dom.ipc.processPrelaunch.enabled': false,
};

export const firefox: Engine = {
  name: 'Firefox',
  capabilities: { mergesImportMaps: false, importsStyleSheets: true },
  find: () => void findFirefox(),
  async launch() {
    const share = await open();
    return toBrowser({
      async newContext() {
        const context = await share.newContext();
        return {
          newPage: async () => toBrowserPage(await openTab(context)),
          close: () => context.close(),
        };
      },
      close: () => share.close(),
    });
  },
};

const open = sharing<BrowserContext, never>(async () => {
  const browser = await launchFirefox();
  return {
    newContext: () => browser.createBrowserContext(),
    isConnected: () => browser.connected,
    close: () => browser.close(),
  };
});

/** The protocol has no limit of its own: each wait has one, and large packages take minutes. */
function launchFirefox(): Promise<Browser> {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: findFirefox(),
    headless: true,
    protocolTimeout: 0,
    // No test uses its events about requests, and they take half of the time that Firefox's main process runs.
    networkEnabled: false,
    extraPrefsFirefox: PREFERENCES,
  });
}

/** Where another tab closes while a tab opens, Firefox sometimes loses the new one. */
async function openTab(context: BrowserContext, attempts = 5): Promise<Page> {
  try {
    return await context.newPage();
  } catch (error) {
    const isLost = String(error).includes('BrowsingContext does no longer exist');
    if (!isLost || attempts === 1) throw error;
    return openTab(context, attempts - 1);
  }
}

function toBrowserPage(page: Page): BrowserPage {
  const console = new ConsoleMessages();
  page.on('console', (message) => {
    const type = message.type() === 'warn' ? 'warning' : message.type();
    // The browser's own messages are not among these events.
    console.push({ type, text: message.text(), byScript: true });
  });
  page.on('pageerror', (error) => {
    console.push({ type: 'uncaught', text: String((error as Error).message), byScript: false });
  });
  return toPage(
    {
      goto: (url, waitUntil, timeout) => navigate(page, url, waitUntil, timeout),
      evaluate: (run, argument) => page.evaluate(run, argument),
      until: async (condition, argument, timeout) =>
        (await page.waitForFunction(condition, { timeout }, argument)).jsonValue(),
      addInitScript: (run) => page.evaluateOnNewDocument(run),
      press: (key) => page.keyboard.press(key),
      click: (x, y) => page.mouse.click(x, y),
      close: () => page.close(),
    },
    console,
  );
}

/** Milliseconds after which a page is asked whether it has loaded. */
const LOST_EVENT_MS = 20_000;

/** A busy Firefox sometimes loses the event that ends a navigation. Then the page itself tells. */
async function navigate(
  page: Page,
  url: string,
  waitUntil: 'domcontentloaded' | 'load',
  timeout: number,
): Promise<void> {
  const started = Date.now();
  let isOver = false;
  const navigation = page.goto(url, { waitUntil, timeout }).finally(() => (isOver = true));
  const told = async () => {
    await delay(Math.min(LOST_EVENT_MS, timeout), undefined, { ref: false });
    const hasLoaded = (to: string, since: number, states: string[]) =>
      location.href === to && performance.timeOrigin >= since && states.includes(document.readyState);
    const states = ['complete', ...(waitUntil === 'load' ? [] : ['interactive'])];
    while (!isOver) {
      // It may be between two documents.
      if (await page.evaluate(hasLoaded, new URL(url).href, started, states).catch(() => false)) return;
      await delay(250);
    }
  };
  await Promise.race([navigation, told()]);
  // Nobody waits for it any more.
  navigation.catch(() => {});
}

/** The Firefox that FIREFOX_PATH names, else an installed one. @throws Error that says how to install one */
function findFirefox(): string {
  const named = process.env['FIREFOX_PATH'];
  const found = (named === undefined ? INSTALLED : [named]).find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    named === undefined
      ? 'No Firefox found. Install one with `apt-get install firefox-esr`, or name one in the environment variable FIREFOX_PATH.'
      : `FIREFOX_PATH is ${named}, which cannot be run.`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
