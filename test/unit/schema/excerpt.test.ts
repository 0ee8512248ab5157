import { expect, it } from 'vitest';
import { excerpt } from '../../../schema/index.js';

const SOURCE = Array.from({ length: 12 }, (_, i) => `line ${i + 1}`).join('\n');

it('shows two lines on each side of a place, and marks it', () => {
  expect(excerpt(SOURCE, 9, 6)).toBe(
    [' 7 | line 7', ' 8 | line 8', ' 9 | line 9', '   |      ^', '10 | line 10', '11 | line 11'].join('\n'),
  );
});

it('ends where the source does', () => {
  expect(excerpt('only', 1, 1)).toBe('1 | only\n  | ^');
  expect(excerpt(SOURCE, 12, 3).split('\n').at(-1)).toBe('   |   ^');
});
