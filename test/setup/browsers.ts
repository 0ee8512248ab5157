import { spawnSync } from 'node:child_process';
import { findChromium } from '../chromium.mjs';
import { findFirefox } from '../browser/firefox.js';

function run(missing: string, command: string, ...args: string[]): boolean {
  console.log(`No ${missing} found: ${command} ${args.join(' ')}`);
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

function isFound(find: () => string): boolean {
  try {
    find();
    return true;
  } catch {
    return false;
  }
}

/** As root, where there is apt. */
const aptInstall = (missing: string, name: string): boolean =>
  process.getuid?.() === 0 &&
  run(missing, 'apt-get', 'update', '-qq') &&
  run(missing, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', name);

/** The browser suites need Chromium and Firefox: they are installed where that can be done. */
export default function setup(): void {
  if (!isFound(findChromium)) {
    const isThere = () => isFound(findChromium);
    const installed = aptInstall('Chromium', 'chromium') && isThere();
    if (!installed) run('Chromium', 'npx', 'playwright-core', 'install', 'chromium');
    // Says how to install one.
    findChromium();
  }
  if (!isFound(findFirefox)) {
    if (process.env['FIREFOX_PATH'] === undefined) aptInstall('Firefox', 'firefox-esr');
    try {
      findFirefox();
    } catch (error) {
      // The suites that need it fail with the same words; the others can do without.
      console.error((error as Error).message);
    }
  }
}
