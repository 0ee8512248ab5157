import { describe, expect, it } from 'vitest';
import { matchesTag, parseRange, requestedRange } from '../../../../../registry/http/response/conditional.js';

describe('parseRange', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=2-4', { start: 2, end: 4 }],
    ['bytes=8-', { start: 8, end: 9 }],
    ['bytes=8-99', { start: 8, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-99', { start: 0, end: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=99-100', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    [`bytes=${'9'.repeat(400)}-`, 'unsatisfiable'],
    [null, null],
    ['', null],
    ['bytes=', null],
    ['bytes=-', null],
    ['bytes=5-2', null],
    ['bytes=1-2,4-5', null],
    ['lines=1-2', null],
    ['bytes=a-b', null],
    ['bytes=1-2x', null],
  ])('%s of ten bytes is %o', (header, range) => {
    expect(parseRange(header, 10)).toEqual(range);
  });

  it('has no range of an empty file', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
  });
});

it.each([
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ['*', true],
  ['"b"', false],
  ['', false],
  [null, false],
])('If-None-Match: %s names "a": %s', (header, matches) => {
  expect(matchesTag(header, '"a"')).toBe(matches);
  expect(matchesTag(header, 'W/"a"')).toBe(matches);
});

it('gives a range only of the version that If-Range names, and only for GET', () => {
  const ask = (headers: Record<string, string>, method = 'GET', etag = '"a"') =>
    requestedRange(new Request('http://localhost/', { method, headers }), 10, etag);
  const range = { start: 2, end: 4 };
  expect(ask({ Range: 'bytes=2-4' })).toEqual(range);
  expect(ask({ Range: 'bytes=2-4', 'If-Range': '"a"' })).toEqual(range);
  expect(ask({ Range: 'bytes=2-4', 'If-Range': '"b"' })).toBeNull();
  expect(ask({ Range: 'bytes=2-4', 'If-Range': 'W/"a"' }, 'GET', 'W/"a"')).toBeNull();
  expect(ask({ Range: 'bytes=2-4', 'If-Range': new Date(0).toUTCString() })).toBeNull();
  expect(ask({ Range: 'bytes=2-4' }, 'HEAD')).toBeNull();
});
