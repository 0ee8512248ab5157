import { expect, it } from 'vitest';
import { decoratorPlace } from '../../../../registry/transform/decorators.js';

it.each([
  ['@dec class A {}', 1, 1],
  ['class A {\n  @dec() x;\n}', 2, 3],
  ['const a = /* @__PURE__ */ f();\nclass A { @dec x; }', 2, 11],
  ['/* a */ @dec class A {}', 1, 9],
  ['export default (@dec class {})', 1, 17],
])('finds the first decorator of %j', (code, line, column) => {
  expect(decoratorPlace(code)).toEqual({ line, column });
});

it.each(['const a = "me@dec";', 'const a = " @dec";', '/* @dec */ f();', '// @dec\nf();'])(
  'finds none in %j',
  (code) => {
    expect(decoratorPlace(code)).toBeUndefined();
  },
);

it('does not parse code for the comments that compilers write', () => {
  expect(decoratorPlace('/* @__PURE__ */ f(; /* @__NO_SIDE_EFFECTS__ */')).toBeUndefined();
});
