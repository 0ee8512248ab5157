import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Path } from '../../../../schema/index.js';
import { Evaluator } from './evaluate.js';
import type { Files } from './fuse-site.js';

let evaluator: Evaluator;
beforeAll(() => void (evaluator = new Evaluator()));
afterAll(() => evaluator.close());

/** @param joined how many modules have to be in runs */
async function expectSame(files: Files, entries: readonly Path[] = ['main.mjs'], joined = 1): Promise<void> {
  const { log, members } = await evaluator.joined(files, entries);
  expect(log).toEqual(await evaluator.single(files, entries));
  expect(members).toBeGreaterThanOrEqual(joined);
}

const all = (...names: string[]) => names.map((name) => `import './${name}.mjs';`).join(' ');

describe('modules that are joined behave as single ones:', () => {
  it('live bindings, also over runs and re-exports', () =>
    expectSame(
      {
        'count.mjs': `export let n = 0; export const inc = () => ++n; export { n as 'a name' };`,
        'barrel.mjs': `export * from './count.mjs'; export { n as renamed } from './count.mjs';`,
        'a.mjs': `import { inc } from './barrel.mjs'; inc(); export * from './barrel.mjs';`,
        'main.mjs': `import { n, renamed, inc, 'a name' as named } from './a.mjs'; log.push(n, inc(), n, renamed, named);`,
        'other.mjs': `import { n, inc } from './count.mjs'; log.push(n); inc(); log.push(n);`,
      },
      ['main.mjs', 'other.mjs'],
      2,
    ));

  it('names of functions and classes, also where they are renamed, and before their declarations', () =>
    expectSame({
      'a.mjs': `log.push(f.name); export function f() {} class C { static x = C.name; static { log.push(this.name); } }
        const g = () => 1, h = function () {}, E = class {}; log.push(g.name, h.name, E.name, C.name, C.x);
        export default () => 2;`,
      'b.mjs': `log.push(f.name); function f() {} class C { static name() { return 'own'; } static y = C.name(); }
        const g = class {}; log.push(g.name, C.y, f.name); export default class {}`,
      'c.mjs': `log.push(f.name); async function* f() {} export default function () {} class C { static name = 'field'; }
        log.push(C.name); let h = 1; var E = h;`,
      'd.mjs': `export default (function () {});`,
      'main.mjs': `import a from './a.mjs'; import b from './b.mjs'; import c from './c.mjs'; import d from './d.mjs';
        log.push(a.name, b.name, c.name, d.name); export { a, b, c, d };`,
    }));

  it('an imported default that is exported again, beside an export of that name', () =>
    expectSame({
      'a.mjs': `export default 'default'; export const a = 'a', b = 'b';`,
      'b.mjs': `import a, { a as c, b } from './a.mjs'; export { a, c, b as default }; log.push(a, b, c);`,
      'main.mjs': `import b, { a, c } from './b.mjs'; log.push(a, b, c); export * from './b.mjs';`,
    }));

  it('names of CommonJS, which mean nothing', () =>
    expectSame({
      'a.mjs': `if (typeof module === 'object') module.exports = 1; log.push(typeof exports, typeof this);`,
      'r.mjs': `if (typeof require === 'function') require('./a.mjs'); else log.push('no require');`,
      'b.mjs': `try { log.push(process.env.NODE_ENV); } catch (error) { log.push(error.name); }`,
      'main.mjs': `${all('r', 'a', 'b')} try { exports.a = 1; } catch (error) { log.push(error.name); }`,
    }));

  it('names that hide globals, and this at the top level', () =>
    expectSame({
      'a.mjs': `export const Map = 1; let undefined_ = undefined, Object = 2, exports = 3, module = 4; log.push(typeof this, Map, Object, exports, module);`,
      'b.mjs': `import { Map as M } from './a.mjs'; log.push(typeof Map, typeof Object, M, typeof exports === 'number');
        const __name = 5, __defProp = 6; log.push(__name, __defProp); var arguments_ = typeof this; log.push(arguments_);`,
      'main.mjs': `${all('a', 'b')} function Map() {} log.push(Map.name, typeof Object.keys);`,
    }));

  it('namespace objects of which single exports are read', () =>
    expectSame(
      {
        'a.mjs': `export let n = 0; export const inc = () => ++n; export class A { who() { return 'A'; } } export default 'd';
          export function self() { return this === undefined ? 'none' : Object.keys(this).join(); }`,
        'barrel.mjs': `export * from './a.mjs'; export { inc as 'a name', default as d } from './a.mjs';`,
        'b.mjs': `import * as space from './barrel.mjs'; import x, * as own from './a.mjs';
          const call = space.inc; call(); log.push(space.n, own.n, own.default, x, space.d, new space.A().who(), typeof own.n);
          class B extends space.A { f = own.n; } log.push(new B().f, \`\${space.n}\`, { space: own.n }.space, [space.n, ...own.default]);
          log.push(space
            // a comment
            .n, ((own.n)), space.inc.name);
          export const later = () => space.n;`,
        'main.mjs': `import { later } from './b.mjs'; import * as self from './a.mjs'; log.push(later(), self.self(), (self.self)(), self.self\`\`);
          self.inc(); log.push(later());`,
      },
      ['main.mjs'],
      4,
    ));

  it('namespace objects that are used otherwise too', () =>
    expectSame(
      {
        'a.mjs': `export let n = 1; export const set = (value) => (n = value);`,
        'call.mjs': `import * as a from './a.mjs'; a.set(2); log.push(a.n);`,
        'whole.mjs': `import * as a from './a.mjs'; log.push(a.n, show(a)); export { a };`,
        'short.mjs': `import * as a from './a.mjs'; log.push(a.n, show({ a }.a));`,
        'write.mjs': `import * as a from './a.mjs'; for (const f of [() => { a.n = 3; }, () => a.n++, () => delete a.n,
          () => { [a.n] = [4]; }, () => { ({ x: a.n } = { x: 5 }); }, () => { for (a.n of [6]); }, () => { for (a.n in { x: 1 }); },
          () => { [...a.n] = [7]; }, () => { ({ y: a.n = 8 } = {}); }]) try { f(); log.push('no error'); } catch (error) { log.push(error.name, a.n); }`,
        'hidden.mjs': `import * as a from './a.mjs'; log.push(a.n, ((a) => a.n)({ n: 'own' })); { const a = { n: 'block' }; log.push(a.n); }`,
        'absent.mjs': `import * as a from './a.mjs'; log.push(a.m, a.n, a?.n, a['n'], 'n' in a, a.toString);`,
        'main.mjs': all('call', 'whole', 'short', 'write', 'hidden', 'absent'),
      },
      ['main.mjs'],
      6,
    ));

  it('namespace objects: one for each module, frozen, with sorted names', () =>
    expectSame(
      {
        'a.mjs': `export const z = 1; export let b = 2; export default 3; export const set = () => (b = 9);`,
        'b.mjs': `import * as a from './a.mjs'; export { a }; export * as again from './a.mjs';`,
        'main.mjs': `import * as a from './a.mjs'; import { a as same, again } from './b.mjs';
          log.push(a === same, a === again, show(a), Object.keys(a).join()); a.set(); log.push(a.b);
          try { a.b = 1; } catch (error) { log.push(error.name); }`,
        'other.mjs': `import * as a from './a.mjs'; import * as b from './b.mjs'; log.push(a === b.a, a.b);`,
      },
      ['main.mjs', 'other.mjs'],
    ));

  it('an error in the middle, for the modules before it and for other entries', () =>
    expectSame(
      {
        'a.mjs': `log.push('a'); export let n = 1; export const inc = () => ++n;`,
        'b.mjs': `import { inc } from './a.mjs'; inc(); log.push('b');`,
        'throws.mjs': `log.push('throws'); throw new Error('fails');`,
        'after.mjs': `log.push('after');`,
        'main.mjs': `${all('a', 'b', 'throws', 'after')} log.push('main');`,
        'other.mjs': `import { n } from './a.mjs'; ${all('b', 'after')} log.push('other', n);`,
        'third.mjs': `${all('throws', 'after')} log.push('third');`,
      },
      ['main.mjs', 'other.mjs', 'third.mjs'],
      0,
    ));

  it('cycles, temporal dead zones and an import of itself', () =>
    expectSame(
      {
        'a.mjs': `import { b } from './b.mjs'; export const a = 'a'; export function f() { return b; } log.push(f());`,
        'b.mjs': `import { a, f } from './a.mjs'; export const b = 'b'; log.push(f.name); try { a; } catch (error) { log.push(error.name); }`,
        'self.mjs': `import * as self from './self.mjs'; try { self.x; } catch (error) { log.push(error.name); } export const x = 1; log.push(self.x);`,
        'early.mjs': `try { new C(); } catch (error) { log.push(error.name); } try { x; } catch (error) { log.push(error.name); } class C {} let x;`,
        'c.mjs': `log.push('c');`,
        'main.mjs': `${all('c', 'a', 'self', 'early')} log.push('main');`,
      },
      ['main.mjs'],
      0,
    ));

  it('top-level awaits, beside modules that do not wait for them', () =>
    expectSame({
      'slow.mjs': `log.push('slow'); await 0; await 0; log.push('slow ends'); export const slow = 1;`,
      'waits.mjs': `import { slow } from './slow.mjs'; log.push('waits', slow);`,
      'waits-too.mjs': `import './waits.mjs'; log.push('waits too');`,
      'a.mjs': `log.push('a'); Promise.resolve().then(() => log.push('microtask of a'));`,
      'b.mjs': `import './a.mjs'; log.push('b');`,
      'main.mjs': `${all('waits', 'waits-too', 'a', 'b')} log.push('main');`,
    }));

  it('another instance of a module, in its place', () =>
    expectSame({
      'a.mjs': `log.push('a'); export const a = {};`,
      'c.mjs': `log.push('c');`,
      'd.mjs': `log.push('d');`,
      'e.mjs': `log.push('e');`,
      'main.mjs': `import { a } from './a.mjs'; import './c.mjs?2'; import './d.mjs'; import './e.mjs';
        import { a as other } from './a.mjs?1'; log.push(a === other);`,
    }));

  it('modules that a single one imports, in its order', () =>
    expectSame(
      {
        'a.mjs': `log.push('a');`,
        'b.mjs': `log.push('b');`,
        'c.mjs': `import './b.mjs'; log.push('c');`,
        'd.mjs': `import './a.mjs'; import './c.mjs'; log.push('d');`,
        'main.mjs': `eval(''); import './d.mjs';`,
        'other.mjs': `import './b.mjs';`,
      },
      ['main.mjs', 'other.mjs'],
    ));

  it('bindings that a single module, or a cycle of them, takes from a run or from another single one', () =>
    expectSame({
      'a.mjs': `export const a = 'a'; log.push(a);`,
      'b.mjs': `export let b = 'b'; export const set = () => (b = 'changed'); log.push(b);`,
      'c.mjs': `import './cycle.mjs'; export const c = 'c'; log.push(c);`,
      'cycle.mjs': `import './a.mjs'; export * from './b.mjs'; export { c } from './c.mjs'; export { a } from './a.mjs';`,
      'single.mjs': `eval(''); export * from './cycle.mjs'; export * as space from './b.mjs';`,
      'd.mjs': `import { a, b, c, set } from './cycle.mjs'; set(); log.push(a, b, c);`,
      'e.mjs': `import { a, b, c, space } from './single.mjs'; log.push(a, b, c, space.b);`,
      'main.mjs': `import './d.mjs'; import './e.mjs'; log.push('main');`,
    }));

  it('statements without a semicolon before an import or export of several lines that brings nothing', () =>
    expectSame({
      'x.mjs': `export const a = 1, unused = 2;`,
      'g.mjs': `export const g = (run) => run ?? 'g';`,
      'm.mjs': `import { g } from './g.mjs'\nlet y = g\nexport {\n a\n} from './x.mjs'\n(function () { log.push('called', typeof y); })()`,
      'n.mjs': `const n = [3, 4]\nimport * as\n unused from './x.mjs'\n[0, 1].forEach((one) => log.push(one, n.length))`,
      'o.mjs': `const o = log\nimport {\n} from './x.mjs'\n;(() => log.push(o === log))()`,
      'main.mjs': all('x', 'g', 'm', 'n', 'o'),
    }));

  it('a module that a single one imports, and another page by import() after a part of it', () =>
    expectSame(
      {
        'a.mjs': `log.push('a');`,
        'b.mjs': `log.push('b');`,
        'c.mjs': `import './a.mjs'; import './b.mjs'; log.push('c');`,
        'd.mjs': `import './c.mjs'; log.push('d');`,
        'main.mjs': `import './d.mjs'; log.push('main');`,
        'other.mjs': `import './a.mjs'; later.push(() => import('./d.mjs'));`,
        'third.mjs': `import './b.mjs';`,
      },
      ['main.mjs', 'other.mjs', 'third.mjs'],
    ));

  it('a member that a bundler refuses', () =>
    expectSame({
      'a.mjs': `export const a = 1; log.push('a');`,
      'b.mjs': `import { a } from './a.mjs'; log.push('b'); try { a = 2; } catch (error) { log.push(error.name); }`,
      'c.mjs': `log.push('c');`,
      'd.mjs': `log.push('d');`,
      'main.mjs': `${all('a', 'b', 'c', 'd')} log.push('main');`,
    }));

  it('import.meta: an object for each module', () =>
    expectSame({
      'a.mjs': `export const meta = import.meta; log.push(import.meta === meta);`,
      'b.mjs': `import { meta } from './a.mjs'; log.push(import.meta === meta, import.meta === import.meta);`,
      'main.mjs': `import './b.mjs'; import.meta.own = 1; log.push(import.meta.own);`,
    }));

  it('JSON modules', () =>
    expectSame({
      'a.json': '{ "a": 1 }',
      'a.mjs': `import a from './a.json' with { type: 'json' }; a.b = 2; export { a }; export { default as again } from './a.json' with { type: 'json' };`,
      'main.mjs': `import './b.mjs'; import './c.mjs'; import json from './a.json' with { type: 'json' }; import { a, again } from './a.mjs'; import * as space from './a.json' with { type: 'json' }; log.push(a === json, again === a, show(space));`,
      'b.mjs': `import json from './a.json' with { type: 'json' }; log.push(json.a);`,
      'c.mjs': `log.push('c');`,
    }));
});

