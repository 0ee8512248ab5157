import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequestPath } from '../../../../registry/http/request-path.js';

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
  ])('%s is %s', (target, path, directory) => {
    expect(parseRequestPath(target)).toEqual({ state: 'plain', path, directory });
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
    '/a\\b',
    '/a%5cb',
    '/..%5cx',
    '/.env\\',
    '/a%00.js',
    '/a%0a.js',
    '/a%7f',
    '/a%23b',
    '/C:/x',
    '/c:x',
    '/C%3a/x',
    '/a.js::$DATA',
    '/a.js:$DATA',
    '/a.js.',
    '/a.js%20',
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
  it.each(['/.env', '/.env/', '/.git/config', '/a/.b/c.js', '/%2eenv'])('%s', (target) => {
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
      const target = parseRequestPath(`/${pieces.join('')}`);
      if (target.state !== 'plain' || target.path === '') return;
      for (const segment of target.path.split('/')) {
        expect(segment).not.toMatch(/^$|^\.|\\|^[a-z]:|[. ]$/);
        expect(segment).not.toContain('\0');
      }
    }),
  );
});
