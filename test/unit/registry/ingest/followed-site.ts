import { expect } from 'vitest';
import type { IngestResult } from '../../../../registry/ingest/ingest.js';
import { SiteDirectory, type SiteDirectoryOptions } from '../../../../registry/ingest/site-directory.js';
import { PageSummaries } from '../../../../registry/pages/page-summaries.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import { later } from '../site.js';

/** Follows a directory. An error, or that the directory is gone, fails the test. */
export async function followedSite(
  directory: string,
  include: string,
  { clock, packages }: Pick<SiteDirectoryOptions, 'clock' | 'packages'>,
) {
  const store = await openMemoryStore();
  let tell = (_result: IngestResult) => {};
  const followed = new SiteDirectory({
    summaries: new PageSummaries(),
    directory,
    store,
    options: {
      base: '/',
      channel: 'dev',
      include: [include],
      exclude: [],
      author: 'a',
      watch: true,
      keepDeploys: 0,
    },
    packages,
    clock,
    onReading() {},
    onResult: (result) => tell(result),
    onNews() {},
    onState: (state) => expect.unreachable(state),
    onError: (error) => expect.unreachable(String(error)),
  });
  later(() => followed.close());
  await followed.start();
  /** The result of the next ingest. */
  const next = () => new Promise<IngestResult>((resolve) => (tell = resolve));
  return { store, next };
}
