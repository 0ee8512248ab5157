import { readdirSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserPage, ConsoleMessage, Engine, EngineName, OpenBrowser } from '../engines/engine.js';
import type { ServeSite } from '../serve-site.js';
import { installRecorder, type PageRecord, readRecord, untilFinished } from './recorder.js';

const FIXTURES = fileURLToPath(new URL('../../fixtures/parity/', import.meta.url));

/** Far above what a fixture takes on a loaded machine; only a fixture that never finishes reaches it. */
const DEADLINE_MS = 100_000;

/**
 * In Firefox, a worker that starts another one can block for ever, natively too: about once in a hundred starts
 * on a busy machine (docs/browsers.md). Such a fixture is opened again; that one start hangs proves nothing.
 */
const STARTS_NESTED_WORKERS = new Set(['worker-from-a-worker']);
const NESTED_DEADLINE_MS = 20_000;

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
 * Runs fixtures in one browser, any number at a time. Pages are used again, one fixture after another: each
 * site has an origin of its own, so only cookies could meet.
 */
export class FixtureRunner {
  readonly #free: BrowserPage[] = [];

  private constructor(
    readonly browser: OpenBrowser,
    readonly engine: EngineName,
  ) {}

  static async launch(engine: Engine): Promise<FixtureRunner> {
    return new FixtureRunner(await engine.launch(), engine.name);
  }

  close(): Promise<void> {
    return this.browser.close();
  }

  /**
   * Serves the fixture `name`, opens its page and returns what it observed once it is
   * finished (see test/fixtures/parity/README.md).
   *
   * @param deadline milliseconds
   * @throws Error with everything seen so far when the fixture does not finish within `deadline`, and when it
   *   finishes without having logged anything
   */
  async run(serve: ServeSite, name: string, deadline = DEADLINE_MS): Promise<Observations> {
    const finish = (limit: number) =>
      this.#onPage(serve, name, async (fixture) => {
        const observations = await fixture.finish(limit);
        if (observations.log.length === 0) throw new Error(`The fixture ${name} logged nothing.`);
        return observations;
      });
    if (this.engine !== 'Firefox' || !STARTS_NESTED_WORKERS.has(name)) return finish(deadline);
    return finish(NESTED_DEADLINE_MS).catch(() => finish(deadline));
  }

  /**
   * Serves the fixture `name` and returns what its page observed when that is enough for `suffices`, finished
   * or not.
   *
   * @param deadline milliseconds
   * @throws Error with everything seen so far when that does not happen within `deadline`
   */
  async runUntil(
    serve: ServeSite,
    name: string,
    suffices: (observations: Observations) => boolean,
    deadline = DEADLINE_MS,
  ): Promise<Observations> {
    return this.#onPage(serve, name, (fixture) => fixture.until(suffices, deadline));
  }

  async #onPage<T>(serve: ServeSite, name: string, work: (fixture: FixturePage) => Promise<T>): Promise<T> {
    const dir = join(FIXTURES, name);
    const site = await serve(dir);
    const page = this.#free.pop() ?? (await this.#newPage());
    try {
      const result = await work(new FixturePage(page, new URL(pageOf(dir), site.url)));
      await page.goto('about:blank');
      this.#free.push(page);
      return result;
    } catch (error) {
      // A page that hangs in a loop takes no other fixture.
      await page.close();
      throw error;
    } finally {
      await site.close();
    }
  }

  async #newPage(): Promise<BrowserPage> {
    const page = await this.browser.newPage();
    await page.addInitScript(installRecorder);
    return page;
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

/** The page of a fixture, which it opens once. */
class FixturePage {
  /** Messages of earlier fixtures. */
  readonly #earlier: number;

  constructor(
    readonly page: BrowserPage,
    readonly url: URL,
  ) {
    this.#earlier = page.messages.length;
  }

  get #messages(): readonly ConsoleMessage[] {
    return this.page.messages.slice(this.#earlier);
  }

  async finish(deadline: number): Promise<Observations> {
    const finish = async () => {
      await this.page.goto(this.url.href, 'load');
      await this.page.evaluate(untilFinished);
      return this.#read();
    };
    const failure = `it pushed no 'done', and globalThis.finished is not settled`;
    return (await within(deadline, finish())) ?? this.#giveUp(deadline, failure);
  }

  async until(suffices: (observations: Observations) => boolean, deadline: number): Promise<Observations> {
    let late = false;
    const wait = async () => {
      await this.page.goto(this.url.href, 'load');
      for (;;) {
        const observations = await this.#read();
        if (late || suffices(observations)) return observations;
      }
    };
    const observations = await within(deadline, wait());
    late = true;
    return observations ?? this.#giveUp(deadline, 'what is expected of it has not happened');
  }

  async #giveUp(deadline: number, failure: string): Promise<never> {
    // A page that hangs in a loop cannot even be read.
    const soFar = (await within(1_000, this.#read())) ?? 'nothing: the page does not answer';
    const others = this.#messages.filter(({ byScript }) => !byScript).map(({ text }) => text);
    throw new Error(
      `The fixture did not finish within ${deadline} ms: ${failure}.\n` +
        `So far: ${JSON.stringify(soFar, undefined, 2)}\nBrowser messages: ${others.join('\n') || 'none'}`,
    );
  }

  async #read(): Promise<Observations> {
    const text = withoutOrigin(await this.page.evaluate(readRecord), this.url);
    const calls = this.#messages
      .filter(({ byScript, type }) => byScript && ['error', 'warning'].includes(type))
      .map((message) => withoutOrigin(`${message.type}: ${message.text}`, this.url));
    return { ...(JSON.parse(text) as Omit<Observations, 'console'>), console: calls };
  }
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
