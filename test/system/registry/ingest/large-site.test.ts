import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { Ingest } from '../../../../registry/ingest/ingest.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import { temporary, write, type Files } from '../../../unit/registry/site.js';

it(
  'a scan of 20,000 files reports its progress, and other work runs meanwhile',
  { timeout: 120_000 },
  async () => {
    const directory = await temporary();
    for (let d = 0; d < 100; d++) {
      await mkdir(path.join(directory, `d${d}`));
      const files = Array.from({ length: 200 }, (_, i) => [
        `d${d}/m${i}.js`,
        `export default "${d} ${i}";\n`,
      ]);
      await write(directory, Object.fromEntries(files) as Files);
    }
    const ingest = new Ingest({
      directory,
      store: await openMemoryStore(),
      channel: 'dev',
      filter: DEFAULT_FILTER,
      author: 'ada',
      now: () => 1000,
      onUnreported: () => {},
    });
    const progress: number[] = [];
    let turns = 0;
    const ticker = setInterval(() => turns++, 1);
    const { manifest, read } = await ingest.scan(({ done, total }) => {
      expect(total).toBe(20_000);
      progress.push(done);
    });
    clearInterval(ticker);
    expect([manifest.modules.size, read, progress.at(-1)]).toEqual([20_000, 20_000, 20_000]);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(turns).toBeGreaterThan(5);
  },
);
