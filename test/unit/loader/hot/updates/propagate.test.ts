import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propagate } from '../../../../../loader/hot/updates/propagate.js';

/**
 * Importers by module, `page` for the page itself; modules that accept themselves; accepted dependencies by
 * module.
 */
interface Graph {
  importers: Record<string, string[]>;
  self?: string[];
  accepts?: Record<string, string[]>;
}

const run = (
  { importers, self = [], accepts = {} }: Graph,
  changed: string[],
  invalidated: string[] = [],
) => {
  const { boundaries, replaced, unaccepted } = propagate(changed, invalidated, {
    importersOf: (url) => (importers[url] ?? []).map((name) => (name === 'page' ? null : name)),
    acceptsItself: (url) => self.includes(url),
    accepts: (importer, url) => accepts[importer]?.includes(url) ?? false,
  });
  return {
    boundaries: boundaries.map(({ boundary, accepted }) => `${boundary}←${accepted}`),
    replaced: [...replaced],
    unaccepted,
  };
};

describe('propagate', () => {
  it('ends at a module that accepts itself', () => {
    const graph = { importers: { a: ['main'], main: ['page'] }, self: ['a'] };
    expect(run(graph, ['a'])).toEqual({ boundaries: ['a←a'], replaced: ['a'], unaccepted: null });
  });

  it('ends at an importer that accepts the dependency, which stays', () => {
    const graph = { importers: { a: ['b'], b: ['main'], main: ['page'] }, accepts: { main: ['b'] } };
    expect(run(graph, ['a'])).toEqual({ boundaries: ['main←b'], replaced: ['a', 'b'], unaccepted: null });
  });

  it('takes every way up, and a module on two ways once', () => {
    const graph = {
      importers: {
        leaf: ['left', 'right'],
        left: ['top'],
        right: ['top', 'other'],
        top: ['page'],
        other: ['page'],
      },
      self: ['top', 'other'],
    };
    const found = run(graph, ['leaf']);
    expect(found.boundaries.toSorted()).toEqual(['other←other', 'top←top']);
    expect(found.replaced.toSorted()).toEqual(['leaf', 'left', 'other', 'right', 'top']);
  });

  it('names a way that ends at the page', () => {
    const graph = { importers: { leaf: ['a', 'b'], a: ['page'], b: ['main'], main: ['page'] }, self: ['a'] };
    expect(run(graph, ['leaf'])).toEqual({
      boundaries: [],
      replaced: ['leaf', 'a', 'b', 'main'],
      unaccepted: ['leaf', 'b', 'main'],
    });
  });

  it('goes round a cycle once', () => {
    const graph = { importers: { a: ['b', 'main'], b: ['a'], main: ['page'] }, accepts: { main: ['a'] } };
    expect(run(graph, ['b'])).toEqual({ boundaries: ['main←a'], replaced: ['b', 'a'], unaccepted: null });
  });

  it('asks the importers of a module that gave up, and leaves that one as it is', () => {
    const graph = { importers: { a: ['top'], top: ['page'] }, self: ['a', 'top'] };
    expect(run(graph, [], ['a'])).toEqual({ boundaries: ['top←top'], replaced: ['top'], unaccepted: null });
    expect(run({ ...graph, self: ['a'] }, [], ['a']).unaccepted).toEqual(['a', 'top']);
  });

  it('ends for any graph, and leaves no way up to the page without a boundary', () => {
    const name = fc.integer({ min: 0, max: 7 }).map(String);
    const edges = fc.dictionary(name, fc.array(fc.oneof(name, fc.constant('page')), { maxLength: 3 }));
    fc.assert(
      fc.property(
        edges,
        fc.array(name),
        fc.dictionary(name, fc.array(name)),
        name,
        (importers, self, accepts, start) => {
          const { boundaries, replaced, unaccepted } = run({ importers, self, accepts }, [start]);
          if (unaccepted !== null) {
            expect(importers[unaccepted.at(-1)!]).toContain('page');
            return;
          }
          for (const url of replaced) {
            if (boundaries.includes(`${url}←${url}`)) continue;
            for (const importer of importers[url] ?? []) {
              expect(replaced.includes(importer) || boundaries.includes(`${importer}←${url}`)).toBe(true);
            }
          }
        },
      ),
    );
  });
});
