import { accessSync, constants } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/**
 * `--no-sandbox`: Chromium refuses to start as root with its sandbox, and continuous-integration containers run as root.
 * The others keep it from opening connections of its own, which on a closed network hang or fail.
 */
const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * Starts a headless Chromium: the one CHROMIUM_PATH names, else an installed one, else the one in playwright's own
 * registry. The caller closes it. Throws an Error that says how to install one when there is none; a CHROMIUM_PATH
 * that cannot be run is an error too, never a reason to take another browser silently.
 */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), headless: true, args: FLAGS });
}

/** @throws Error that says how to install one */
export function findChromium(): string {
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

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
