import { expect, it } from 'vitest';
import type { HeldScript } from '../../../../loader/page/held-page.js';
import { inlineText } from '../../../../loader/page/inline-text.js';

const textOf = (at: string | undefined, first = '') => inlineText({ text: 'x()', at } as HeldScript, first);

it.each([
  ['3:5', '', '\n\n    x()'],
  ['3:1', 'first();', 'first();\n\nx()'],
  ['1:4', '', '   x()'],
  ['1:12', 'first();', 'first();   x()'],
  ['1:2', 'first();', 'first();x()'],
  [undefined, 'first();', 'first();x()'],
  ['an author’s own', '', 'x()'],
])('at %j behind %j', (at, first, expected) => {
  expect(textOf(at, first)).toBe(expected);
});
