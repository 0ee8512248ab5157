import { describe, expect, it } from 'vitest';
import type { PatchLine } from '../../../../registry/history/patch.js';
import { shortestEdit } from '../../../../registry/history/shortest-edit.js';
import { wordDiff } from '../../../../registry/history/word-diff.js';

const LINES: PatchLine[] = [
  { kind: 'header', text: '--- a/a.mjs' },
  { kind: 'hunk', text: '@@ -1,3 +1,3 @@' },
  { kind: 'context', text: ' first' },
  { kind: 'deleted', text: '-const a  = 1;' },
  { kind: 'added', text: '+const b = 1; // one' },
  { kind: 'deleted', text: '\\ No newline at end of file' },
];
const textOf = (mode: 'plain' | 'color' | 'porcelain') =>
  [...wordDiff(LINES, mode)].map(({ text }) => text).join('');

describe('a patch in words', () => {
  it('has brackets around words', () => {
    expect(textOf('plain')).toBe('--- a/a.mjs\n@@ -1,3 +1,3 @@\nfirst\nconst [-a-]{+b+} = 1; {+// one+}\n');
  });

  it('has a kind for each piece, for colours', () => {
    const pieces = [...wordDiff(LINES, 'color')].filter(({ kind }) => kind === 'added' || kind === 'deleted');
    expect(pieces).toEqual([
      { kind: 'deleted', text: 'a' },
      { kind: 'added', text: 'b' },
      { kind: 'added', text: '// one' },
    ]);
  });

  it('has a line for each piece, for programs', () => {
    expect(textOf('porcelain')).toBe(
      '--- a/a.mjs\n@@ -1,3 +1,3 @@\n first\n~\n const \n-a\n+b\n  = 1; \n+// one\n~\n',
    );
  });
});

describe('the shortest edit', () => {
  const apply = (a: number[], b: number[]) => {
    const { before, after } = shortestEdit(Int32Array.from(a), Int32Array.from(b));
    const kept = a.filter((_, i) => before[i] === 0);
    expect(kept).toEqual(b.filter((_, j) => after[j] === 0));
    return kept.length;
  };

  it('keeps a longest common subsequence', () => {
    expect(apply([1, 2, 3, 1, 2, 2, 1], [3, 2, 1, 2, 1, 3])).toBe(4);
    expect(apply([], [1])).toBe(0);
    expect(apply([1, 2], [2, 1])).toBe(1);
  });

  it('keeps some common subsequence of lists that differ too much', () => {
    const a = Array.from({ length: 6000 }, (_, i) => (i * 7919) % 5003);
    const b = Array.from({ length: 6000 }, (_, i) => (i * 104_729) % 5003);
    expect(apply(a, b)).toBeGreaterThan(0);
  });
});
