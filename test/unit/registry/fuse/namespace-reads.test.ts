import { describe, expect, it } from 'vitest';
import { readRecord } from '../../../../registry/fuse/module-record.js';
import { fuseFiles, type Files } from './fuse-site.js';

/** The modules whose namespace objects a run needs that is made of a main module and others. */
async function objectsFor(main: string, others: Files = {}): Promise<readonly string[]> {
  const files = { 'a.mjs': `export let n = 1; export const f = () => n;`, ...others, 'main.mjs': main };
  const { fusion } = await fuseFiles(files, ['main.mjs']);
  expect(fusion.runs).toHaveLength(1);
  return fusion.runs[0]!.modules;
}

describe('a run needs no namespace object', () => {
  it.each([
    `console.log(a.n, a.f.name, [a.n], { a: a.n }, new a.f(), a.n + 1);`,
    `export const b = () => a.n; export class C extends a.f { n = a.n; a() {} }`,
    `function g(b = a.n) { if (a.n) return a.n; switch (a.n) { case a.n: } } g(...a.n);`,
    `console.log((a.n), ((a.f)).name, a.f?.name, -a.n, typeof a.n);`,
    `const { x = a.n } = {}; a.f.x = 1; let y; y = a.n;`,
    ``,
  ])('where single exports are read: %s', async (use) => {
    expect(await objectsFor(`import * as a from './a.mjs'; ${use}`)).toEqual([]);
  });

  it('where they are those of other modules', async () => {
    const others = { 'b.mjs': `export * from './a.mjs'; export { f as g } from './a.mjs';` };
    expect(await objectsFor(`import * as b from './b.mjs'; console.log(b.n, b.g);`, others)).toEqual([]);
  });
});

describe('a run needs a namespace object', () => {
  it.each([
    `a.f();`,
    `(a.f)();`,
    `a.f?.();`,
    'a.f``;',
    `console.log(a);`,
    `console.log({ a });`,
    `console.log(a['n']);`,
    `console.log(a?.n);`,
    `console.log(a.n, a.absent);`,
    `console.log(a.n, ((a) => a)(1));`,
    `export { a }; console.log(a.n);`,
    `export default a;`,
  ])('where it may show: %s', async (use) => {
    expect(await objectsFor(`import * as a from './a.mjs'; ${use}`)).toEqual(['a.mjs']);
  });

  it('where what is read is one', async () => {
    const others = { 'b.mjs': `export * as a from './a.mjs';` };
    expect(await objectsFor(`import * as b from './b.mjs'; console.log(b.a);`, others)).toEqual(['b.mjs']);
  });

  // The bundler refuses these modules, as assignments throw.
  it.each([
    `() => { a.n = 1; };`,
    `() => { a.n++; };`,
    `() => delete a.n;`,
    `() => { [a.n] = []; };`,
    `() => { ({ n: a.n } = {}); };`,
    `() => { for (a.n of []); };`,
  ])('where it is assigned to: %s', (use) => {
    const [request] = readRecord(`import * as a from './a.mjs'; a.n; ${use}`).requests;
    expect(request!.imports).toEqual([{ name: '*', local: 'a' }]);
  });
});
