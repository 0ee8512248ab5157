import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { RegistryOptions } from '../../../registry/index.js';
import type { Gate } from '../gated-site.js';
import type { BrowserPage, Engine, EngineName } from '../engines/engine.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { PagePool } from '../engines/page-pool.js';
import { HotPage } from './hot-page.js';

export interface HotSuite {
  readonly engine: Engine;
  /** Runs a function in the site's page before its own scripts. Call it before `open`. */
  before(run: () => void): Promise<void>;
  /** Opens the site's page. */
  open(
    files: Record<string, string>,
    options?: RegistryOptions,
    path?: string,
    sockets?: Gate,
  ): Promise<HotPage>;
}

/** One browser for a group of tests. Pages and servers are closed after each test. */
export function hotSuite(engine: Engine): HotSuite {
  let pool: PagePool;
  let page: BrowserPage;
  const opened: HotPage[] = [];
  beforeAll(async () => {
    pool = await PagePool.launch(engine);
  });
  afterAll(() => pool.close());
  beforeEach(async () => {
    page = await pool.take();
  });
  afterEach(async ({ task }) => {
    await pool.reclaim(task.result?.state !== 'fail');
    await Promise.all(opened.splice(0).map((hot) => hot.close()));
  });
  return {
    engine,
    before: (run) => page.addInitScript(run),
    async open(files, options, path, sockets) {
      const hot = await HotPage.open(page, files, options, path, sockets);
      opened.push(hot);
      return hot;
    },
  };
}

/**
 * Defines the same tests for each selected engine.
 *
 * @param except engines in which the tests are not defined
 */
export function inEachBrowser(define: (suite: HotSuite) => void, except: readonly EngineName[] = []): void {
  inEachEngine((engine) => define(hotSuite(engine)), except);
}
