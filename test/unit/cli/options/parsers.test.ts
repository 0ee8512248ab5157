import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../../cli/options/duration.js';
import { offlineMode, wholeNumber, withSlashes } from '../../../../cli/options/values.js';

describe('parseDuration', () => {
  it.each([
    ['45s', 45_000],
    ['30m', 1_800_000],
    ['12h', 43_200_000],
    ['90d', 7_776_000_000],
    ['2w', 1_209_600_000],
    ['0', 0],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '90', 'd', '1.5h', '-1d', '1 d', '1D', '1234567d', 'soon'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow('a number and s, m, h, d or w');
  });
});

describe('wholeNumber', () => {
  it('reads every number within its limits, and refuses every other one', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(1000), fc.nat(1000), (value, least, span) => {
        const parse = wholeNumber({ least, most: least + span });
        if (value >= least && value <= least + span) expect(parse(String(value))).toBe(value);
        else expect(() => parse(String(value))).toThrow('a whole number');
      }),
    );
  });

  it.each(['', '-1', '1.5', '1e3', '0x1', ' 1', '1234567890', 'many'])('refuses %j', (text) => {
    expect(() => wholeNumber()(text)).toThrow('a whole number.');
  });

  it('accepts its limits', () => {
    const parse = wholeNumber({ least: 1, most: 5 });
    expect([parse('1'), parse('5')]).toEqual([1, 5]);
  });

  it('names its limit', () => {
    expect(() => wholeNumber({ most: 5 })('6')).toThrow('a whole number up to 5.');
    expect(() => wholeNumber({ least: 1 })('0')).toThrow('a whole number above 0.');
  });
});

it.each([
  ['/app/', '/app/'],
  ['/app', '/app/'],
  ['app', '/app/'],
  ['app/', '/app/'],
  ['/', '/'],
])('a path %s has both slashes: %s', (text, expected) => {
  expect(withSlashes(text)).toBe(expected);
});

it('offline use keeps what is used, or all', () => {
  expect(['used', 'all'].map(offlineMode)).toEqual(['used', 'all']);
  expect(() => offlineMode('site')).toThrow('a directory comes before --offline');
});
