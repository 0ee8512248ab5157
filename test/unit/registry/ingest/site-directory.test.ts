import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { IngestResult } from '../../../../registry/ingest/ingest.js';
import { RESCAN_MS, SiteDirectory } from '../../../../registry/ingest/site-directory.js';
import { PageSummaries } from '../../../../registry/pages/page-summaries.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import { later, site, write } from '../site.js';

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
  let tell = (_result: IngestResult) => {};
  const next = () => new Promise<IngestResult>((resolve) => (tell = resolve));
  const followed = new SiteDirectory({
    summaries: new PageSummaries(),
    directory,
    store: await openMemoryStore(),
    options: {
      base: '/',
      channel: 'dev',
      include: ['**/*.js'],
      exclude: [],
      author: 'a',
      watch: true,
      keepDeploys: 0,
    },
    packages: { mode: 'development', conditions: [] },
    clock,
    onReading() {},
    onResult: (result) => tell(result),
    onNews() {},
    onState: (state) => expect.unreachable(state),
    onError: (error) => expect.unreachable(String(error)),
  });
  later(() => followed.close());
  await followed.start();
  await mkdir(path.join(directory, 'new'));
  await write(directory, { 'new/a.js': '1' });
  await rename(path.join(directory, 'new/a.js'), path.join(directory, 'new/b.js'));
  const result = next();
  await clock.pass();
  expect([...(await result).manifest.modules.keys()].toSorted()).toEqual(['main.js', 'new/b.js']);
});
