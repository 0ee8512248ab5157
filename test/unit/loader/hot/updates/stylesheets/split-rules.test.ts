import { expect, it } from 'vitest';
import { splitRules } from '../../../../../../loader/hot/updates/stylesheets/split-rules.js';

const rules = (css: string) => splitRules(css).map(({ start, end }) => css.slice(start, end));

it.each([
  ['', []],
  [' \n/* only a comment */ ', []],
  ['.a{color:red}.b{}', ['.a{color:red}', '.b{}']],
  [
    '@charset "utf-8"; @import url(a.css) screen;\n.a{}',
    ['@charset "utf-8";', '@import url(a.css) screen;', '.a{}'],
  ],
  [
    '@layer a, b; @layer a { .x { & .y { top: 0 } } }',
    ['@layer a, b;', '@layer a { .x { & .y { top: 0 } } }'],
  ],
  ['@media (min-width: 1px) { .a { } } .b { }', ['@media (min-width: 1px) { .a { } }', '.b { }']],
  [".a::before{content:\"}\"} .b{content:'\\'}'}", ['.a::before{content:"}"}', ".b{content:'\\'}'}"]],
  ['.a{background:url(a};b.png)} .b{}', ['.a{background:url(a};b.png)}', '.b{}']],
  ['.a{background:URL( "x}" )} .b{}', ['.a{background:URL( "x}" )}', '.b{}']],
  ['@import url(a;b.css); .a{}', ['@import url(a;b.css);', '.a{}']],
  ['.a{/* } */top:0} /* .c{} */ .b{}', ['.a{/* } */top:0}', '.b{}']],
  ['.a\\{b{top:0} .c{}', ['.a\\{b{top:0}', '.c{}']],
  ['[title="{"]{top:0} .c{}', ['[title="{"]{top:0}', '.c{}']],
  // Broken: the rest of a rule belongs to it, as for the engines.
  ['foo; .a{top:0} .b{}', ['foo; .a{top:0}', '.b{}']],
  ['.a{top:0', ['.a{top:0']],
  ['.a{} .b', ['.a{}', '.b']],
  ['} .a{} .b{}', ['} .a{}', '.b{}']],
  ['<!-- .a{} --> .b{}', ['.a{}', '.b{}']],
  ['.a{content:"open\n} .b{}', ['.a{content:"open\n}', '.b{}']],
  ['.a{(} ) } .b{}', ['.a{(} ) }', '.b{}']],
])('splits %s', (css, expected) => {
  expect(rules(css)).toEqual(expected);
});

it('takes time in proportion to the text', () => {
  const css = '.a{background:url(a.png);content:"x"}\n'.repeat(20_000);
  expect(rules(css)).toHaveLength(20_000);
});
