import { readdirSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import type { ServeSite } from '../serve-site.js';
import { installRecorder, type PageRecord, readRecord, untilFinished } from './recorder.js';

const FIXTURES = fileURLToPath(new URL('../../fixtures/parity/', import.meta.url));

/** Far above what a fixture takes on a loaded machine; only a fixture that never finishes reaches it. */
const DEADLINE_MS = 10_000;

/** What a page could see of how its modules ran, with the site's origin replaced by `https://site`. */
export interface Observations extends PageRecord {
  log: unknown[];
  /** The page's own console.error and console.warn calls; the browser's messages are not among them. */
  console: string[];
}

/** The names of all fixtures: the directories of test/fixtures/parity. */
export function fixtureNames(): string[] {
  return readdirSync(FIXTURES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/**
 * Serves the fixture `name`, opens its page in a fresh context of `browser` and returns what it observed once
 * it is finished (see test/fixtures/parity/README.md). Throws an Error with everything seen so far when it
 * does not finish within `deadline` milliseconds, and when it finishes without having logged anything.
 */
export async function runFixture(
  browser: Browser,
  serve: ServeSite,
  name: string,
  deadline = DEADLINE_MS,
): Promise<Observations> {
  const dir = join(FIXTURES, name);
  const site = await serve(dir);
  try {
    const context = await browser.newContext();
    try {
      const url = new URL(pageOf(dir), site.url);
      const observations = await observe(await context.newPage(), url, deadline);
      if (observations.log.length === 0) throw new Error(`The fixture ${name} logged nothing.`);
      return observations;
    } finally {
      await context.close();
    }
  } finally {
    await site.close();
  }
}

/** A fixture has one index.html, at its root or below; its directory's URL is where the page is opened. */
function pageOf(dir: string): string {
  const pages = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(^|[\\/])index\.html$/.test(file))
    .map((file) => dirname(file).split(sep).join('/'));
  const [page, ...others] = pages;
  if (page === undefined || others.length > 0)
    throw new Error(`${dir} has ${pages.length} index.html files.`);
  return `${page}/`;
}

async function observe(page: Page, url: URL, deadline: number): Promise<Observations> {
  const calls: string[] = [];
  const diagnostics: string[] = [];
  page.on('console', (message) => {
    // Only a call from the page has arguments: what the browser says by itself (a 404, a rejected rule) is
    // not parity.
    if (message.args().length === 0) diagnostics.push(`${message.text()} (${message.location().url})`);
    else if (['error', 'warning'].includes(message.type()))
      calls.push(`${message.type()}: ${message.text()}`);
  });
  page.on('requestfailed', (request) =>
    diagnostics.push(`${request.url()}: ${request.failure()?.errorText}`),
  );
  await page.addInitScript(installRecorder);

  const read = async (): Promise<Observations> => {
    const record = JSON.parse(withoutOrigin(await page.evaluate(readRecord), url)) as Omit<
      Observations,
      'console'
    >;
    return { ...record, console: calls.map((call) => withoutOrigin(call, url)) };
  };
  const finish = async () => {
    await page.goto(url.href, { waitUntil: 'load', timeout: 0 });
    await page.evaluate(untilFinished);
    return read();
  };
  const observations = await within(deadline, finish());
  if (observations) return observations;
  // A page that hangs in a loop cannot even be read.
  const soFar = (await within(1_000, read())) ?? 'nothing: the page does not answer';
  throw new Error(
    `The fixture did not finish within ${deadline} ms: it pushed no 'done', and globalThis.finished is not settled.\n` +
      `So far: ${JSON.stringify(soFar, undefined, 2)}\nBrowser messages: ${diagnostics.join('\n') || 'none'}`,
  );
}

function withoutOrigin(text: string, url: URL): string {
  return text.replaceAll(url.origin, 'https://site').replaceAll(url.host, 'site');
}

/** What `work` resolves to, or undefined when it has not settled after `ms` milliseconds. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  // Closing the context rejects work that was given up on.
  work.catch(() => undefined);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
