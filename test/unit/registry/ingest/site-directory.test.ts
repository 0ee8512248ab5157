import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { RESCAN_MS } from '../../../../registry/ingest/site-directory.js';
import { site, write } from '../site.js';
import { followedSite } from './followed-site.js';

/** A clock on which only the time before another look passes: what the watcher tells of by itself never settles. */
class SlowClock {
  readonly #wakers = new Set<() => void>();
  #due: (() => void) | undefined;

  after(ms: number, callback: () => void) {
    if (ms !== RESCAN_MS) return { cancel() {} };
    this.#due = callback;
    for (const wake of this.#wakers) wake();
    return { cancel: () => (this.#due = undefined) };
  }

  async pass(): Promise<void> {
    while (this.#due === undefined) await new Promise<void>((resolve) => this.#wakers.add(resolve));
    this.#due();
  }
}

it('scans all files again after a new directory, to find unreported ones', async () => {
  const directory = await site({ 'main.js': '1' });
  const clock = new SlowClock();
  const packages = { mode: 'development' as const, conditions: [] };
  const { next } = await followedSite(directory, '**/*.js', { clock, packages });
  await mkdir(path.join(directory, 'new'));
  await write(directory, { 'new/a.js': '1' });
  await rename(path.join(directory, 'new/a.js'), path.join(directory, 'new/b.js'));
  const result = next();
  await clock.pass();
  expect([...(await result).manifest.modules.keys()].toSorted()).toEqual(['main.js', 'new/b.js']);
});
