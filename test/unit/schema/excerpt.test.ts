import { expect, it } from 'vitest';
import { excerpt } from '../../../schema/index.js';

const SOURCE = Array.from({ length: 12 }, (_, i) => `line ${i + 1}`).join('\n');

it('shows two lines before and after a place, and marks it', () => {
  expect(excerpt(SOURCE, 9, 6)).toBe(
    [' 7 | line 7', ' 8 | line 8', ' 9 | line 9', '   |      ^', '10 | line 10', '11 | line 11'].join('\n'),
  );
});

it('ends at the end of the source', () => {
  expect(excerpt('only', 1, 1)).toBe('1 | only\n  | ^');
  expect(excerpt(SOURCE, 12, 3).split('\n').at(-1)).toBe('   |   ^');
});

it('puts the mark below the place for any tab width', () => {
  expect(excerpt('\tif (x)\t{', 1, 9)).toBe('1 | \tif (x)\t{\n  | \t      \t^');
});

it('shows the part of a long line around the place', () => {
  const [shown = '', mark = ''] = excerpt(`${'a'.repeat(5000)}!${'b'.repeat(5000)}`, 1, 5001).split('\n');
  expect(shown).toHaveLength(4 + 200);
  expect(shown[mark.indexOf('^')]).toBe('!');
});

it('counts lines as engines do', () => {
  expect(excerpt('a\r\nb\rc\u2028d', 3, 1)).toBe('1 | a\n2 | b\n3 | c\n  | ^\n4 | d');
});
