import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeCounts, formatPaths } from '../../../../cli/output/changes.js';

const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'c.mjs'), { minLength: 1, maxLength: 5 })
  .map((segments) => segments.join('/'));

describe('the paths of a change', () => {
  it.each([
    ['a.mjs', null, 'a.mjs'],
    ['b.mjs', 'a.mjs', 'a.mjs → b.mjs'],
    ['lib/b.mjs', 'lib/a.mjs', 'lib/{a.mjs → b.mjs}'],
    ['new/a.mjs', 'old/a.mjs', '{old → new}/a.mjs'],
    ['a/c/d.mjs', 'a/b/d.mjs', 'a/{b → c}/d.mjs'],
  ])('to %s from %s are %s', (to, from, shown) => {
    expect(formatPaths({ path: to, oldPath: from })).toBe(shown);
  });

  it('can be read back for any rename', () => {
    fc.assert(
      fc.property(path, path, (to, oldPath) => {
        fc.pre(to !== oldPath);
        const shown = formatPaths({ path: to, oldPath });
        const [, start = '', inner = shown, end = ''] = /^(.*)\{(.*)\}(.*)$/.exec(shown) ?? [];
        const [was, is] = inner.split(' → ');
        expect([start + was + end, start + is + end]).toEqual([oldPath, to]);
      }),
    );
  });
});

it('changeCounts lists the kinds that occur', () => {
  expect(changeCounts({ changed: 3, added: 1200, removed: 0 })).toBe('3 changed, 1,200 added');
  expect(changeCounts({ changed: 0, added: 0, removed: 0 })).toBe('');
});
