// JavaScript, because both the tests and the bench use it, and Node runs the bench without a build.
import { accessSync, constants } from 'node:fs';
import { chromium } from 'playwright-core';

/**
 * Features that slow tests down or open network connections. The suggestion windows of the address bar
 * (`WebUIOmnibox…`) are extra pages for each page, and take longer to start than most tests run. Only the
 * last `--disable-features` flag counts, so the list also repeats the features that the driver disables. After
 * each navigation, Chromium starts a spare process for the next one (`SpareRenderer…`): tests rarely need it.
 */
const DISABLED_FEATURES = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AimEnabled',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'SpareRendererForSitePerProcess',
];

/**
 * `--no-sandbox`: Chromium does not start as root with its sandbox, and continuous-integration containers run
 * as root. The other flags prevent background connections, which hang or fail on a closed network.
 */
export const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${DISABLED_FEATURES.join(',')}`,
];

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * Finds Chromium: the one in CHROMIUM_PATH, else an installed one, else the one that Playwright installed.
 *
 * @returns {string} path of the executable
 * @throws {Error} if CHROMIUM_PATH cannot be run, or no Chromium is found
 */
export function findChromium() {
  const named = process.env['CHROMIUM_PATH'];
  if (named) {
    if (isExecutable(named)) return named;
    throw new Error(`CHROMIUM_PATH is ${named}, which is not executable. Set it to a Chromium executable.`);
  }
  const found = [...INSTALLED, chromium.executablePath()].find(isExecutable);
  if (found) return found;
  throw new Error(
    'No Chromium found. Install one with `apt-get install chromium` or `npx playwright-core install chromium`, ' +
      'or set the environment variable CHROMIUM_PATH to an executable.',
  );
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
