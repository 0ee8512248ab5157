import { describe, expect, it } from 'vitest';
import { parseTagName } from '../../../../registry/history/tags.js';

describe('a tag’s name', () => {
  it.each([
    'v1',
    '1.0',
    'release/2026-11',
    'größe',
    'abc',
    'v1.0-rc.1+2',
    'x@',
    'face-lift',
    '{}',
    'a'.repeat(128),
  ])('may be %s', (name) => {
    expect(parseTagName(name)).toBe(name);
  });

  it('is stored in NFC', () => {
    expect(parseTagName('größe'.normalize('NFD'))).toBe('größe');
  });

  it.each([
    ['', 'empty'],
    ['a b', 'spaces'],
    ['a\nb', 'control'],
    ['a~1', '~'],
    ['a^', '^'],
    ['a:b', ':'],
    ['a*', '*'],
    ['-v1', 'begin with "-"'],
    ['/a', '"/"'],
    ['a//b', '"//"'],
    ['a/.b', 'begin with "."'],
    ['a..b', '".."'],
    ['a.', 'end with "."'],
    ['a.lock', '".lock"'],
    ['a.lock/b', '".lock"'],
    ['a@{b', '"@{"'],
    ['12', 'a number is a deploy'],
    ['007', 'a number is a deploy'],
    ['HEAD', 'a ref of its own'],
    ['Latest', 'a ref of its own'],
    ['@', 'a ref of its own'],
    ['cafe', 'digits of a hash'],
    ['CAFE', 'digits of a hash'],
    ['0'.repeat(39) + 'a', 'digits of a hash'],
    ['a'.repeat(129), 'longer than 128'],
  ])('cannot be %j', (name, reason) => {
    expect(() => parseTagName(name)).toThrow(
      expect.objectContaining({ code: 'tag-invalid', message: expect.stringContaining(reason) as unknown }),
    );
  });
});
