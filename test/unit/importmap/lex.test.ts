import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasDefaultExport, lexImportCalls, lexModule, lexSpecifiers } from '../../../importmap/lex.js';
import type { Link } from '../../../schema/index.js';

/** Each link as its kind, the bytes of its range, and its specifier. */
function lex(source: string | Buffer): unknown[][] {
  const bytes = Buffer.from(source as string);
  const { state, list } = lexModule(bytes);
  expect(state).toBe('linked');
  return list.map((link) => show(bytes, link));
}

function show(bytes: Buffer, link: Link): unknown[] {
  const range = bytes.subarray(link.start, link.end).toString();
  return 'specifier' in link ? [link.kind, range, link.specifier] : [link.kind, range];
}

describe('static imports', () => {
  it.each([
    [`import './a.mjs'`, `'./a.mjs'`],
    [`import a, { b as c } from "./a.mjs";`, `"./a.mjs"`],
    [`import*as a from'./a.mjs'`, `'./a.mjs'`],
    [`export * from './a.mjs'`, `'./a.mjs'`],
    [`export * as n from './a.mjs'`, `'./a.mjs'`],
    [`export { "a b" as "c" } from './a.mjs'`, `'./a.mjs'`],
    [`import a from './a.mjs' with { type: "json", x: './no' };`, `'./a.mjs'`],
    [`import a from'./a.mjs'assert{type:'json'}`, `'./a.mjs'`],
    [`import defer * as a from './a.mjs'`, `'./a.mjs'`],
    [`import source a from './a.mjs'`, `'./a.mjs'`],
    [`import/* './no' */'./a.mjs'// './no'`, `'./a.mjs'`],
    [`import type from './a.mjs'`, `'./a.mjs'`],
  ])('%s', (source, literal) => {
    expect(lex(source)).toEqual([['static', literal, './a.mjs']]);
  });

  it.each([
    [`'./\\u0061'`, './a'],
    [`"./\\x61\\u{1F600}"`, './a😀'],
    [`'./a\\\nb'`, './ab'],
    [`"./\\'a\\""`, `./'a"`],
    [`''`, ''],
  ])('decode the escapes of their literal: %s', (literal, specifier) => {
    expect(lex(`import ${literal}`)).toEqual([['static', literal, specifier]]);
  });
});

describe('import()', () => {
  it.each([
    [`import('./a')`, './a'],
    [`import ( /* './no' */ "./a" // './no'\n )`, './a'],
    [`import/**/('./a')`, './a'],
    [`import\n('./a',)`, './a'],
    ['import(`./a`)', './a'],
    [`import('./\\u0061', { with: { type: 'json' } })`, './a'],
    ['`${import("./a")} import("./no")`', './a'],
    [`({ import: 1, a() { import('./a') } })`, './a'],
  ])('with one literal: %s', (source, specifier) => {
    expect(lex(source)).toEqual([['dynamic', 'import', specifier]]);
  });

  it.each(['import(a)', "import('./a' + b)", 'import(`./${a}`)', "import(a ? './b' : './c')"])(
    'with another argument has no specifier: %s',
    (source) => {
      expect(lex(source)).toEqual([['dynamic', 'import']]);
    },
  );

  it('with a phase has the range of its argument', () => {
    expect(lex(`import.defer( /**/ './a' ); import.source(a + 1); import.source('./b', {})`)).toEqual([
      ['phase', `'./a'`, './a'],
      ['phase', 'a + 1'],
      ['phase', `'./b'`, './b'],
    ]);
  });
});

describe('import.meta', () => {
  it.each(['import.meta', 'import . meta', 'import/* a */.meta', 'import\n.\nmeta'])('as %j', (text) => {
    expect(lex(`f(${text}.url, \`\${${text}}\`)`)).toEqual([
      ['meta', text],
      ['meta', text],
    ]);
  });
});

describe('text that only looks like an import', () => {
  it.each([
    `"import './a'"`,
    '`import("./a") import.meta`',
    `/import('.\\/a')/`,
    `if (a) /import("x")/.test(b)`,
    `// import './a'\n/* import './a' */`,
    `a.import('./a'); a?.import('./a'); a.import.meta`,
    `class A { import(x) {} static import = 1 }`,
    `({ import() {} })`,
    `#!/usr/bin/env node import './a'\n1`,
    `\ufeff#! import.meta "\n1`,
  ])('%j', (source) => {
    expect(lex(source)).toEqual([]);
  });
});

describe('the hashbang', () => {
  it.each(['#!/bin/node', "#! it's (", '\ufeff#!`', '#!'])('%j is not code', (line) => {
    expect(lex(`${line}\nimport './a'`)).toEqual([['static', `'./a'`, './a']]);
    expect(lexModule(Buffer.from(line))).toEqual({ state: 'linked', list: [] });
  });
});

