import { expect, it } from 'vitest';
import { reachedModules } from '../../../../registry/check/reached-modules.js';

type Graph = Readonly<Record<string, string>>;

/** @param graph by path: `b` for a static import, `b?` for an import() */
function reached(roots: readonly string[], graph: Graph) {
  const importsOf = (path: string) =>
    (graph[path] ?? '')
      .split(' ')
      .filter((name) => name !== '')
      .map((name, start) => ({
        specifier: name,
        start,
        kind: name.endsWith('?') ? ('dynamic' as const) : ('static' as const),
        resolves: true,
        targets: [name.replace('?', '')],
      }));
  return Object.fromEntries(reachedModules({ roots, importsOf, isModule: (path) => path in graph }));
}

it('a static import of an entry is an error, an import() a warning', () => {
  expect(reached(['a'], { a: 'b c?', b: '', c: '' })).toEqual({ a: 'error', b: 'error', c: 'warning' });
});

it('what a dynamically imported module imports is a warning', () => {
  expect(reached(['a'], { a: 'b?', b: 'c', c: 'd?', d: '' })).toEqual({
    a: 'error',
    b: 'warning',
    c: 'warning',
    d: 'warning',
  });
});

it('a module that is reached in both ways is an error, in any order', () => {
  expect(reached(['a'], { a: 'c? b', b: 'c', c: '' })).toMatchObject({ c: 'error' });
  expect(reached(['a'], { a: 'b c?', b: 'c', c: '' })).toMatchObject({ c: 'error' });
});

it('ends at cycles, and at paths that are not modules', () => {
  expect(reached(['a', 'x'], { a: 'b missing', b: 'a' })).toEqual({ a: 'error', b: 'error' });
});
