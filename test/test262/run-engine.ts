import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BrowserPage, Engine } from '../browser/engines/engine.js';
import { serveModcast } from '../browser/serve-modcast.js';
import { serveNative } from '../browser/serve-native.js';
import type { ServeSite } from '../browser/serve-site.js';
import { RUNNER, SITE_SCENARIOS, writeSite } from './site.js';
import type { Scenario, Suite } from './suite.js';
import { pageOf } from './test-page.js';
import type { Seen } from './verdict.js';

/** How many pages of a site run at a time, and how many are asked for in one call of the browser. */
const PARALLEL = 4;
const BATCH = 30;

/** Milliseconds that a page has to end its test. */
const TIMEOUT = 10_000;

/** A scenario with what was seen of it. */
export interface Run {
  readonly scenario: Scenario;
  readonly native: Seen;
  readonly modcast: Seen;
}

declare global {
  /** Of pages/runner.html. */
  function runPages(options: {
    readonly pages: readonly string[];
    readonly parallel: number;
    readonly timeout: number;
  }): Promise<Seen[]>;
}

/**
 * Runs the scenarios of a suite natively and through modcast.
 *
 * @param onProgress is called with the number of scenarios that have run
 */
export async function runEngine(
  engine: Engine,
  suite: Suite,
  onProgress: (done: number) => void,
): Promise<Run[]> {
  const browser = await engine.launch();
  try {
    // One page for all: a page in the background is slow, and other origins share nothing with it.
    const page = await browser.newPage();
    // Every page of a batch may take its whole time.
    page.timeout = (Math.ceil(BATCH / PARALLEL) + 1) * TIMEOUT;
    const runs: Run[] = [];
    for (let from = 0; from < suite.scenarios.length; from += SITE_SCENARIOS) {
      runs.push(...(await runSite(page, suite, suite.scenarios.slice(from, from + SITE_SCENARIOS))));
      onProgress(runs.length);
    }
    return runs;
  } finally {
    await browser.close();
  }
}

async function runSite(page: BrowserPage, suite: Suite, scenarios: readonly Scenario[]): Promise<Run[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'modcast-test262-'));
  try {
    await writeSite(suite, scenarios, directory);
    const native = await visitSite(page, serveNative, directory, scenarios);
    const modcast = await visitSite(page, serveModcast, directory, scenarios);
    return scenarios.map((scenario, at) => ({ scenario, native: native[at]!, modcast: modcast[at]! }));
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function visitSite(
  page: BrowserPage,
  serve: ServeSite,
  directory: string,
  scenarios: readonly Scenario[],
): Promise<Seen[]> {
  const site = await serve(directory);
  try {
    await page.goto(`${site.url}${RUNNER}`, 'load');
    const seen: Seen[] = [];
    for (let from = 0; from < scenarios.length; from += BATCH) {
      seen.push(...(await runPagesOf(page, scenarios.slice(from, from + BATCH), PARALLEL)));
    }
    // A busy machine can make a page late: it gets the browser for itself once.
    for (const [at, scenario] of scenarios.entries()) {
      if (seen[at] === null) [seen[at]] = (await runPagesOf(page, [scenario], 1)) as [Seen];
    }
    return seen;
  } finally {
    await site.close();
  }
}

function runPagesOf(page: BrowserPage, scenarios: readonly Scenario[], parallel: number): Promise<Seen[]> {
  const pages = scenarios.map((scenario) => `/${pageOf(scenario)}`);
  return page.evaluate((options) => globalThis.runPages(options), { pages, parallel, timeout: TIMEOUT });
}
