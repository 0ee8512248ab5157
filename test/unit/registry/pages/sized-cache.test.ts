import { expect, it } from 'vitest';
import { SizedCache } from '../../../../registry/pages/sized-cache.js';

it('drops the least recently used values when it is full', () => {
  const cache = new SizedCache<string, number>(10);
  cache.set('a', 1, 4);
  cache.set('b', 2, 4);
  expect(cache.get('a')).toBe(1);
  cache.set('c', 3, 4);
  expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([1, undefined, 3]);
});

it('counts a replaced value once, and keeps the newest whatever its size', () => {
  const cache = new SizedCache<string, number>(10);
  for (let n = 0; n < 5; n++) cache.set('a', n, 6);
  cache.set('b', 1, 4);
  expect([cache.get('a'), cache.get('b')]).toEqual([4, 1]);
  cache.set('c', 2, 100);
  expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([undefined, undefined, 2]);
  cache.set('d', 3, 1);
  expect(['c', 'd'].map((key) => cache.get(key))).toEqual([undefined, 3]);
});
