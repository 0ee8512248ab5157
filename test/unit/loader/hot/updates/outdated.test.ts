import { expect, it } from 'vitest';
import type { ModuleInstance } from '../../../../../loader/hot/modules/module-instance.js';
import { outdatedAfter } from '../../../../../loader/hot/updates/outdated.js';

const GRAPH: Record<string, string[]> = { top: ['a'], a: ['leaf'], leaf: [], alone: [] };

/** After a swap that was to replace all of the graph, and replaced only these. */
const outdated = (replaced: string[], starts: string[], newest: string[]) =>
  outdatedAfter(
    { isReplaced: (url) => replaced.includes(url) },
    starts,
    new Set([...Object.keys(GRAPH), 'gone']),
    {
      records: {
        running: new Map(Object.keys(GRAPH).map((url) => [url, { url } as ModuleInstance])),
        isNewest: (url) => newest.includes(url),
      },
      importers: { importsOf: ({ url }) => GRAPH[url]! },
    },
  );

it('modules that import a replaced one are outdated', () => {
  expect(outdated(['leaf'], [], [])).toEqual(['a']);
});

it('replaced modules are not, whatever they import', () => {
  expect(outdated(['leaf', 'a', 'top'], [], [])).toEqual([]);
});

it('modules that began the update in the version that they have are outdated again', () => {
  expect(outdated([], ['alone', 'a'], ['alone', 'top'])).toEqual(['alone']);
});

it('modules that do not run are not', () => {
  expect(outdated([], ['gone'], ['gone'])).toEqual([]);
});
