import { afterAll, afterEach, beforeAll } from 'vitest';
import type { BrowserPage, Engine } from './engine.js';
import { PagePool } from './page-pool.js';

/**
 * One context for a group of tests. Tests that need storage of their own serve their site at an origin of its
 * own.
 *
 * @returns a function that opens a page; the end of the test closes it, unless the test does
 */
export function sharedContext(engine: Pick<Engine, 'launch'>): () => Promise<BrowserPage> {
  let pool: PagePool;

  beforeAll(async () => {
    pool = await PagePool.launch(engine);
  });

  afterAll(() => pool.close());

  afterEach(({ task }) => pool.reclaim(task.result?.state !== 'fail'));

  return () => pool.take();
}
