import { expect, test } from 'vitest';
import { parseUrl } from '../../../importmap/url.js';

test('an absolute URL is serialised, with any base', () => {
  expect(parseUrl('HTTPS://Host:443/a/../b')).toBe('https://host/b');
  expect(parseUrl('HTTPS://Host:443/a/../b', 'blob:https://site.test/1')).toBe('https://host/b');
});

test('an invalid URL is undefined', () => {
  for (const input of ['', 'a', './a', '//', 'http://[', 'https://'])
    expect(parseUrl(input), input).toBeUndefined();
});

test('a relative reference is resolved against a hierarchical base', () => {
  expect(parseUrl('../b#c', 'https://site.test/x/y/z')).toBe('https://site.test/x/b#c');
  expect(parseUrl('b', 'x://host/a/')).toBe('x://host/a/b');
  expect(parseUrl('/b', 'x:/a/')).toBe('x:/b');
});

test.each(['blob:https://site.test/1', 'data:text/', 'mailto:a/'])(
  'only a fragment is relative to %s',
  (base) => {
    for (const input of ['', 'a', 'a#b', './a#b', '/a#b', '../a#b', '//host/a#b', '?a#b']) {
      expect(parseUrl(input, base), input).toBeUndefined();
    }
    expect(parseUrl('#b', base)).toBe(`${base}#b`);
  },
);
