import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countLines, matchLines, splitLines } from '../../../../registry/history/lines.js';
import { makePatch } from '../../../../registry/history/patch.js';

const LINES = ['a', 'b', 'c', '', '  d'];
const texts = fc.array(fc.constantFrom(...LINES), { maxLength: 30 });

/** Length of the longest common subsequence, by dynamic programming. */
function longest(a: readonly string[], b: readonly string[]): number {
  let row = Array<number>(b.length + 1).fill(0);
  for (const line of a) {
    const next = [0];
    b.forEach((other, j) => next.push(line === other ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!)));
    row = next;
  }
  return row.at(-1)!;
}

describe('matching lines', () => {
  it('finds a longest common subsequence, in order on both sides', () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const matches = matchLines(a, b);
        let [i, j] = [0, 0];
        for (const { before, after, length } of matches) {
          expect(before >= i && after >= j && length > 0).toBe(true);
          expect(a.slice(before, before + length)).toEqual(b.slice(after, after + length));
          [i, j] = [before + length, after + length];
        }
        // As git does, it may leave out a frequent line among lines that only one side has: here there are none.
        const common = (x: readonly string[], y: readonly string[]) =>
          matchLines(x, y).reduce((sum, { length }) => sum + length, 0);
        const [all, others] = [
          [...a, ...LINES],
          [...b, ...LINES.toReversed()],
        ];
        expect(common(all, others)).toBe(longest(all, others));
      }),
      { numRuns: 2000 },
    );
  });

  it('finds common lines of texts that differ too much for a full search', () => {
    const shuffled = (step: number) =>
      Array.from({ length: 12_007 }, (_, i) => `line ${(i * step) % 12_007}`);
    const [a, b] = [
      ['first', ...shuffled(5)],
      ['first', ...shuffled(7), 'last'],
    ];
    const { added, deleted } = countLines(a, b);
    expect(added).toBe(deleted + 1);
    expect(deleted).toBeLessThan(12_007);
  });

  it('shows an added function as a whole, not as the end of one and the start of the next', () => {
    const block = (name: string) => [`function ${name}() {\n`, '  work();\n', '}\n', '\n'];
    const matches = matchLines([...block('a'), ...block('c')], [...block('a'), ...block('b'), ...block('c')]);
    expect(matches).toEqual([
      { before: 0, after: 0, length: 4 },
      { before: 4, after: 8, length: 4 },
    ]);
  });

  it('keeps the comment of an added function with it', () => {
    const block = (name: string) => ['/**\n', ` * ${name}\n`, ' */\n', `${name}();\n`];
    expect(matchLines(block('b'), [...block('a'), ...block('b')])).toEqual([
      { before: 0, after: 4, length: 4 },
    ]);
    expect(matchLines([...block('a'), ...block('b')], block('b'))).toEqual([
      { before: 4, after: 0, length: 4 },
    ]);
  });

  it('splits a text into lines that join to the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r') }), (text) => {
        expect(splitLines(text).join('')).toBe(text);
      }),
    );
  });
});

describe('a patch', () => {
  const module = (n: number) => ({ hash: String(n).repeat(64), size: 1, type: 'text/javascript' });
  const modified = {
    status: 'modified',
    path: 'a b.mjs',
    oldPath: null,
    before: module(1),
    after: module(2),
    similarity: null,
  } as const;

  it('says that binary files differ', () => {
    const patch = makePatch(modified, Buffer.from('a\0'), Buffer.from('b'));
    expect(patch.binary).toBe(true);
    expect(patch.lines.at(-1)?.text).toBe('Binary files a/a b.mjs and b/a b.mjs differ');
  });

  it('puts nearby changes into one hunk, and names their function', () => {
    const before = ['function f() {', ...Array.from({ length: 40 }, (_, i) => `  ${i};`), '}', ''].join('\n');
    const after = before
      .replace('  10;', '  ten;')
      .replace('  16;', '  sixteen;')
      .replace('  30;', '  thirty;');
    const { lines } = makePatch(modified, Buffer.from(before), Buffer.from(after));
    expect(lines.filter(({ kind }) => kind === 'hunk').map(({ text }) => text)).toEqual([
      '@@ -9,13 +9,13 @@ function f() {',
      '@@ -29,7 +29,7 @@ function f() {',
    ]);
  });
});
