import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Engine } from '../browser/engines/engine.js';
import { serveModcast } from '../browser/serve-modcast.js';
import { serveNative } from '../browser/serve-native.js';
import type { ServeSite } from '../browser/serve-site.js';
import { RunnerPage } from './runner-page.js';
import { SITE_SCENARIOS, writeSite } from './site.js';
import type { Scenario, Suite } from './suite.js';
import type { Seen } from './verdict.js';

/** A scenario with what was seen of it. */
export interface Run {
  readonly scenario: Scenario;
  readonly native: Seen;
  readonly modcast: Seen;
}

export interface RunEvents {
  /** Called with the number of scenarios that have run. */
  readonly onProgress: (done: number) => void;
  /** Called with each scenario that hangs the browser. */
  readonly onHang: (scenario: Scenario) => void;
}

/**
 * Runs the scenarios of a suite natively and through modcast.
 *
 * @param timeout milliseconds that a test has to end
 */
export async function runEngine(
  engine: Engine,
  suite: Suite,
  timeout: number,
  { onProgress, onHang }: RunEvents,
): Promise<Run[]> {
  const page = new RunnerPage(engine, timeout, onHang);
  try {
    const runs: Run[] = [];
    for (let from = 0; from < suite.scenarios.length; from += SITE_SCENARIOS) {
      runs.push(...(await runSite(page, suite, suite.scenarios.slice(from, from + SITE_SCENARIOS))));
      onProgress(runs.length);
    }
    return runs;
  } finally {
    await page.close();
  }
}

async function runSite(page: RunnerPage, suite: Suite, scenarios: readonly Scenario[]): Promise<Run[]> {
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
  page: RunnerPage,
  serve: ServeSite,
  directory: string,
  scenarios: readonly Scenario[],
): Promise<Seen[]> {
  const site = await serve(directory);
  try {
    return await page.run(site.url, scenarios);
  } finally {
    await site.close();
  }
}