describe('a page whose entry threw, and that imports more, differs:', () => {
  const FILES: Files = {
    'a.mjs': `log.push('a'); later.push(() => import('./lazy.mjs').then(({ b }) => log.push(b)));`,
    'b.mjs': `log.push('b'); export const b = 'of b';`,
    'throws.mjs': `log.push('throws'); throw new Error('fails');`,
    'c.mjs': `log.push('c');`,
    'lazy.mjs': `import './c.mjs'; export * from './b.mjs'; log.push('lazy');`,
    'main.mjs': all('a', 'b', 'throws', 'c'),
    'other.mjs': `log.push('other');`,
  };
  const entries = ['main.mjs', 'other.mjs'];
  let goesOn: Evaluator;
  beforeAll(() => void (goesOn = new Evaluator({ goesOn: true })));
  afterAll(() => goesOn.close());

  it('members of the run that threw cannot be had, neither those before the error nor those after it', async () => {
    const before = ['a', 'b', 'throws', 'throws Error fails', 'other'];
    expect(await goesOn.single(FILES, entries)).toEqual([...before, 'c', 'lazy', 'of b']);
    expect((await goesOn.joined(FILES, entries)).log).toEqual([...before, 'later throws Error']);
  });

  it('what needs no member of that run is the same', async () => {
    const files = { ...FILES, 'lazy.mjs': `log.push('lazy'); export const b = 1;` };
    const { log } = await goesOn.joined(files, entries);
    expect(log).toEqual(await goesOn.single(files, entries));
    expect(log.at(-1)).toBe(1);
  });
});

