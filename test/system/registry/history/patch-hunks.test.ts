import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gitHunks, hunksOf, patchLines } from './git-diff.js';

const LINES = ['a', 'b', '', '  c', '\td', '}', '  }', 'function f() {', '   ', '    e;', '/**', ' */'];

it('any two texts of few lines have the hunks of git', { timeout: 60_000 }, () => {
  const text = fc
    .tuple(fc.array(fc.constantFrom(...LINES), { maxLength: 24 }), fc.boolean())
    .map(([lines, isWhole]) => lines.join('\n') + (isWhole && lines.length > 0 ? '\n' : ''));
  fc.assert(
    fc.property(text, text, fc.boolean(), (a, b, ignoreSpace) => {
      fc.pre(a !== b);
      const ours = hunksOf(
        patchLines(a, b, { ignoreSpace })
          .map(({ text: line }) => `${line}\n`)
          .join(''),
      );
      expect(ours).toBe(gitHunks(a, b, ...(ignoreSpace ? ['-w'] : [])));
    }),
    { numRuns: 400 },
  );
});
