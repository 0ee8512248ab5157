import { expect, it } from 'vitest';
import { withGlobalFunctions } from '../../../../registry/transform/global-selectors.js';

it.each([
  ['.a :global .b .c { top: 0 }', '.a :global(.b .c) { top: 0 }'],
  ['.a :global > .b:hover { }', '.a > :global(.b:hover) { }'],
  [':global .a :is(.b, .c), .d { }', ':global(.a :is(.b, .c)), .d { }'],
  ['.a :global .b :local .c { }', '.a :global(.b) .c { }'],
  ['.a :global .b :local(.c) { }', '.a :global(.b) :local(.c) { }'],
  [':global(.a) .b { }', ':global(.a) .b { }'],
  [
    '/* :global .a */ .b::after { content: ":global .c" }',
    '/* :global .a */ .b::after { content: ":global .c" }',
  ],
  ['.a { &:global .b { } }', '.a { &:global(.b) { } }'],
  [':not(:global .a) .b { }', ':not(:global(.a)) .b { }'],
])('%s', (css, expected) => {
  expect(withGlobalFunctions(css)).toBe(expected);
});