/** `FUSE_SEED` repeats the graphs of a run. */
const SEED = process.env.FUSE_SEED === undefined ? {} : { seed: Number(process.env.FUSE_SEED) };

const NAMES = ['a', 'b', 'default', 'f'];

interface Generated {
  /** Indices of modules, with the way in which each is imported. */
  readonly imports: readonly { readonly to: number; readonly how: string; readonly name: string }[];
  readonly body: string;
}

/** The text of a module that logs what it sees. */
function textOf(index: number, count: number, { imports, body }: Generated): string {
  const lines = imports.map(({ to, how, name }, at) => {
    const from = JSON.stringify(`./m${to % count}.mjs`);
    if (how === 'named') return `import { ${name} as i${at} } from ${from}; log.push(show(i${at}));`;
    if (how === 'space') return `import * as i${at} from ${from}; log.push(Object.keys(i${at}).join());`;
    if (how === 'star') return `export * from ${from};`;
    if (how === 'again') return `export { ${name} as r${at} } from ${from};`;
    if (how === 'later') return `later.push(() => import(${from}).then((space) => log.push(show(space))));`;
    if (how === 'imported') return `import { ${name} as i${at} } from ${from}; export { i${at} };`;
    return `import ${from};`;
  });
  return `log.push('m${index} begins');\n${lines.join('\n')}\n${body.replaceAll('INDEX', String(index))}\nlog.push('m${index}');`;
}

