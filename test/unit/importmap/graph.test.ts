import { describe, expect, it } from 'vitest';
import { ModuleGraph, ResolvedImports } from '../../../importmap/graph.js';
import { lexModule } from '../../../importmap/lex.js';
import { EMPTY_IMPORT_MAP } from '../../../importmap/import-map.js';
import { parseImportMap } from '../../../importmap/parse.js';
import { Resolver } from '../../../importmap/resolver.js';
import type { Links } from '../../../schema/index.js';
import { ROOT, at, graphOf, pathsOf } from './graph-of.js';

describe('a closure', () => {
  it('is in evaluation order: imports come before their importer, in source order', () => {
    const graph = graphOf({
      'a.mjs': "import './c.mjs'; export * from './b.mjs'; import './c.mjs'",
      'b.mjs': "import './d.json' with { type: 'json' }; import './a.mjs'",
      'c.mjs': "import './b.mjs'",
      'd.json': '',
      'e.mjs': "import './b.mjs'",
    });
    expect(pathsOf(graph.closure(at('a.mjs')).modules)).toEqual(['d.json', 'b.mjs', 'c.mjs', 'a.mjs']);
    expect(pathsOf(graph.closure(at('e.mjs', 'a.mjs')).modules)).toEqual(
      pathsOf(graph.closure(at('e.mjs', 'a.mjs', 'b.mjs', 'e.mjs')).modules),
    );
  });

  it('lists missing blobs, import() targets and URLs outside the registry', () => {
    const graph = graphOf({
      'a.mjs':
        "import './gone.mjs'; import './b.mjs'; import 'https://cdn.test/x'; import 'bare'; import('./z.mjs')",
      'b.mjs':
        "import './gone.mjs'; import 'https://cdn.test/x'; import(x); import.defer('./y.mjs'); import('./z.mjs')",
      'gone.mjs': null,
    });
    const { modules, missing, dynamic, outside } = graph.closure(at('a.mjs', 'no.mjs'));
    expect(pathsOf(modules)).toEqual(['gone.mjs', 'b.mjs', 'a.mjs']);
    expect([...missing]).toEqual([modules[0]!.hash]);
    expect([...dynamic]).toEqual(at('z.mjs', 'y.mjs'));
    expect([...outside]).toEqual([
      ['https://cdn.test/x', `${ROOT}b.mjs`],
      [`${ROOT}no.mjs`, null],
    ]);
  });

  it('grows when a missing blob has arrived', () => {
    const links = new Map<string, Links>();
    const hash = '0'.repeat(64);
    const modules = new Map([['a.mjs', { hash, size: 0, type: 'text/javascript' }]]);
    const site = { root: ROOT, manifest: { modules, entries: [], importMap: null } };
    const graph = new ModuleGraph(site, new ResolvedImports(new Resolver(EMPTY_IMPORT_MAP)), (asked) =>
      links.get(asked),
    );
    expect(graph.closure(at('a.mjs')).missing.size).toBe(1);
    links.set(hash, lexModule(Buffer.from("import './x.mjs'")));
    expect(graph.closure(at('a.mjs')).missing.size).toBe(0);
    expect(graph.closure(at('a.mjs')).outside.get(`${ROOT}x.mjs`)).toBe(`${ROOT}a.mjs`);
  });

  it('has a module once for each of its URLs', () => {
    const graph = graphOf({
      'a.mjs': "import './b.mjs?1'; import './b.mjs?2'; import './b.mjs?1'",
      'b.mjs': '',
    });
    expect(graph.closure(at('a.mjs')).modules.map(({ url }) => url)).toEqual(
      at('b.mjs?1', 'b.mjs?2', 'a.mjs'),
    );
  });

  it('follows the site’s import map', () => {
    const { map } = parseImportMap({ imports: { b: './c.mjs' }, scopes: { '/s/': { b: './d.mjs' } } }, ROOT);
    const graph = graphOf({ 'a.mjs': "import 'b'", 's/a.mjs': "import 'b'", 'c.mjs': '', 'd.mjs': '' }, map);
    expect(pathsOf(graph.closure(at('a.mjs', 's/a.mjs')).modules)).toEqual([
      ...['c.mjs', 'a.mjs', 'd.mjs', 's/a.mjs'],
    ]);
  });

  it('can be a chain that would overflow the stack', () => {
    const length = 50_000;
    const sources = Object.fromEntries(
      Array.from({ length }, (_, index) => [
        `${index}.mjs`,
        index + 1 < length ? `import './${index + 1}.mjs'` : '',
      ]),
    );
    const { modules } = graphOf(sources).closure(at('0.mjs'));
    expect(modules).toHaveLength(length);
    expect(modules[0]!.path).toBe(`${length - 1}.mjs`);
  });
});

describe('reachable modules', () => {
  it('are the static closure first, then the closures of its import() calls', () => {
    const graph = graphOf({
      'a.mjs': "import('./later.mjs'); import './b.mjs'; import('./b.mjs')",
      'b.mjs': "import('./last.mjs')",
      'later.mjs': "import './c.mjs'; import('./end.mjs'); import('./a.mjs')",
      'last.mjs': "import './c.mjs'",
      'c.mjs': '',
      'end.mjs': "import('./later.mjs')",
      'unused.mjs': '',
    });
    expect(pathsOf(graph.reachable(at('a.mjs')))).toEqual([
      ...['b.mjs', 'a.mjs', 'c.mjs', 'later.mjs', 'last.mjs', 'end.mjs'],
    ]);
  });
});
