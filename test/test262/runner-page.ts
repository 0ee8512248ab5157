import { limited } from '../browser/engines/driver.js';
import type { BrowserPage, Engine, OpenBrowser } from '../browser/engines/engine.js';
import { RUNNER } from './site.js';
import type { Scenario } from './suite.js';
import { pageOf } from './test-page.js';
import type { Seen } from './verdict.js';

/** How many pages run at a time, and how many are asked for in one call of the browser. */
const PARALLEL = 4;
const BATCH = 30;

/** Milliseconds in which a browser closes. One with a page that hangs may not. */
const CLOSING = 10_000;

declare global {
  /** Of pages/runner.html. */
  function runPages(options: {
    readonly pages: readonly string[];
    readonly parallel: number;
    readonly timeout: number;
  }): Promise<Seen[]>;
}

/**
 * The page that runs those of the tests in frames. A test may hang it, or end its browser: then a new browser
 * takes its place, and runs the tests of that batch one by one.
 */
export class RunnerPage {
  readonly #engine: Pick<Engine, 'launch'>;
  readonly #timeout: number;
  readonly #onHang: (scenario: Scenario) => void;
  #browser: OpenBrowser | undefined;
  #page!: BrowserPage;
  #url = '';

  /**
   * @param timeout milliseconds that a test has to end
   * @param onHang is called with each test that hangs the browser
   */
  constructor(engine: Pick<Engine, 'launch'>, timeout: number, onHang: (scenario: Scenario) => void) {
    this.#engine = engine;
    this.#onHang = onHang;
    this.#timeout = timeout;
  }

  /** Runs scenarios of the site at `url`. The results have the order of the scenarios. */
  async run(url: string, scenarios: readonly Scenario[]): Promise<Seen[]> {
    this.#url = url;
    await this.#visit().catch(() => this.#restart());
    const seen: Seen[] = [];
    for (let from = 0; from < scenarios.length; from += BATCH) {
      seen.push(...(await this.#runBatch(scenarios.slice(from, from + BATCH))));
    }
    // A busy machine can make a page late: it gets the browser for itself once.
    for (const [at, scenario] of scenarios.entries()) {
      if (seen[at] === null) seen[at] = await this.#runAlone(scenario);
    }
    return seen;
  }

  async close(): Promise<void> {
    if (this.#browser !== undefined) {
      await limited(this.#browser.close(), CLOSING, () => 'the browser has not closed').catch(() => {});
    }
    this.#browser = undefined;
  }

  async #runBatch(scenarios: readonly Scenario[]): Promise<Seen[]> {
    try {
      return await this.#runPages(scenarios, PARALLEL);
    } catch {
      await this.#restart();
    }
    const seen: Seen[] = [];
    for (const scenario of scenarios) seen.push(await this.#runAlone(scenario));
    return seen;
  }

  async #runAlone(scenario: Scenario): Promise<Seen> {
    try {
      return (await this.#runPages([scenario], 1))[0]!;
    } catch {
      this.#onHang(scenario);
      await this.#restart();
      return 'hangs';
    }
  }

  /** @throws Error where the page does not answer */
  #runPages(scenarios: readonly Scenario[], parallel: number): Promise<Seen[]> {
    const pages = scenarios.map((scenario) => `/${pageOf(scenario)}`);
    // Each page may take its whole time.
    this.#page.timeout = (Math.ceil(pages.length / parallel) + 1) * this.#timeout;
    return this.#page.evaluate((options) => globalThis.runPages(options), {
      pages,
      parallel,
      timeout: this.#timeout,
    });
  }

  async #restart(): Promise<void> {
    await this.close();
    await this.#visit();
  }

  async #visit(): Promise<void> {
    if (this.#browser === undefined) {
      this.#browser = await this.#engine.launch();
      // One page for all: a page in the background is slow, and other origins share nothing with it.
      this.#page = await this.#browser.newPage();
    }
    this.#page.timeout = 60_000;
    await this.#page.goto(`${this.#url}${RUNNER}`, 'load');
  }
}
