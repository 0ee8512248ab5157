import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deployUrl, manifestOfUrl, withoutDeploy } from '../../../importmap/deploy-url.js';
import type { Hash } from '../../../schema/index.js';

const HASH = 'ab'.repeat(32) as Hash;

describe('deployUrl', () => {
  it.each([
    ['https://site.test/w.mjs', `https://site.test/w.mjs?modcast=${HASH}`],
    ['https://site.test/w.mjs?v=1', `https://site.test/w.mjs?v=1&modcast=${HASH}`],
    ['https://site.test/w.mjs#x?y', `https://site.test/w.mjs?modcast=${HASH}#x?y`],
    ['https://site.test/w.mjs?v=1#x', `https://site.test/w.mjs?v=1&modcast=${HASH}#x`],
  ])('%s', (url, expected) => {
    expect(deployUrl(url, HASH)).toBe(expected);
  });

  it('keeps a deploy that is there', () => {
    const url = deployUrl('https://site.test/w.mjs', HASH);
    expect(deployUrl(url, 'cd'.repeat(32) as Hash)).toBe(url);
  });

  it('has a way back for any URL', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        const target = deployUrl(url, HASH);
        expect(manifestOfUrl(target)).toBe(HASH);
        expect(withoutDeploy(target)).toBe(url);
        expect(new URL(target).pathname).toBe(new URL(url).pathname);
        expect(new URL(target).hash).toBe(new URL(url).hash);
      }),
    );
  });
});

it.each([
  'https://site.test/w.mjs?modcast=12',
  `https://site.test/w.mjs?modcast=${HASH}&x`,
  `/w#?modcast=${HASH}`,
])('names no deploy: %s', (url) => {
  expect(manifestOfUrl(url)).toBeUndefined();
  expect(withoutDeploy(url)).toBe(url);
});
