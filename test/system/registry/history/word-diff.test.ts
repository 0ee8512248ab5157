import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WORD_DIFFS, wordDiff, type WordDiff } from '../../../../registry/history/word-diff.js';
import { gitHunks, hunksOf, patchLines } from './git-diff.js';

const ours = (before: string, after: string, mode: WordDiff): string =>
  hunksOf([...wordDiff(patchLines(before, after), mode)].map(({ text }) => text).join(''));

const theirs = (before: string, after: string, mode: WordDiff): string =>
  gitHunks(before, after, `--word-diff=${mode}`);

describe('changed words are those of git', () => {
  it.each([
    ['a word', 'const a = 1;\n', 'const b = 1;\n'],
    ['a line without words', 'a\n\nb\n', 'a\n  \nb\n'],
    ['other white space', 'a  b\tc\n', 'a b c\n'],
    ['lines that are joined', 'a b\nc d\n', 'a b c d\n'],
    ['no line break at the end', 'a b', 'a c'],
    ['a line break that is added', 'a b', 'a b\n'],
    ['only deleted', 'a\nb\n', 'a\n'],
    ['only added', 'a\n', 'a\nb c\n'],
    ['a form feed, which is no white space of git', 'a\fb c\n', 'a\fd c\n'],
    ['a carriage return', 'a b\r\nc\n', 'a d\r\nc\n'],
    ['repeated words', '= a = b = c\n', '= b = = a = c = c\n'],
  ])('%s', (_, before, after) => {
    for (const mode of WORD_DIFFS) expect(ours(before, after, mode)).toBe(theirs(before, after, mode));
  });

  it('any two lines of few words', { timeout: 60_000 }, () => {
    const word = fc.constantFrom('=', '{', 'a', 'b', 'é', '💥', 'foo(bar)');
    const space = fc.constantFrom(' ', '  ', '\t', ' \r');
    const line = fc.array(fc.tuple(word, space), { maxLength: 14 }).map((parts) => parts.flat().join(''));
    fc.assert(
      fc.property(line, line, fc.constantFrom(...WORD_DIFFS), (before, after, mode) => {
        // One changed line: which lines changed is not the question here.
        const [a, b] = [`x\n1 ${before}\ny\n`, `x\n2 ${after}\ny\n`];
        expect(ours(a, b, mode)).toBe(theirs(a, b, mode));
      }),
      { numRuns: 400 },
    );
  });
});
