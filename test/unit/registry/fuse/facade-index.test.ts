import { beforeAll, describe, expect, it } from 'vitest';
import { FacadeIndex, type FacadeIndexOptions } from '../../../../registry/fuse/facade-index.js';
import { facadesOf } from '../../../../registry/fuse/facades.js';
import type { Fusion, Hash } from '../../../../schema/index.js';
import { fuseFiles, manifestOf, type Files } from './fuse-site.js';

const OLD = '1'.repeat(64);
const NEW = '2'.repeat(64);

const files = (text: string): Files => ({
  'a.mjs': `export const a = ${text};`,
  'b.mjs': `import { a } from './a.mjs'; export const b = a;`,
  'main.mjs': `import { b } from './b.mjs'; export { b };`,
});

describe('an index of facades', () => {
  const fusions = new Map<
    Hash,
    { readonly fusion: Fusion; readonly files: Files; readonly number: number }
  >();
  beforeAll(async () => {
    const [before, after] = [files('1'), { ...files('2'), 'a.mjs': `export const a = 2, c = 3;` }];
    fusions.set(OLD, { fusion: (await fuseFiles(before, ['main.mjs'])).fusion, files: before, number: 1 });
    fusions.set(NEW, { fusion: (await fuseFiles(after, ['main.mjs'])).fusion, files: after, number: 2 });
  });

  const manifestFor = (hash: Hash) => manifestOf(fusions.get(hash)!.files, ['main.mjs']);
  const facades = (hash: Hash) => facadesOf(fusions.get(hash)!.fusion, manifestFor(hash), '/');

  /** @param known hashes of the fusions of known deploys, and how often they were asked for */
  const indexOf = (known: Hash[]) => {
    const asked: Hash[] = [];
    const options = {
      fusions: {
        known: async () => known,
        owner: async (hash: Hash) => ({
          deploy: { number: fusions.get(hash)!.number },
          manifest: manifestFor(hash),
        }),
      },
      direct: { byHash: async (hash: Hash) => (asked.push(hash), fusions.get(hash)!.fusion) },
      base: '/',
    } as unknown as FacadeIndexOptions;
    return { index: new FacadeIndex(options), asked };
  };
  const anyone = async () => true;

  it('finds what several deploys have in the newest, and the rest in its own', async () => {
    const { index } = indexOf([OLD, NEW]);
    const shared = facades(OLD).hash('main.mjs')!;
    expect(facades(NEW).hash('main.mjs')).toBe(shared);
    const found = await index.find('main.mjs', shared, anyone);
    expect(found).toMatchObject({ bytes: facades(NEW).of('main.mjs'), owner: { deploy: { number: 2 } } });
    const changed = facades(OLD).hash('a.mjs')!;
    expect(facades(NEW).hash('a.mjs')).not.toBe(changed);
    expect(await index.find('a.mjs', changed, anyone)).toMatchObject({ owner: { deploy: { number: 1 } } });
  });

  it('prefers a public deploy, also one that it learns of later', async () => {
    const known = [OLD];
    const { index } = indexOf(known);
    const shared = facades(OLD).hash('main.mjs')!;
    const onlyNew = async ({ number }: { readonly number: number }) => number === 2;
    expect(await index.find('main.mjs', shared, onlyNew)).toMatchObject({ owner: { deploy: { number: 1 } } });
    known.push(NEW);
    expect(await index.find('main.mjs', shared, onlyNew)).toMatchObject({ owner: { deploy: { number: 2 } } });
    const onlyOld = async ({ number }: { readonly number: number }) => number === 1;
    expect(await index.find('main.mjs', shared, onlyOld)).toMatchObject({ owner: { deploy: { number: 1 } } });
  });

  it('finds nothing by another path, another hash, or in a fusion that is gone', async () => {
    const known = [OLD];
    const { index } = indexOf(known);
    const hash = facades(OLD).hash('a.mjs')!;
    expect(await index.find('a.mjs', hash, anyone)).toBeDefined();
    expect(await index.find('b.mjs', hash, anyone)).toBeUndefined();
    expect(await index.find('a.mjs', 'f'.repeat(64), anyone)).toBeUndefined();
    known.length = 0;
    await index.find('a.mjs', 'f'.repeat(64), anyone);
    expect(await index.find('a.mjs', hash, anyone)).toBeUndefined();
  });

  it('reads each fusion once, whatever is asked for', async () => {
    const { index, asked } = indexOf([OLD, NEW]);
    for (const digit of '34567') await index.find('a.mjs', digit.repeat(64), anyone);
    expect(asked).toEqual([OLD, NEW]);
  });
});