describe('bytes', () => {
  it('are counted from the byte order mark', () => {
    const { list } = lexModule(Buffer.from(`\ufeffimport './a'`));
    expect(list).toEqual([{ kind: 'static', start: 10, end: 15, specifier: './a' }]);
  });

  it('are counted, not characters', () => {
    expect(lex(`"é€😀"; import './é😀'; import('./€'); /*é*/import.meta`)).toEqual([
      ['static', `'./é😀'`, './é😀'],
      ['dynamic', 'import', './€'],
      ['meta', 'import.meta'],
    ]);
  });

  it('that are not UTF-8 keep their offsets, and are decoded as in a browser', () => {
    const source = Buffer.concat([
      Buffer.from(`/* \xe9 */ import './\xe9'; import './`, 'latin1'),
      Buffer.from(`é'; import.meta`),
    ]);
    expect(lex(source)).toEqual([
      ['static', `'./\ufffd'`, './\ufffd'],
      ['static', `'./é'`, './é'],
      ['meta', 'import.meta'],
    ]);
  });

  it('may begin with a byte order mark without being UTF-8', () => {
    const source = Buffer.from(`\xef\xbb\xbf#! "\n/* \xff */ import './a'`, 'latin1');
    expect(lex(source)).toEqual([['static', `'./a'`, './a']]);
  });

  it('may be empty', () => {
    expect(lex('')).toEqual([]);
  });
});

describe('the last lines', () => {
  const map = (source: string) => lex(source).filter(([kind]) => kind === 'source-map');

  it.each([
    '1\n//# sourceMappingURL=a.map',
    '1\n//# sourceMappingURL=a.map \t',
    '1\r\n//# sourceMappingURL=a.map\r\n',
    '  //@ sourceMappingURL=a.map\n\n// end\n',
    '//# sourceMappingURL=a.map\n//# sourceURL=x\n',
    '//# sourceMappingURL=no.map\n//# sourceMappingURL=a.map',
  ])('name the source map: %j', (source) => {
    expect(map(source)).toEqual([['source-map', 'a.map', 'a.map']]);
  });

  it.each([
    '1 //# sourceMappingURL=a.map',
    '//# sourceMappingURL=a.map\n1',
    '/*# sourceMappingURL=a.map */',
    '/*\n//# sourceMappingURL=a.map\n*/',
    '"\\\n//# sourceMappingURL=a.map\\\n//"',
    'a = `\n//# sourceMappingURL=a.map\n`',
    'a = `\n//# sourceMappingURL=a.map\n//`',
    'a = `\n//# sourceMappingURL=a.map\n// `;\n// end',
    '`${a}\n//# sourceMappingURL=a.map`',
    '//# sourceMappingURL=a b',
    '//# sourceMappingURL=',
  ])('name no source map: %j', (source) => {
    expect(map(source)).toEqual([]);
  });

  it('name the source URL', () => {
    expect(lex('import.meta\n//# sourceURL=é.js\n')).toEqual([
      ['meta', 'import.meta'],
      ['source-url', 'é.js'],
    ]);
  });
});

it.each(['import {', `import './a`, '(', `import '\\u{zz}'`, '`'])('%j is unparsed', (source) => {
  expect(lexModule(Buffer.from(source))).toEqual({ state: 'unparsed', list: [] });
});

it.each(['\u2028', '\u2029'])('a line comment ends at %j, and a string does not', (separator) => {
  expect(lex(`// 'no'${separator}import './a.mjs'; // ü${separator}import('./b.mjs')`)).toEqual([
    ['static', `'./a.mjs'`, './a.mjs'],
    ['dynamic', 'import', './b.mjs'],
  ]);
  expect(lex(`x = 'http://site${separator}/'; import './a.mjs'`)).toEqual([
    ['static', `'./a.mjs'`, './a.mjs'],
  ]);
  expect(
    lex(`/*${separator}import './no.mjs' */ x = '${separator}'; y = \`//${separator}\`; import './a.mjs'`),
  ).toEqual([['static', `'./a.mjs'`, './a.mjs']]);
});

it.each(['\u1680', '\u2003', '\u2028', '\u202f', '\u205f', '\u3000', '\ufeff'])(
  '%j is white space',
  (space) => {
    const source = `f()${space}import${space}('./a.mjs');${space}import${space}b${space}from${space}'./b.mjs';`;
    expect(lex(source)).toEqual([
      ['dynamic', 'import', './a.mjs'],
      ['static', `'./b.mjs'`, './b.mjs'],
    ]);
    expect(lex(`f();import './${space}.mjs'`)).toEqual([['static', `'./${space}.mjs'`, `./${space}.mjs`]]);
  },
);

