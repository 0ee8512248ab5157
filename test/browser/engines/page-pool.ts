import type { BrowserContext, BrowserPage, Engine, OpenBrowser } from './engine.js';

/**
 * Pages of one context that tests use one after another: to open one takes longer than most tests, and in
 * WebKit each context is a process of its own. Each test serves its site at an origin of its own, and so has
 * a storage of its own.
 */
export class PagePool {
  readonly #browser: OpenBrowser;
  readonly #context: BrowserContext;
  readonly #free: BrowserPage[] = [];
  /** Pages that are in use, with what closes them. */
  readonly #taken = new Map<BrowserPage, () => Promise<void>>();

  private constructor(browser: OpenBrowser, context: BrowserContext) {
    this.#browser = browser;
    this.#context = context;
  }

  static async launch({ launch }: Pick<Engine, 'launch'>): Promise<PagePool> {
    const browser = await launch();
    return new PagePool(browser, await browser.newContext());
  }

  /** Its `close` gives it back. */
  async take(): Promise<BrowserPage> {
    const page = this.#free.pop() ?? (await this.#context.newPage());
    this.#taken.set(page, page.close);
    return Object.assign(page, { close: () => this.#giveBack(page, true) });
  }

  /**
   * Gives back the pages that are in use.
   *
   * @param areUsable whether they still answer
   */
  async reclaim(areUsable: boolean): Promise<void> {
    for (const page of this.#taken.keys()) await this.#giveBack(page, areUsable);
  }

  async #giveBack(page: BrowserPage, isUsable: boolean): Promise<void> {
    const close = this.#taken.get(page);
    if (close === undefined) return;
    this.#taken.delete(page);
    page.close = close;
    if (isUsable && (await page.reset())) this.#free.push(page);
    else await page.close();
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}
