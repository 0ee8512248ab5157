import { describe, expect, it } from 'vitest';
import { otherSlash, pageKey } from '../../../../loader/service-worker/page-key.js';

describe('the key of a page', () => {
  it.each([
    ['/', '/'],
    ['/index.html', '/'],
    ['/index', '/'],
    ['/about', '/about'],
    ['/about.html', '/about'],
    ['/about.html?x=1#y', '/about?x=1'],
    ['/about/', '/about/'],
    ['/blog/index.html', '/blog/'],
    ['/blog/index', '/blog/'],
    ['/blog/index.html?a', '/blog/?a'],
    ['/reindex.html', '/reindex'],
    ['/a.html/b', '/a.html/b'],
    ['/#top', '/'],
    ['/?next=/index.html', '/?next=/index.html'],
  ])('of %s is %s', (url, key) => {
    expect(pageKey(`https://host.test${url}`)).toBe(`https://host.test${key}`);
  });
});

it.each([
  ['/about', '/about/'],
  ['/about/', '/about'],
  ['/about?x=/', '/about/'],
  ['/', undefined],
  ['/?x', undefined],
])('the other slash of %s is %s', (key, other) => {
  expect(otherSlash(`https://host.test${key}`)).toBe(other && `https://host.test${other}`);
});
