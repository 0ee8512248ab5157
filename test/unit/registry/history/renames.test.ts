import { describe, expect, it } from 'vitest';
import { compareManifests } from '../../../../registry/history/comparison.js';
import { findRenames, type RenameOptions } from '../../../../registry/history/renames.js';
import { blobOf, manifestOf } from '../../../contract/store-fixture.js';

type Texts = readonly [path: string, text: string][];

const lines = (name: string, count: number): string =>
  Array.from({ length: count }, (_, i) => `${name} ${String(i).padStart(3, '0')}\n`).join('');

async function renames(before: Texts, after: Texts, options: Partial<RenameOptions> = {}): Promise<string[]> {
  const bytes = new Map([...before, ...after].map(([, text]) => [blobOf(text).hash, blobOf(text).bytes]));
  const read = (hash: string) => Promise.resolve(bytes.get(hash)!);
  const changes = compareManifests(manifestOf(before), manifestOf(after));
  const found = await findRenames(changes, { readBefore: read, readAfter: read, ...options });
  return found.map(
    ({ status, path, oldPath, similarity }) =>
      `${status} ${oldPath === null ? '' : `${oldPath} ${similarity} `}${path}`,
  );
}

describe('renames', () => {
  it('are modules with the same content at another path, preferably of the same name', async () => {
    const a = lines('a', 5);
    expect(
      await renames(
        [
          ['x/one.mjs', a],
          ['x/two.mjs', a],
        ],
        [
          ['y/other.mjs', a],
          ['y/two.mjs', a],
        ],
      ),
    ).toEqual(['renamed x/one.mjs 100 y/other.mjs', 'renamed x/two.mjs 100 y/two.mjs']);
  });

  it('are found if the line breaks have changed, as by git', async () => {
    const text = lines('a', 50);
    const found = await renames([['old.mjs', text.replaceAll('\n', '\r\n')]], [['new.mjs', text]]);
    expect(found).toEqual(['renamed old.mjs 85 new.mjs']);
  });

  it('are modules with at least half of the content, the most similar first', async () => {
    const before: Texts = [['old.mjs', lines('a', 100)]];
    const near: [string, string] = ['near.mjs', lines('a', 90) + lines('b', 10)];
    const far: [string, string] = ['far.mjs', lines('a', 60) + lines('b', 40)];
    const other: [string, string] = ['other.mjs', lines('a', 40) + lines('b', 60)];
    expect(await renames(before, [far, near])).toEqual(['added far.mjs', 'renamed old.mjs 90 near.mjs']);
    expect(await renames(before, [far])).toEqual(['renamed old.mjs 60 far.mjs']);
    expect(await renames(before, [other])).toEqual(['deleted old.mjs', 'added other.mjs']);
  });

  it('are not found for copies and empty modules, nor by similarity for binary ones', async () => {
    const a = lines('a', 5);
    expect(
      await renames(
        [['a.mjs', a]],
        [
          ['a.mjs', a],
          ['b.mjs', a],
        ],
      ),
    ).toEqual(['added b.mjs']);
    expect(await renames([['a.mjs', '']], [['b.mjs', '']])).toEqual(['deleted a.mjs', 'added b.mjs']);
    expect(await renames([['a.bin', `\0${a}`]], [['b.bin', `\0${a}x`]])).toHaveLength(2);
  });

  it('are found only by equal content if there are too many pairs to compare', async () => {
    const before: Texts = [
      ['a.mjs', lines('a', 9)],
      ['b.mjs', lines('b', 9)],
    ];
    const after: Texts = [
      ['c.mjs', lines('a', 9)],
      ['d.mjs', `${lines('b', 9)}more\n`],
    ];
    expect(await renames(before, after, { pairs: 0 })).toEqual([
      'deleted b.mjs',
      'renamed a.mjs 100 c.mjs',
      'added d.mjs',
    ]);
  });
});
