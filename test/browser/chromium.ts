import { type Browser, chromium } from 'playwright-core';
import { FLAGS, findChromium } from '../chromium.mjs';

/**
 * Starts a headless Chromium. The caller closes it.
 *
 * @throws Error that says how to install one
 */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), headless: true, args: FLAGS });
}