it('the specifiers of an inline script have their kind', () => {
  expect(lexSpecifiers(`import './a'; import('./b'); import(c); import.meta; export * from 'd'`)).toEqual([
    { specifier: './a', dynamic: false },
    { specifier: './b', dynamic: true },
    { specifier: 'd', dynamic: false },
  ]);
  expect(lexSpecifiers('import {')).toEqual([]);
});

it.each([
  ["import './a'; import('./b'); import(c, d); import.meta; import.defer('e')", ['import(', 'import(c']],
  ['\n\u2028 f(`é${import /* why */ (x)}`, "import(y)"); // import(z)', ['import /*']],
  ['#!import(a)\nimport(b)', ['import(b']],
  ['import {', []],
])('finds the import() calls of an inline script: %j', (source, calls) => {
  expect(lexImportCalls(source)).toEqual(calls.map((text) => source.indexOf(text)));
});

describe('for any module made of fragments', () => {
  const name = fc.constantFrom('./a.mjs', '../é/b', 'bare', '/c?d#e', 'https://x.test/😀', '@s/p', '');
  const quote = fc.constantFrom("'", '"');
  type Fragment = readonly [text: string, ...links: (readonly unknown[])[]];
  const statement = (make: (literal: string, name: string) => Fragment) =>
    fc.tuple(name, quote).map(([text, mark]) => make(`${mark}${text}${mark}`, text));
  const fragment: fc.Arbitrary<Fragment> = fc.oneof(
    statement((literal, text) => [`import ${literal};`, ['static', literal, text]]),
    statement((literal, text) => [
      `import x, {y}from${literal}with{a:${literal}};`,
      ['static', literal, text],
    ]),
    statement((literal, text) => [`export * from /*é*/ ${literal}\n`, ['static', literal, text]]),
    statement((literal, text) => [`import(/*${literal}*/${literal});`, ['dynamic', 'import', text]]),
    statement((literal, text) => [`import.defer(${literal});`, ['phase', literal, text]]),
    statement((literal) => [`import(${literal} + é);`, ['dynamic', 'import']]),
    statement((literal, text) => [
      `{ \`😀\${import.meta.url + import(${literal})}\` }`,
      ['meta', 'import.meta'],
      ['dynamic', 'import', text],
    ]),
    statement((literal) => [`// import ${literal} import.meta\r\n`]),
    statement((literal) => [`/* import ${literal}\n */`]),
    statement((literal) => [`f(${literal}, \`import ${literal}\`, /import [(/'"] '/);`]),
    fc.constantFrom<Fragment>(['\n'], ['\r\n'], ['é = "😀\u2028";'], ['a / 2 / b;'], ['x.import(1);']),
    fc.constant<Fragment>(['new import.meta.X();', ['meta', 'import.meta']]),
  );
  const start = fc.constantFrom('', '\ufeff', '#!/x "é\n', '\ufeff#!`\r\n');

  it('each range is exactly its link, in order', () => {
    fc.assert(
      fc.property(start, fc.array(fragment, { maxLength: 30 }), (first, fragments) => {
        const source = first + fragments.map(([text]) => text).join('');
        expect(lex(source)).toEqual(fragments.flatMap(([, ...links]) => links));
        const { list } = lexModule(Buffer.from(source));
        let last = 0;
        for (const { start: from, end } of list) {
          expect(from).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(from);
          last = end;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('any bytes are lexed or unparsed', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .array(
          fc.constantFrom('import', "'", '"', '`', '${', '}', '(', ')', '.meta', '/', '//#', '\n', '\xff'),
        )
        .map((parts) => Buffer.from(parts.join(''), 'latin1')),
    );
    fc.assert(
      fc.property(bytes, (source) => {
        const { state, list } = lexModule(source);
        expect(['linked', 'unparsed']).toContain(state);
        for (const link of list) expect(link.end).toBeLessThanOrEqual(source.length);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the default export', () => {
  const has = (source: string) => hasDefaultExport(new TextEncoder().encode(source));

  it.each([
    'export default 1',
    '#!/bin/node\nexport default class {}',
    'const a = 1; export { a as default };',
    "export { default } from './a.mjs'",
    "export * as default from './a.mjs'",
    'export { a as "default" }; const a = 1;',
  ])('is found: %s', (source) => expect(has(source)).toBe(true));

  it.each(['', 'export const a = 1', "export * from './a.mjs'", 'const text = "export default 1"'])(
    'is not found: %s',
    (source) => expect(has(source)).toBe(false),
  );

  it('is unknown where the lexer fails', () => expect(has('import {')).toBeUndefined());
});
