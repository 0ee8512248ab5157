import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deployOfUrl,
  deployUrl,
  fusionOfUrl,
  isOwnInstance,
  manifestOfUrl,
  withoutDeploy,
  withoutDeploys,
  workerModuleUrl,
} from '../../../importmap/deploy-url.js';
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

describe('a URL of a worker with joined modules', () => {
  const FUSION = 'cd'.repeat(32) as Hash;
  const JOINED = `${HASH}.${FUSION}` as const;

  it('names the manifest and the fusion, and has a way back', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        for (const target of [deployUrl(url, JOINED), workerModuleUrl(url, JOINED)]) {
          expect(manifestOfUrl(target)).toBe(HASH);
          expect(fusionOfUrl(target)).toBe(FUSION);
          expect(deployOfUrl(target)).toBe(JOINED);
          expect(withoutDeploy(target)).toBe(url);
          expect(deployUrl(target, HASH)).toBe(target);
        }
      }),
    );
  });

  it.each([
    ['a.mjs#x', true],
    ['a.mjs?v#', true],
    ['%61.mjs', true],
    ['%2e.mjs', true],
    ['a.mjs', false],
    ['%20%40%5B%C3%A4.mjs', false],
  ])('%s is told to be an instance of its own: %s', (place, isOwn) => {
    const url = `https://site.test/${place}`;
    expect(isOwnInstance(workerModuleUrl(url, JOINED))).toBe(isOwn);
    expect(workerModuleUrl(url, HASH)).toBe(deployUrl(url, HASH));
    expect(isOwnInstance(url)).toBe(false);
  });

  it('is natural in a text, which may end with a full stop', () => {
    const at = (place: string, deploy: string) => `https://site.test/${place}?modcast=${deploy}`;
    const text = `Error at ${at('a.mjs', JOINED)}:1:2 (${at('b.mjs', `${JOINED}~`)}#x) from ${at('c.mjs', JOINED)}.`;
    expect(withoutDeploys(text)).toBe(
      'Error at https://site.test/a.mjs:1:2 (https://site.test/b.mjs#x) from https://site.test/c.mjs.',
    );
  });

  it.each([`${HASH}.`, `${HASH}.12`, `${HASH}.${FUSION}.`, `.${FUSION}`])('does not end with %s', (name) => {
    expect(fusionOfUrl(`https://site.test/w.mjs?modcast=${name}`)).toBeUndefined();
  });
});
