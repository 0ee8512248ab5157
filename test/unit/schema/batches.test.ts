import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchesByBytes } from '../../../schema/batches.js';

const cut = (sizes: number[], maxBytes: number) => [...batchesByBytes(sizes, (size) => size, maxBytes)];

test('fills each batch up to the limit, and gives a larger item its own batch', () => {
  expect(cut([3, 3, 4, 1, 20, 5], 10)).toEqual([[3, 3, 4], [1], [20], [5]]);
  expect(cut([], 10)).toEqual([]);
});

test('keeps all items in order and within the limit, and never starts a batch too early', () => {
  const sizes = fc.array(fc.nat({ max: 50 }));
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 100 }), (items, max) => {
      const batches = cut(items, max);
      const total = (batch: number[]) => batch.reduce((sum, size) => sum + size, 0);
      expect(batches.flat()).toEqual(items);
      for (const batch of batches) if (batch.length > 1) expect(total(batch)).toBeLessThanOrEqual(max);
      for (const [i, batch] of batches.slice(1).entries()) {
        expect(total(batches[i]!) + batch[0]!).toBeGreaterThan(max);
      }
    }),
  );
});
