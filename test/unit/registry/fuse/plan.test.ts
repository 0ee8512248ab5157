import { describe, expect, it } from 'vitest';
import { planOf, runsOf } from './fuse-site.js';

const LEAVES = { 'a.mjs': 'a();', 'b.mjs': 'b();', 'c.mjs': 'c();' };
const THREE = `import './a.mjs'; import './b.mjs'; import './c.mjs';`;

describe('a plan', () => {
  it('joins what an entry evaluates, in order', () => {
    expect(runsOf({ ...LEAVES, 'main.mjs': THREE }, ['main.mjs'])).toEqual(['a.mjs b.mjs c.mjs main.mjs']);
  });

  it('never lets an entry evaluate what only another one imports', () => {
    const files = { ...LEAVES, 'main.mjs': THREE, 'other.mjs': `import './b.mjs';` };
    expect(runsOf(files, ['main.mjs', 'other.mjs'])).toEqual(['c.mjs main.mjs']);
  });

  it('joins what two entries evaluate in the same order', () => {
    const files = { ...LEAVES, 'main.mjs': THREE, 'other.mjs': `${THREE}\n` };
    expect(runsOf(files, ['main.mjs', 'other.mjs'])).toEqual(['a.mjs b.mjs c.mjs']);
  });

  it('cuts where an import() starts, and joins what it loads', () => {
    const files = {
      ...LEAVES,
      'main.mjs': `import './a.mjs'; import('./lazy.mjs');`,
      'lazy.mjs': `import './a.mjs'; import './b.mjs'; import './c.mjs';`,
    };
    expect(runsOf(files, ['main.mjs'])).toEqual(['a.mjs main.mjs', 'b.mjs c.mjs lazy.mjs']);
  });

  it('cuts where an import() names a module that the page has loaded', () => {
    const files = { ...LEAVES, 'main.mjs': `${THREE} import('./b.mjs');`, 'b.mjs': `import './a.mjs';` };
    expect(runsOf(files, ['main.mjs'])).toEqual(['c.mjs main.mjs']);
  });

  it('joins what a worker evaluates, and never what only its page does', () => {
    const start = (name: string) => `new Worker(new URL('${name}', import.meta.url), { type: 'module' });`;
    const files = {
      ...LEAVES,
      'main.mjs': `${THREE} import('./lazy.mjs');`,
      'lazy.mjs': start('work/w.mjs'),
      'work/w.mjs': `import '../b.mjs'; import './x.mjs'; import './y.mjs'; ${start('./inner.mjs')}`,
      'work/x.mjs': 'x();',
      'work/y.mjs': 'y();',
      'work/inner.mjs': `import './y.mjs'; import './z.mjs';`,
      'work/z.mjs': 'z();',
    };
    const { runs, workers, roots, order } = planOf(files, ['main.mjs']);
    expect(workers).toEqual(['work/w.mjs', 'work/inner.mjs']);
    expect(roots).toEqual(['main.mjs', 'work/w.mjs', 'work/inner.mjs', 'lazy.mjs']);
    expect(runs.map(({ members }) => members.join(' '))).toEqual([
      'c.mjs main.mjs',
      'work/z.mjs work/inner.mjs',
    ]);
    expect(order.get('work/inner.mjs')).toEqual(['work/y.mjs', 'work/inner.mjs']);
    const alone = { ...files, 'lazy.mjs': start('./none.mjs') };
    expect(planOf(alone, ['main.mjs']).workers).toEqual([]);
  });

  it('takes the text of a worker’s URL as one of the module’s folder, or of the root’s', () => {
    const files = {
      'app/main.mjs': `new Worker('w.mjs', { type: 'module' });`,
      'app/w.mjs': '',
      'w.mjs': '',
      'app/sub/w.mjs': '',
    };
    expect(planOf(files, ['app/main.mjs']).workers).toEqual(['app/w.mjs', 'w.mjs']);
  });

  it('keeps single modules in their place', () => {
    const files = { ...LEAVES, 'b.mjs': 'await 1;', 'main.mjs': `${THREE} import './d.mjs';`, 'd.mjs': '' };
    expect(planOf(files, ['main.mjs']).singles.get('b.mjs')).toBe('has a top-level await');
    // What waits for it is in no run with what does not.
    expect(runsOf(files, ['main.mjs'])).toEqual(['c.mjs d.mjs']);
  });

  it('tells what each root evaluates, with the places of single modules', () => {
    const files = { ...LEAVES, 'b.mjs': 'eval("");', 'main.mjs': `import './x.mjs'; ${THREE}`, 'x.mjs': '' };
    expect(planOf(files, ['main.mjs']).order).toEqual(
      new Map([['main.mjs', ['a.mjs', 'b.mjs', 'main.mjs']]]),
    );
  });

  it('keeps modules single that an engine names in an error: two provide a name that is imported', () => {
    const files = {
      'one.mjs': 'export const same = 1, own = 1;',
      'two.mjs': 'export const same = 2;',
      'both.mjs': `export * from './one.mjs'; export * from './two.mjs';`,
      'main.mjs': `import './both.mjs'; import('./bad.mjs');`,
      'bad.mjs': `import { same } from './both.mjs';`,
    };
    expect([...planOf(files, ['main.mjs']).singles]).toEqual(
      expect.arrayContaining([
        ['one.mjs', 'exports same, as does another module that both.mjs re-exports'],
        ['two.mjs', 'exports same, as does another module that both.mjs re-exports'],
      ]),
    );
    const fine = { ...files, 'bad.mjs': `import { own } from './both.mjs';` };
    expect(runsOf(fine, ['main.mjs'])).toContain('one.mjs two.mjs');
  });

  it('ends a run before a module of another site', () => {
    const files = {
      ...LEAVES,
      'main.mjs': `import './a.mjs'; import './b.mjs'; import 'https://cdn.invalid/'; import './c.mjs';`,
    };
    expect(runsOf(files, ['main.mjs'])).toEqual(['a.mjs b.mjs', 'c.mjs main.mjs']);
  });

  it('cuts where the digest says, from the least size on, and before the largest', () => {
    const files = { ...LEAVES, 'main.mjs': THREE };
    const digest = (path: string) => (path === 'b.mjs' ? 32 : 1);
    expect(runsOf(files, ['main.mjs'], { digest, minBytes: 5 })).toEqual(['a.mjs b.mjs', 'c.mjs main.mjs']);
    expect(runsOf(files, ['main.mjs'], { maxBytes: 8 })).toEqual(['a.mjs b.mjs']);
  });

  it.each([
    [
      'import cycle',
      { 'a.mjs': `import './b.mjs';`, 'b.mjs': `import './a.mjs';` },
      'is in an import cycle: ',
    ],
    ['missing import', { 'a.mjs': `import { x } from './c.mjs';` }, 'imports x, which c.mjs does not export'],
    [
      'missing re-export',
      { 'a.mjs': `export { x } from './c.mjs';` },
      're-exports x, which c.mjs does not export',
    ],
    [
      'conflict',
      {
        'a.mjs': `export * from './b.mjs'; export * from './c.mjs';`,
        'b.mjs': 'export let x;',
        'c.mjs': 'export let x;',
      },
      're-exports x from several modules',
    ],
  ])('leaves out a module with a %s', (_, files, reason) => {
    const { singles } = planOf({ ...LEAVES, ...files, 'main.mjs': THREE }, ['main.mjs']);
    expect(singles.get('a.mjs')).toMatch(reason);
  });
});
