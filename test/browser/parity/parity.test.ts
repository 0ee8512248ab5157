import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../chromium.js';
import { serveModcast } from '../serve-modcast.js';
import { serveNative } from '../serve-native.js';
import { fixtureNames, runFixture } from './harness.js';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
});

describe.each(fixtureNames())('%s', (name) => {
  it('runs through modcast as it runs natively', async () => {
    const native = await runFixture(browser, serveNative, name);
    expect(await runFixture(browser, serveModcast, name)).toEqual(native);
  });
});
