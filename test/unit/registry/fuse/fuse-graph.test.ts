import { describe, expect, it } from 'vitest';
import { evaluationOrder, findCycles } from '../../../../registry/fuse/fuse-graph.js';
import { graphOf } from './fuse-site.js';

const orderOf = (files: Record<string, string>, root: string) =>
  evaluationOrder(graphOf(files), root, new Set());

describe('the evaluation order', () => {
  it('is depth first, each module once', () => {
    const files = {
      'main.mjs': `import './a.mjs'; import './b.mjs';`,
      'a.mjs': `import './c.mjs';`,
      'b.mjs': `import './c.mjs'; export * from './d.mjs';`,
      'c.mjs': '',
      'd.mjs': '',
    };
    expect(orderOf(files, 'main.mjs')).toEqual(['c.mjs', 'a.mjs', 'd.mjs', 'b.mjs', 'main.mjs']);
  });

  it('has the places of modules from other sites', () => {
    const files = {
      'main.mjs': `import './a.mjs'; import 'https://cdn.invalid/x.mjs'; import './b.mjs';`,
      'a.mjs': '',
      'b.mjs': '',
    };
    expect(orderOf(files, 'main.mjs')).toEqual(['a.mjs', '/https://cdn.invalid/x.mjs', 'b.mjs', 'main.mjs']);
  });

  it('has the places of other instances, after what these import', () => {
    const files = {
      'main.mjs': `import './lib/a.mjs?2'; import './lib/%62.mjs';`,
      'lib/a.mjs': `import './b.mjs';`,
      'lib/b.mjs': '',
    };
    expect(orderOf(files, 'main.mjs')).toEqual(['lib/b.mjs', '/./lib/a.mjs?2', '/./lib/%62.mjs', 'main.mjs']);
  });
});

describe('a module', () => {
  it.each([
    [`import 'bare';`, 'imports "bare", which does not resolve'],
    [`import './missing.mjs';`, 'imports "./missing.mjs", which is not in the deploy'],
    [`import './b.mjs?x';`, 'imports "./b.mjs?x", another instance of b.mjs'],
    [`import text from './b.mjs' with { type: 'text' };`, 'imports "./b.mjs", not as JavaScript'],
  ])('stays single with %s', (source, reason) => {
    expect(graphOf({ 'a.mjs': source, 'b.mjs': '' }).get('a.mjs')!.reason).toBe(reason);
  });

  it('imports what the import map says', () => {
    const graph = graphOf({ 'a.mjs': `import 'bare';`, 'b.mjs': '' }, { imports: { bare: './b.mjs' } });
    expect(graph.get('a.mjs')).toMatchObject({ imports: ['b.mjs'], reason: undefined });
  });
});

describe('cycles', () => {
  it('have all their members, and a module that imports itself', () => {
    const cycles = findCycles(
      graphOf({
        'main.mjs': `import './a.mjs'; import './self.mjs';`,
        'a.mjs': `import './b.mjs';`,
        'b.mjs': `import './a.mjs'; import './c.mjs';`,
        'c.mjs': '',
        'self.mjs': `import * as self from './self.mjs';`,
      }),
    );
    expect([...cycles.keys()].sort()).toEqual(['a.mjs', 'b.mjs', 'self.mjs']);
  });
});
