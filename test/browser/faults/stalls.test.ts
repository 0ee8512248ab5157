import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodePackHeader, encodeRecords, encodeSegment } from '../../../schema/index.js';
import { bytesOf, recordOf } from '../../unit/loader/fakes.js';
import { booted, each, once, STATIC_MODULES } from '../counted-site.js';
import { type ChromiumBrowser, chromium, launchChromium, toBrowserPage } from '../engines/chromium.js';
import type { BrowserPage } from '../engines/engine.js';
import { directory, eachOnItsOwnSite, FILES, files, nameOf, serve, site, visit } from '../fallback-visits.js';
import type { Frame } from '../frame-relay.js';

eachOnItsOwnSite(chromium);

/** A browser whose pages have a clock that the test sets. */
let browser: ChromiumBrowser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

/** Milliseconds that a page may wait for a socket that says nothing: 500 until it speaks, and then 1,500. */
const PATIENCE = 2000;

/** Milliseconds by which the clock of a page advances. */
const STEP = 50;

/** Bytes that the page's socket has brought. */
const received = (page: BrowserPage) => page.evaluate(() => modcast?.stats().bytes.received ?? 0);

const isBooted = (page: BrowserPage) =>
  page.evaluate(() => (globalThis.modcast?.stats().boot ?? null) !== null);

async function newClockedPage() {
  const opened = await browser.newPage();
  await opened.clock.install({ time: 0 });
  await opened.clock.pauseAt(1000);
  return { page: toBrowserPage(opened), clock: opened.clock };
}

/**
 * Opens the page, whose clock stands still until the relay has nothing more to send.
 *
 * @returns what the page has evaluated
 */
async function bootWithin(ms: number) {
  const { page, clock } = await newClockedPage();
  const before = site.relay.sent;
  await page.goto(site.url);
  await site.relay.seen(() => isSilent);
  // All that came has been read.
  await expect.poll(() => received(page)).toBe(site.relay.sent - before);
  // Between the steps, the page gets the answers to its requests.
  for (let passed = 0; passed < ms; passed += STEP) await clock.runFor(STEP);
  // The page's scripts need a timer now and then: its clock goes on, but slowly.
  const isBootedLater = async () => {
    await clock.runFor(1);
    return isBooted(page);
  };
  await expect.poll(isBootedLater, { interval: 50 }).toBe(true);
  const evaluated = await booted(page);
  await page.close();
  return evaluated;
}

let isSilent = false;
afterEach(() => void (isSilent = false));

/** From this frame on the relay sends what a broken proxy makes of it, and nothing else. */
function breakAt(fits: (frame: Frame) => boolean, ...instead: (string | Uint8Array)[]): void {
  site.relay.judge = (frame) => {
    if (!fits(frame)) return 'pass';
    isSilent = true;
    return instead;
  };
}

const isText = (type: string) => (frame: Frame) => frame.kind === 'text' && frame.message.type === type;

const whole = { counts: once(STATIC_MODULES), versions: each(FILES.map(nameOf), 1), deploy: 1 };

const segmentOf = (...texts: string[]): Uint8Array => {
  const body = encodeRecords(texts.map((text) => recordOf(text)));
  return encodeSegment({ encoding: 'identity', count: texts.length, rawLength: body.length, body });
};

describe('stalls: the socket says nothing more', () => {
  it('in the middle of a pack: what has come runs, the rest comes over HTTP', async () => {
    // Longer than a segment, so that it has its own segment, which arrives last.
    await directory.write({ 'main.mjs': `${files(1)['main.mjs']}/*${'x'.repeat(200_000)}*/` });
    await serve({});
    let segments = 0;
    breakAt((frame) => frame.kind === 'segment' && ++segments === 2);
    expect(await booted(await visit())).toEqual({ ...whole, from: 'network' });
    expect(site.moduleRequests.length).toBeGreaterThan(0);
    expect(site.moduleRequests.length).toBeLessThan(FILES.length);
    // Less than the ten seconds after which the socket counts as lost.
  }, 9000);

  it.each<[string, (frame: Frame) => boolean]>([
    ['before the welcome', isText('welcome')],
    ['after the welcome', isText('manifest')],
    ['after the manifest', isText('pack')],
    ['before the pack’s first segment', (frame) => frame.kind === 'segment'],
  ])('%s', async (_, fits) => {
    await serve({});
    breakAt(fits);
    expect(await bootWithin(PATIENCE)).toEqual({ ...whole, from: 'http' });
  });
});

describe('stalls: garbage on the socket, and no answer to a close', () => {
  const welcome = (frame: Frame) => isText('welcome')(frame);
  const unasked = (texts: string[]) =>
    [
      JSON.stringify({ type: 'pack', id: 1, count: texts.length, bytes: 1 }),
      encodePackHeader(texts.length),
      segmentOf(...texts),
    ] as const;

  it.each<[string, (frame: Frame) => boolean, readonly (string | Uint8Array)[]]>([
    ['a binary message that is no pack', welcome, [bytesOf('garbage')]],
    [
      'frames of a pack that are garbage',
      isText('pack'),
      [
        JSON.stringify({ type: 'pack', id: 1, count: 1, bytes: 1 }),
        bytesOf('garbage that is long enough for a header'),
      ],
    ],
    ['text that is not JSON', welcome, ['garbage']],
    [
      'a manifest before the welcome',
      welcome,
      [JSON.stringify({ type: 'manifest', base: null, entries: [], importMap: null, set: [], delete: [] })],
    ],
    ['a truncated segment', (frame) => frame.kind === 'segment', [segmentOf('a', 'b').subarray(0, 40)]],
    ['a pack that nobody asked for', isText('pack'), unasked(['a', 'b'])],
    ['a pack before the welcome', welcome, unasked(['a'])],
    [
      'a welcome twice',
      isText('manifest'),
      [JSON.stringify({ type: 'welcome', protocol: 1, deploy: 1, manifest: 'f'.repeat(64) })],
    ],
  ])('%s', async (_, fits, instead) => {
    await serve({});
    breakAt(fits, ...instead);
    expect(await bootWithin(PATIENCE)).toMatchObject(whole);
    expect(site.moduleRequests).toHaveLength(FILES.length);
  });
});

it('stalls: a slow but steady pack is not cut off', async () => {
  await directory.write({ 'main.mjs': `${files(1)['main.mjs']}/*${noise(300_000)}*/` });
  await serve({});
  const { page, clock } = await newClockedPage();
  const go: (() => void)[] = [];
  site.relay.pace = (send) => go.push(send);
  await page.goto(site.url);
  let messages = 0;
  while (!(await isBooted(page))) {
    // The page's scripts need a timer now and then.
    await clock.runFor(1);
    const send = go.shift();
    if (send === undefined) continue;
    const before = await received(page);
    send();
    await expect.poll(() => received(page)).toBeGreaterThan(before);
    // A second between any two parts of the pack, and far more in all than a page waits for a silent socket.
    if (++messages > 3) await clock.runFor(1000);
  }
  expect(await booted(page)).toEqual({ ...whole, from: 'network' });
  await page.close();
  expect(messages).toBeGreaterThan(8);
  expect(site.moduleRequests).toEqual([]);
});

/** Text that does not compress well. */
function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state % 36).toString(36);
  }).join('');
}
