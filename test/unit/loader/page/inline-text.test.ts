import { describe, expect, it } from 'vitest';
import { inlineText, nameImports } from '../../../../loader/page/inline-text.js';

const textOf = (at: string | undefined, first = '') => inlineText({ text: 'x()', at }, first);

it.each([
  ['3:5', '', '\n\n    x()'],
  ['3:5,9,12', '', '\n\n    x()'],
  ['3:1', 'first();', 'first();\n\nx()'],
  ['1:4', '', '   x()'],
  ['1:12', 'first();', 'first();   x()'],
  ['1:2', 'first();', 'first();x()'],
  [undefined, 'first();', 'first();x()'],
  ['an author’s own', '', 'x()'],
])('at %j behind %j', (at, first, expected) => {
  expect(textOf(at, first)).toBe(expected);
});

describe('the import() calls of an inline module', () => {
  it('get a name in place of the keyword, in the same columns', () => {
    const text = "import('./a.mjs'); f(`${import ('b')}`); import './c.mjs';";
    const calls = [0, text.indexOf('import (')];
    expect(nameImports({ text, at: `1:1,${calls.join()}` })).toEqual({
      text: "$mc100('./a.mjs'); f(`${$mc100 ('b')}`); import './c.mjs';",
      name: '$mc100',
    });
  });

  it('get a name that the text does not contain', () => {
    const text = 'const $mc100 = 1, $mc101 = 2; import(x);';
    const { name } = nameImports({ text, at: `1:1,${text.indexOf('import')}` });
    expect(name).toBe('$mc102');
  });

  it.each([
    ['no place', undefined],
    ['only the place of the text', '3:5'],
    ['wrong places', '3:5,1,40'],
    ['an author’s own text', 'here'],
  ])('stay with %s', (_, at) => {
    expect(nameImports({ text: "import('./a.mjs')", at }).text).toBe("import('./a.mjs')");
  });
});
