import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { LOOK_MS } from '../../../../registry/ingest/look-again.js';
import type { Recipe } from '../../../../registry/transform/recipe.js';
import { FakeClock } from '../fake-clock.js';
import { installed, page } from '../packages/resolved-site.js';
import { site, write } from '../site.js';
import { followedSite } from './followed-site.js';

it.each(['.env', '.env.local', '.env.development', '.env.production.local'])(
  'a saved %s makes a deploy with its variables, without packages too',
  async (name) => {
    const directory = await site({ 'main.ts': 'export default import.meta.env.VITE_WORD;' });
    const clock = new FakeClock();
    const { store, next } = await followedSite(directory, '**/*.ts', { clock, packages: null });
    const afterChange = async (change: Promise<unknown>) => {
      await change;
      const result = next();
      clock.advance(LOOK_MS);
      clock.advance(LOOK_MS);
      const { manifest, created } = await result;
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

it('a saved .env changes what stands in the modules of packages', async () => {
  const directory = await site({
    '.env': 'VITE_WORD=one',
    'index.html': page(`import 'p';`),
    ...installed('p', { 'index.ts': 'export default import.meta.env.VITE_WORD;' }, { main: 'index.ts' }),
  });
  const clock = new FakeClock();
  const packages = { mode: 'development' as const, conditions: ['import'] };
  const { store, next } = await followedSite(directory, '**/*.html', { clock, packages });
  await write(directory, { '.env': 'VITE_WORD=second' });
  const result = next();
  clock.advance(LOOK_MS);
  clock.advance(LOOK_MS);
  const { manifest } = await result;
  const [blob] = await store.blobs([manifest.modules.get('npm/p@1.0.0/index.ts.js')!.hash]);
  expect(Buffer.from(blob!.bytes).toString()).toContain('second');
});
