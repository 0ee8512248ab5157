import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../engines/chromium.js';
import { serveModcast } from '../serve-modcast.js';
import { serveNative } from '../serve-native.js';
import { fixtureNames, runFixture } from './harness.js';
import { KNOWN_DIFFERENCES } from './known-differences.js';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
});

const names = fixtureNames();

describe.each(names.filter((name) => !(name in KNOWN_DIFFERENCES)))('%s', (name) => {
  it('runs through modcast as it runs natively', async () => {
    const native = await runFixture(browser, serveNative, name);
    expect(await runFixture(browser, serveModcast, name)).toEqual(native);
  });
});

describe.each(names.filter((name) => name in KNOWN_DIFFERENCES))('%s', (name) => {
  const { reason, same } = KNOWN_DIFFERENCES[name]!;
  it(`differs only in that ${reason}`, async () => {
    const native = await runFixture(browser, serveNative, name);
    const ours = await runFixture(browser, serveModcast, name);
    expect(same(ours)).toEqual(same(native));
    // A difference that is gone is to go from the list.
    expect(ours).not.toEqual(native);
  });
});

it('knows no difference of a fixture that is gone', () => {
  expect(Object.keys(KNOWN_DIFFERENCES).filter((name) => !names.includes(name))).toEqual([]);
});
