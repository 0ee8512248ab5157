import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, textWidth, truncate, truncateStart } from '../../../../cli/output/text.js';

/** Texts of narrow, wide, combining and emoji characters. */
const text = fc
  .array(fc.constantFrom('a', '.', '漢', 'é', '\u0301', '🎉', '·'), { maxLength: 20 })
  .map((characters) => characters.join(''));

describe('textWidth', () => {
  it.each([
    ['abc', 3],
    ['漢字', 4],
    ['e\u0301', 1],
    ['🎉', 2],
    ['\u001b[31mred\u001b[39m', 3],
    ['', 0],
  ])('%j takes %i columns', (string, width) => expect(textWidth(string)).toBe(width));
});

describe('truncate', () => {
  it('keeps a text that fits', () => {
    expect(truncate('abc', 3)).toBe('abc');
    expect(truncateStart('abc', 3)).toBe('abc');
  });

  it('marks the cut, at the end or at the start', () => {
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncateStart('abcdef', 4)).toBe('…def');
    expect(truncate('abc', 0)).toBe('');
  });

  it('never exceeds the width, and keeps a prefix or a suffix', () => {
    fc.assert(
      fc.property(text, fc.nat(12), (string, width) => {
        const end = truncate(string, width);
        const start = truncateStart(string, width);
        expect(textWidth(end)).toBeLessThanOrEqual(width);
        expect(textWidth(start)).toBeLessThanOrEqual(width);
        expect(string.startsWith(end.replace(/…$/, ''))).toBe(true);
        expect(string.endsWith(start.replace(/^…/, ''))).toBe(true);
      }),
    );
  });
});

it('printable has no control characters and the same length', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (string) => {
      const shown = printable(string);
      expect(shown).not.toMatch(/\p{Cc}/u);
      expect(shown).toHaveLength(string.length);
    }),
  );
});
