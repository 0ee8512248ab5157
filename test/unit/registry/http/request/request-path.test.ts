import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequestPath } from '../../../../../registry/http/request/request-path.js';

describe('a plain path', () => {
  it.each([
    ['/', '', true],
    ['/a.js', 'a.js', false],
    ['/lib/a.js', 'lib/a.js', false],
    ['/lib/', 'lib', true],
    ['/a%20b.js', 'a b.js', false],
    ['/%C3%A9.js', 'é.js', false],
    // Decoded once: the result is a name with a percent sign.
    ['/%252e%252e/x', '%2e%2e/x', false],
    ['/a..b', 'a..b', false],
    ['/.well-known/acme-challenge/x', '.well-known/acme-challenge/x', false],
    ['/.well-known/', '.well-known', true],
  ])('%s is %s', (target, path, directory) => {
    expect(parseRequestPath(target)).toEqual({ state: 'plain', path, directory });
  });
});

/** Names that Windows reads as something else: drives, streams, devices, other spellings. */
const WINDOWS = [
  ['/a%5cb', 'a\\b'],
  ['/a%5c', 'a\\'],
  ['/a%23b%5cc', 'a#b\\c'],
  ['/C:/x', 'C:/x'],
  ['/c:x', 'c:x'],
  ['/C%3a/x', 'C:/x'],
  ['/a::b', 'a::b'],
  ['/a.js::$DATA', 'a.js::$DATA'],
  ['/a.js:$DATA', 'a.js:$DATA'],
  ['/a.js.', 'a.js.'],
  ['/a.js%20', 'a.js '],
  ['/lib./a.js', 'lib./a.js'],
  ['/a%3fb', 'a?b'],
  ['/a*', 'a*'],
  ['/NUL', 'NUL'],
  ['/com1.js', 'com1.js'],
] as const;

describe('hash-in-a-name: a name that only Windows reads as something else', () => {
  it.each(WINDOWS)('%s is %s, except on Windows', (target, path) => {
    expect(parseRequestPath(target, false)).toEqual({ state: 'plain', path, directory: false });
    expect(parseRequestPath(target, true)).toEqual({ state: 'malformed' });
  });

  it.each([false, true])('a "#" is part of a name (Windows: %s)', (isWindows) => {
    const plain = { state: 'plain', path: 'c#/main.mjs', directory: false };
    expect(parseRequestPath('/c%23/main.mjs', isWindows)).toEqual(plain);
  });
});

describe('any other path is malformed', () => {
  it.each([
    '',
    'a.js',
    '/../x',
    '/a/../x',
    '/..',
    '/.',
    '/./x',
    '/%2e%2e/x',
    '/%2e%2e%2fx',
    '/..%2fx',
    '/a/..%2f..%2fx',
    '//host/x',
    '/a//b',
    '/..%5cx',
    '/lib/..%5c..%5cx',
    '/a%00.js',
    '/a%0a.js',
    '/a%7f',
    '/a%',
    '/a%zz',
    '/%c0%ae%c0%ae/x',
    '/%ff',
    '/.env/.',
  ])('%s', (target) => {
    expect(parseRequestPath(target)).toEqual({ state: 'malformed' });
  });
});

describe('a dotfile is hidden', () => {
  it.each([
    '/.env',
    '/.env/',
    '/.git/config',
    '/a/.b/c.js',
    '/%2eenv',
    '/a/.well-known/x',
    '/.well-known/.env',
    '/.well-knownx',
  ])('%s', (target) => {
    expect(parseRequestPath(target)).toEqual({ state: 'hidden' });
  });
});

it('never returns a plain path with a segment that leads elsewhere', () => {
  const piece = fc.constantFrom(
    '..',
    '.',
    '/',
    '\\',
    '%2e',
    '%2f',
    '%5c',
    '%25',
    'a',
    '.env',
    ':',
    '%00',
    '~1',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      for (const isWindows of [false, true]) {
        const target = parseRequestPath(`/${pieces.join('')}`, isWindows);
        if (target.state !== 'plain' || target.path === '') continue;
        for (const segment of target.path.split('/')) {
          expect(segment).not.toMatch(isWindows ? /^$|^\.|\\|:|[. ]$/ : /^$|^\./);
          expect(segment).not.toContain('\0');
        }
      }
    }),
  );
});