/** The last three lack exports, wait or throw. */
const BODIES = [
  `export const a = 'a INDEX'; export let b = 0; export function f() { return ++b; } f(); export default class {}`,
  `export const a = 'a INDEX', b = import.meta.own = 1; export default () => a; export class f { static a = f.name; }`,
  `export let b = 'b INDEX'; const f = b; export function a() { return f; } log.push(a.name); export { a as f, a as default };`,
  `class f {} const b = f.name, a = class {}; export { f, a, b }; export default function () {}`,
  `export default { INDEX: 1 }; export var a, b = typeof this, f = Object; { function Object() {} }`,
  `let x = INDEX; export { x as a, x as b, y as f, z as default }; function y() { return z(x); } function z(x) { return x; } y(++x);`,
  `export const a = 1;`,
  `await 0; export const a = 1, b = 2, f = 3; export default 4;`,
  `export const a = 1, b = 2, f = 3; export default 4; throw new Error('INDEX');`,
];

const generated = (from: number): fc.Arbitrary<Generated> =>
  fc.record({
    imports: fc.array(
      fc.record({
        // Mostly without cycles.
        to: fc.oneof(
          { weight: 12, arbitrary: fc.integer({ min: from + 1, max: 11 }) },
          { weight: 1, arbitrary: fc.nat(11) },
        ),
        how: fc.constantFrom('effect', 'effect', 'named', 'space', 'star', 'again', 'imported', 'later'),
        name: fc.constantFrom(...NAMES),
      }),
      { maxLength: 4 },
    ),
    body: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...BODIES.slice(0, -3)) },
      { weight: 1, arbitrary: fc.constantFrom(...BODIES.slice(-3)) },
    ),
  });

describe('any module graph', () => {
  it('evaluates the same modules in the same order, with the same exports, when it is joined', async () => {
    const graphs = fc.tuple(...Array.from({ length: 11 }, (_, index) => generated(index)));
    const entries = fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 });
    let joined = 0;
    await fc.assert(
      fc.asyncProperty(graphs, entries, async (modules, starts) => {
        const texts = [...modules, { imports: [], body: BODIES[0]! }];
        const files = Object.fromEntries(
          texts.map((module, index) => [`m${index}.mjs`, textOf(index, texts.length, module)]),
        );
        const paths = starts.map((index) => `m${index}.mjs`);
        const { log, members } = await evaluator.joined(files, paths);
        expect(log).toEqual(await evaluator.single(files, paths));
        joined += members;
      }),
      { numRuns: Number(process.env.FUSE_RUNS ?? 60), ...SEED },
    );
    expect(joined).toBeGreaterThan(60);
  }, 120_000);
});
