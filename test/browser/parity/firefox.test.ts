import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenBrowser } from '../engines/engine.js';
import { firefox } from '../engines/firefox.js';
import { serveModcast } from '../serve-modcast.js';
import { serveNative } from '../serve-native.js';
import type { ServeSite } from '../serve-site.js';
import { fixtureNames } from './harness.js';
import { installRecorder, readRecord, untilFinished } from './recorder.js';

const FIXTURES = join(import.meta.dirname, '../../fixtures/parity');

/** Where the loader does other things in Firefox: the order of scripts, early modules and maps, base URLs. */
/** They do not finish natively: Firefox takes one import map, before any module. */
const UNSUPPORTED = ['base-after-several-importmaps', 'classic-imports-entries-early'];

const NAMES = fixtureNames().filter(
  (name) =>
    !UNSUPPORTED.includes(name) &&
    /^(?:firefox-|base-|classic-|dom-inserted|injected-map|blocking-render|importmap-added)/.test(name),
);

let browser: OpenBrowser;

beforeAll(async () => void (browser = await firefox.launch()));
afterAll(() => browser.close());

/** Errors are not compared: Firefox names the place of a blob and of an inserted script in its own way. */
async function logOf(serve: ServeSite, name: string): Promise<unknown[]> {
  const site = await serve(join(FIXTURES, name));
  const page = await browser.newPage();
  try {
    await page.addInitScript(installRecorder);
    await page.goto(site.url, 'load');
    await page.evaluate(untilFinished);
    const text = (await page.evaluate(readRecord)).replaceAll(new URL(site.url).origin, 'https://site');
    return (JSON.parse(text) as { log: unknown[] }).log;
  } finally {
    await page.close();
    await site.close();
  }
}

describe.each(NAMES)('%s', (name) => {
  it('runs through modcast as it runs natively, in Firefox', async () => {
    expect(await logOf(serveModcast, name)).toEqual(await logOf(serveNative, name));
  });
});
