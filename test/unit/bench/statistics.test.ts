import { expect, it } from 'vitest';
import { median, medianRatio, spread } from '../../bench/statistics.mjs';

it('takes the middle value, or the mean of the two in the middle, and keeps the order of its input', () => {
  const values = [9, 1, 5];
  expect(median(values)).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([10, 9])).toBe(9.5);
  expect(values).toEqual([9, 1, 5]);
});

it('gives the extremes too', () => {
  expect(spread([3, 20, 100])).toEqual({ median: 20, min: 3, max: 100 });
});

it('pairs rounds: a slow round of both changes no ratio', () => {
  expect(medianRatio([10, 1000, 10], [20, 2000, 20])).toBe(0.5);
  // The ratio of the medians would be 1.
  expect(medianRatio([1, 2, 3], [2, 1, 3])).toBe(1);
  expect(medianRatio([10, 30, 20], [20, 20, 10])).toBe(1.5);
});
