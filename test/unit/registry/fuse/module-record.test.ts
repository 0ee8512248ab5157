import { describe, expect, it } from 'vitest';
import { readRecord } from '../../../../registry/fuse/module-record.js';

describe('a module record', () => {
  it('lists each import and re-export with its place, in source order', () => {
    const source = `import a, { b as c } from './x.mjs';\nexport {} from './y.mjs';\nimport {} from './z.mjs';\nexport * from './w.mjs';`;
    const { requests, starExports } = readRecord(source);
    expect(requests.map(({ specifier }) => specifier)).toEqual(['./x.mjs', './y.mjs', './z.mjs', './w.mjs']);
    expect(requests.map(({ start, end }) => source.slice(start, end).trim().slice(0, 6))).toEqual([
      'import',
      'export',
      'import',
      'export',
    ]);
    expect(requests[0]!.imports).toEqual([
      { name: 'default', local: 'a' },
      { name: 'b', local: 'c' },
    ]);
    expect(starExports).toEqual(['./w.mjs']);
  });

  it.each([
    [`export/* */{\n// }\n}/**/from './y.mjs';`, ['./y.mjs']],
    [`export {};`, []],
    [`const text = "export {} from './y.mjs'";`, []],
  ])('finds an empty re-export: %s', (source, specifiers) => {
    expect(readRecord(source).requests.map(({ specifier }) => specifier)).toEqual(specifiers);
  });

  it('counts the export of an imported name as indirect', () => {
    const record = readRecord(
      `import d, { a, b as c } from './x.mjs'; import * as n from './y.mjs'; export { a as 'b c', c, d, n };`,
    );
    // A namespace object is a binding of its own.
    expect(record.localExports).toEqual(['n']);
    expect(record.indirectExports).toEqual([
      { exported: 'b c', specifier: './x.mjs', name: 'a' },
      { exported: 'c', specifier: './x.mjs', name: 'b' },
      { exported: 'd', specifier: './x.mjs', name: 'default' },
    ]);
    expect(record.requests).toHaveLength(2);
  });

  it.each([
    ['new import.meta.X()', true],
    ['new /* a */ import.meta.X()', true],
    ['renew(import.meta)', false],
  ])('knows whether new precedes import.meta: %s', (source, followsNew) => {
    expect(readRecord(source).metas).toEqual([expect.objectContaining({ followsNew })]);
  });

  it.each([
    ['await 1', 'has a top-level await'],
    ['for await (const a of b);', 'has a top-level await'],
    ['eval("1")', 'calls eval(), which sees the names around it'],
    [`typeof require`, 'uses the name require'],
    ['#!/usr/bin/env node\n', 'begins with #!'],
    ['a();\rb();', 'has line breaks that are not line feeds'],
    ['a("\u2028");', 'has line breaks that are not line feeds'],
    ['a();\n//# sourceURL=b.mjs', 'names itself with a sourceURL comment'],
    ['new A(); class A {}', 'uses the class A before its declaration'],
    ['class A extends B {}\nexport default class B {}', 'uses the class B before its declaration'],
    ['export let x = () => A;\nnew A();\nexport class A {}', 'uses the class A before its declaration'],
    [
      `import a from './a.json' assert { type: 'json' };`,
      'imports with the keyword assert, which not every browser knows',
    ],
    ['let 1;', 'does not parse'],
  ])('says why a module stays single: %s', (source, reason) => {
    expect(readRecord(source).reason).toBe(reason);
  });

  it.each([
    'async () => await 1',
    'class A { async m() { for await (const a of b); } }',
    'x.eval("1")',
    '// require',
    'a();\r\nb();',
    'run(`${code}\n//# sourceURL=${name}`)',
    '/* //# sourceURL=b.mjs */',
    '// A\nexport const make = () => new A();\nexport class A {}',
    'function f() { return A; }\nclass A { a = A; }',
    'class A { static #b = A.name; }',
  ])('has no reason for a module that can be joined: %s', (source) => {
    expect(readRecord(source).reason).toBeUndefined();
  });
});
