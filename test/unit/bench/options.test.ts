import { describe, expect, it } from 'vitest';
import { readOptions } from '../../bench/options.mjs';

const read = (...args: string[]) => readOptions(args, ['loader', 'boot']);
const idsOf = (...args: string[]) => read(...args).subjects.map(({ id }) => id);

describe('the networks', () => {
  const networks = (...args: string[]) => read(...args).networks;

  it('have a bandwidth only with latency, unless bandwidths are given', () => {
    expect(networks()).toEqual([
      { roundTrip: 0, mbit: Infinity },
      { roundTrip: 40, mbit: 50 },
    ]);
    expect(networks('--rtt', '150')).toEqual([{ roundTrip: 150, mbit: 50 }]);
  });

  it('are each round trip with each bandwidth', () => {
    expect(networks('--rtt', '0,150', '--mbit', '50,5,none')).toEqual(
      [0, 150].flatMap((roundTrip) => [50, 5, Infinity].map((mbit) => ({ roundTrip, mbit }))),
    );
  });

  it.each([
    ['--rtt', '-1'],
    ['--rtt', ''],
    ['--rtt', '1.5'],
    ['--mbit', '0'],
    ['--mbit', 'fast'],
    ['--rounds', '0'],
  ])('refuse %s=%s', (flag, value) => {
    expect(() => read(`${flag}=${value}`)).toThrow(`${flag} must be a whole number`);
  });
});

describe('lists', () => {
  it('have the order of the bench, whatever the order of the flag', () => {
    expect(idsOf('--subjects', 'modcast, build-h2,plain')).toEqual(['plain', 'build-h2', 'modcast']);
  });

  it('can be all there is', () => {
    expect(idsOf('--subjects', 'all')).toEqual([
      'plain',
      'plain-h2',
      'vite',
      'vite-bundled',
      'build-h2',
      'modcast',
      'production',
      'production-h2',
      'no-offline',
      'fused',
      'production-fused',
    ]);
    expect(read('--sites', 'all').sites).toContain('babylon');
  });

  it.each([
    ['--sites', 'lodash'],
    ['--subjects', 'nginx'],
    ['--only', 'boots'],
    ['--engine', 'webkit'],
  ])('refuse %s=%s, with the valid values', (flag, value) => {
    expect(() => read(flag, value)).toThrow(`${flag} does not accept "${value}". Valid values: `);
  });
});

it('adds another checkout as a subject', () => {
  expect(idsOf('--subjects', 'modcast', '--baseline', '../other')).toEqual(['modcast', 'baseline']);
});

it('refuses a plot without boot times, and unknown flags', () => {
  expect(() => read('--only', 'loader', '--svg', 'a.svg')).toThrow('--svg plots boot times');
  expect(read('--svg', 'a.svg').svg).toBe('a.svg');
  expect(() => read('--round', '5')).toThrow("Unknown option '--round'");
});
