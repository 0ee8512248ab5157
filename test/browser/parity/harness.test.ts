import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../engines/chromium.js';
import { serveNative } from '../serve-native.js';
import type { ServeSite } from '../serve-site.js';
import { fixtureNames, runFixture } from './harness.js';

/** Any fixture with its page at the root: the servers below put a page of their own in its place. */
const FIXTURE = 'order-diamonds';

let browser: Browser;
let dir: string;

beforeAll(async () => {
  browser = await launchChromium();
  dir = await mkdtemp(join(tmpdir(), 'parity-'));
});

afterAll(async () => {
  await browser.close();
  await rm(dir, { recursive: true });
});

async function run(page: string, deadline?: number) {
  await writeFile(join(dir, 'index.html'), page);
  const serve: ServeSite = () => serveNative(dir);
  return runFixture(browser, serve, FIXTURE, deadline);
}

describe('runFixture', () => {
  it('has fixtures to run', () => {
    expect(fixtureNames()).toContain(FIXTURE);
  });

  it('collects the log, uncaught errors, failed elements, rejections and console calls, without the origin', async () => {
    const observations = await run(`<script>
      globalThis.log = [location.href, location.host];
      addEventListener('unhandledrejection', () => log.push('done'));
      console.warn('a warning', location.href);
      console.log('a message');
    </script>
    <script src="missing.js"></script>
    <script>
      Promise.reject(new TypeError('nobody handles it'));
      throw new RangeError(location.origin);
    </script>`);
    expect(observations).toEqual({
      log: ['https://site/', 'site', 'done'],
      errors: [
        { element: 'script', source: 'missing.js' },
        {
          message: 'Uncaught RangeError: https://site',
          filename: 'https://site/',
          lineno: 10,
          colno: 13,
          name: 'RangeError',
        },
      ],
      rejections: [{ name: 'TypeError', message: 'nobody handles it' }],
      console: ['warning: a warning https://site/'],
    });
  });

  it('ends with globalThis.finished where nothing pushes done', async () => {
    const { log } = await run(`<script>
      globalThis.log = ['started'];
      globalThis.finished = Promise.reject(new Error('settled is enough'));
      finished.catch(() => log.push('settled'));
    </script>`);
    expect(log).toEqual(['started', 'settled']);
  });

  it('tells what was seen so far when a page does not finish', async () => {
    await expect(run(`<script>globalThis.log = ['the last entry'];</script>`, 2_000)).rejects.toThrow(
      /did not finish within 2000 ms[^]*the last entry/,
    );
  });

  it('fails a page that logs nothing', async () => {
    const page = `<script>globalThis.log = []; globalThis.finished = Promise.resolve();</script>`;
    await expect(run(page)).rejects.toThrow('logged nothing');
  });

  it('fails a page without a log', async () => {
    await expect(run('<p>not a fixture</p>')).rejects.toThrow('defines no globalThis.log');
  });
});
