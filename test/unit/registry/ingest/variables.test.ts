import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { LOOK_MS } from '../../../../registry/ingest/look-again.js';
import type { IngestResult } from '../../../../registry/ingest/ingest.js';
import { SiteDirectory } from '../../../../registry/ingest/site-directory.js';
import { openMemoryStore } from '../../../../registry/index.js';
import { PageSummaries } from '../../../../registry/pages/page-summaries.js';
import type { Recipe } from '../../../../registry/transform/recipe.js';
import { FakeClock } from '../fake-clock.js';
import { later, site, write } from '../site.js';

it.each(['.env', '.env.local', '.env.development', '.env.production.local'])(
  'a saved %s makes a deploy with its variables, without packages too',
  async (name) => {
    const directory = await site({ 'main.ts': 'export default import.meta.env.VITE_WORD;' });
    const clock = new FakeClock();
    const store = await openMemoryStore();
    let tell = (_result: IngestResult) => {};
    const followed = new SiteDirectory({
      summaries: new PageSummaries(),
      directory,
      store,
      options: {
        base: '/',
        channel: 'dev',
        include: ['**/*.ts'],
        exclude: [],
        author: 'a',
        watch: true,
        keepDeploys: 0,
      },
      packages: null,
      clock,
      onReading() {},
      onResult: (result) => tell(result),
      onNews() {},
      onState: (state) => expect.unreachable(state),
      onError: (error) => expect.unreachable(String(error)),
    });
    later(() => followed.close());
    await followed.start();
    const afterChange = async (change: Promise<unknown>) => {
      await change;
      const next = new Promise<IngestResult>((resolve) => (tell = resolve));
      clock.advance(LOOK_MS);
      clock.advance(LOOK_MS);
      const { manifest, created } = await next;
      const [blob] = await store.blobs([manifest.modules.get('modcast.recipe.json')!.hash]);
      const { env } = JSON.parse(Buffer.from(blob!.bytes).toString()) as Recipe;
      const words = [env.development['VITE_WORD'], env.production['VITE_WORD']];
      return { created, words: [...new Set(words.filter((word) => word !== undefined))] };
    };
    expect(await afterChange(write(directory, { [name]: 'VITE_WORD=one' }))).toEqual({
      created: true,
      words: ['one'],
    });
    expect(await afterChange(write(directory, { [name]: 'VITE_WORD=second' }))).toEqual({
      created: true,
      words: ['second'],
    });
    expect(await afterChange(unlink(path.join(directory, name)))).toEqual({ created: true, words: [] });
  },
);
