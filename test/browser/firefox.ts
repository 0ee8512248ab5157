import { accessSync, constants } from 'node:fs';
import puppeteer, { type Browser } from 'puppeteer-core';

const INSTALLED = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/snap/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
];

/**
 * One process for all pages' contents instead of one a page, and none kept in store: starting them is what
 * takes its time.
 */
const PREFERENCES = {
  'dom.ipc.processCount': 1,
  'dom.ipc.processPrelaunch.enabled': false,
};

/**
 * Starts a headless Firefox: the one FIREFOX_PATH names, else an installed one. The caller closes it.
 *
 * @throws Error that says how to install one
 */
export async function launchFirefox(): Promise<Browser> {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: findFirefox(),
    headless: true,
    extraPrefsFirefox: PREFERENCES,
  });
}

/** @throws Error that says how to install one */
export function findFirefox(): string {
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
