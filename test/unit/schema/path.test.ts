import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS, isHidden, isPath, parsePath, pathFromUrl, pathToUrl } from '../../../schema/index.js';
import { coded, path } from './arbitraries.js';

const ROOT = 'https://site.test/';

describe('a path', () => {
  it.each([
    'a',
    'lib/a.mjs',
    '.hidden',
    '...',
    'a..b/c',
    'é',
    '😀',
    'a b',
    '%2e%2e',
    'c:/a',
    '~',
    'a?b#c',
    'a\\b',
    '\\',
  ])('may be %j', (text) => {
    expect(parsePath(text)).toBe(text);
  });

  it.each([
    ...['', '/', '/a', '//a', 'a/', 'a//b', '.', '..', './a', '../a', 'a/.', 'a/..', 'a/./b', 'a/../b'],
    ...[
      '..\\a',
      'a\\..',
      'a\\.\\b',
      'a\0',
      'a\nb',
      '\u007f',
      '\u001f',
      'e\u0301',
      '\u212b',
      '\ud800',
      'a\udc00b',
    ],
    'x'.repeat(LIMITS.pathLength + 1),
  ])('is never %j', (text) => {
    expect(isPath(text)).toBe(false);
    expect(() => parsePath(text)).toThrow(coded('path-invalid'));
  });

  it('may have the maximum length, and must be a string', () => {
    expect(isPath('x'.repeat(LIMITS.pathLength))).toBe(true);
    for (const value of [null, undefined, 1, ['a']]) expect(isPath(value)).toBe(false);
  });
});

describe('its URL', () => {
  it('is as the URL parser writes it, and converts back to the path', () => {
    fc.assert(
      fc.property(path, (text) => {
        const url = new URL(ROOT + pathToUrl(text));
        expect(url.href).toBe(ROOT + pathToUrl(text));
        expect([url.origin, url.search, url.hash]).toEqual(['https://site.test', '', '']);
        expect(pathFromUrl(url.pathname.slice(1))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('escapes like the URL parser, and also characters that would end a path', () => {
    const kept = "!$&'()*+,-./:;=@[]_|~azAZ09";
    expect(pathToUrl(kept)).toBe(kept);
    expect(pathToUrl('a b"#%<>?\\^`{}é😀\u0080')).toBe(
      'a%20b%22%23%25%3C%3E%3F%5C%5E%60%7B%7D%C3%A9%F0%9F%98%80%C2%80',
    );
  });
});

it.each([
  ['.env', true],
  ['a/.b/c', true],
  ['..\\a', true],
  ['...', true],
  ['a..b/c.d', false],
  ['.well-known', false],
  ['.well-known/x', false],
  ['.well-known/.x', true],
  ['.well-knownx', true],
  ['a/.well-known/x', true],
])('%j is hidden: %s', (text, hidden) => expect(isHidden(text)).toBe(hidden));

describe('the path of a URL', () => {
  it('is decoded once and normalised to NFC', () => {
    expect(pathFromUrl('a%20b/%C3%A9')).toBe('a b/é');
    expect(pathFromUrl('e%CC%81')).toBe('é');
    expect(pathFromUrl('%252e%252e/a')).toBe('%2e%2e/a');
  });

  it.each([
    ...['', '/', '/a', 'a/', 'a//b', '..', '../a', '%2e%2e/a', 'a/%2E', '%2e/a', '%2fa', 'a%2f', 'a%2f%2fb'],
    ...['a%2f..%2fb', '..%5ca', 'a%00', '%0a', '%7f', '%', '%zz', '%ff', '%c3', '%ed%a0%80'],
  ])('is undefined for %j', (text) => {
    expect(pathFromUrl(text)).toBeUndefined();
  });

  it('is a valid path or undefined for any text', () => {
    const odd = fc.array(
      fc.constantFrom('a', '.', '..', '/', '%2e', '%2F', '%5c', '%', '%C3', '%A9', '%00', '\\', '?'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          odd.map((parts) => parts.join('')),
        ),
        (text) => {
          const found = pathFromUrl(text);
          if (found !== undefined) expect(isPath(found)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
