import { describe, expect, it } from 'vitest';
import { count, formatBytes, formatMs } from '../../../../cli/output/format.js';
import { isoTime, relativeTime } from '../../../../cli/output/time.js';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [999.6, '1.00 kB'],
  [1234, '1.23 kB'],
  [12_345, '12.3 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [64 * 1024 * 1024, '67.1 MB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

it.each([
  [0.4, '0 ms'],
  [999, '999 ms'],
  [1000, '1.0 s'],
  [9949, '9.9 s'],
  [12_300, '12 s'],
])('%d ms are %s', (ms, text) => expect(formatMs(ms)).toBe(text));

it('counts with the plural and thousands separators', () => {
  expect([count(1, 'module'), count(0, 'module'), count(12_000, 'module')]).toEqual([
    '1 module',
    '0 modules',
    '12,000 modules',
  ]);
});

describe('a relative time', () => {
  const NOW = Date.UTC(2026, 10, 23, 12);
  it.each([
    [59_999, 'now'],
    [60_000, '1 minute ago'],
    [7_200_000, '2 hours ago'],
    [86_400_000, '1 day ago'],
    [8 * 86_400_000, '1 week ago'],
    [-2 * 86_400_000, 'in 2 days'],
  ])('%d ms before now is %s', (before, text) => expect(relativeTime(NOW - before, NOW)).toBe(text));

  it('is exact in ISO form', () => expect(isoTime(NOW)).toBe('2026-11-23T12:00:00.000Z'));
});
