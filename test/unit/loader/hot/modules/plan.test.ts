import { describe, expect, it } from 'vitest';
import { planInstances, type PlanRequest } from '../../../../../loader/hot/modules/plan.js';
import type { SiteModule } from '../../../../../importmap/site.js';

/** What a page runs. Modules are named by one word, which is path, URL and hash. */
interface Page {
  /** Static imports by module. Null: the blob is not in the page. */
  modules: Record<string, string[] | null>;
  running?: string[];
  /** Running modules that have another name. */
  renamed?: string[];
  unusable?: string[];
  /** Versions to which rules of the import map lead, by module. */
  rules?: Record<string, string>;
  /** Modules that have a target but no rule. */
  targets?: string[];
  unparsed?: string[];
  hasExternal?: boolean;
  laterMaps?: boolean;
}

const module = (name: string): SiteModule => ({
  path: name,
  url: name,
  hash: name,
  size: 1,
  type: 'text/javascript',
});

const plan = (
  page: Page,
  roots: string[],
  { force = [], unparsed = 'refuse' }: { force?: string[]; unparsed?: PlanRequest['unparsed'] } = {},
) =>
  planInstances(
    {
      moduleAt: (url) => (url in page.modules ? module(url) : undefined),
      importsOf: ({ url }) => page.modules[url] ?? undefined,
      parses: ({ url }) => page.unparsed?.includes(url) !== true,
    },
    {
      isRunning: (url) => page.running?.includes(url) === true,
      isRenamed: (url) => page.renamed?.includes(url) === true,
      isUnusable: (url) => page.unusable?.includes(url) === true,
      hasExternal: page.hasExternal ?? false,
      hasRule: (url) => page.rules?.[url] !== undefined,
      ruleHash: (url) => page.rules?.[url],
      hasTarget: (url) => page.rules?.[url] !== undefined || page.targets?.includes(url) === true,
      laterMaps: page.laterMaps ?? true,
    },
    { roots, force: new Set(force), unparsed },
  );

/** `name` or, where it is not the natural URL, `name:naming`. */
const order = (...args: Parameters<typeof plan>): string[] => {
  const { outcome } = plan(...args);
  if (outcome.kind !== 'order') throw new Error(`expected an order, found ${outcome.kind}`);
  return outcome.order.map(({ module: { url }, naming }) =>
    naming === 'natural' ? url : `${url}:${naming}`,
  );
};

describe('the order of a plan', () => {
  it('has each module after what it imports, in source order, and once', () => {
    const modules = { main: ['left', 'right'], left: ['leaf'], right: ['leaf', 'last'], leaf: [], last: [] };
    expect(order({ modules }, ['main'])).toEqual(['leaf', 'left', 'last', 'right', 'main']);
  });

  it('has the modules of all roots, each once', () => {
    const modules = { one: ['leaf'], two: ['leaf'], leaf: [] };
    expect(order({ modules }, ['one', 'two', 'one'])).toEqual(['leaf', 'one', 'two']);
  });

  it('leaves out what runs, and what that imports', () => {
    const modules = { main: ['runs'], runs: ['below'], below: [] };
    expect(order({ modules, running: ['runs'] }, ['main'])).toEqual(['main']);
  });

  it('is empty for a root that runs', () => {
    expect(order({ modules: { main: ['a'], a: [] }, running: ['main'] }, ['main'])).toEqual([]);
  });

  it('includes a running module that is forced, by another name', () => {
    const page = { modules: { main: ['a', 'b'], a: [], b: [] }, running: ['main', 'a', 'b'] };
    expect(order(page, ['main'], { force: ['main', 'a'] })).toEqual(['a:target', 'main:target']);
  });

  it('ends where a cycle closes', () => {
    const page = { modules: { a: ['b'], b: ['c'], c: ['a', 'b'] } };
    expect(order(page, ['a'])).toEqual(['c', 'b', 'a']);
  });

  it('does not need recursion for a long chain', () => {
    const modules: Record<string, string[]> = {};
    for (let i = 0; i < 20_000; i++) modules[`m${i}`] = [`m${i + 1}`];
    modules['m20000'] = [];
    expect(order({ modules }, ['m0'])).toHaveLength(20_001);
  });
});

describe('the names in a plan', () => {
  const modules = { main: ['a'], a: [] };

  it('are natural for modules that are no target of a rule, while import maps can be added', () => {
    expect(order({ modules }, ['main'])).toEqual(['a', 'main']);
    expect(order({ modules, laterMaps: false }, ['main'])).toEqual(['a:target', 'main:target']);
  });

  it('are natural where a rule points to the same version, in every engine', () => {
    const page = { modules, rules: { main: 'main', a: 'a' } };
    expect(order({ ...page, laterMaps: false }, ['main'])).toEqual(['a', 'main']);
    expect(order({ ...page, hasExternal: true }, ['main'])).toEqual(['a', 'main']);
  });

  it('are the target where a rule points to another version', () => {
    expect(order({ modules, rules: { main: 'older' } }, ['main'])).toEqual(['a', 'main:target']);
  });

  it('are the target for a natural URL that is unusable', () => {
    expect(order({ modules, unusable: ['a'] }, ['main'])).toEqual(['a:target', 'main']);
  });

  it('are the target once the browser may have loaded modules by itself', () => {
    expect(order({ modules, hasExternal: true }, ['main'])).toEqual(['a:target', 'main:target']);
  });

  it('are the target when the plan itself has external modules', () => {
    expect(order({ modules: { main: ['outside', 'a'], a: [] } }, ['main'])).toEqual([
      'a:target',
      'main:target',
    ]);
  });

  it('are the target when the plan itself runs a module that does not parse', () => {
    const found = order({ modules, unparsed: ['a'] }, ['main'], { unparsed: 'run' });
    expect(found).toEqual(['a:target', 'main:target']);
  });

  it('are the target for a linked module that imports a renamed one of the plan, also indirectly', () => {
    const page = {
      modules: { top: ['main'], main: ['a'], a: [] },
      rules: { top: 'top', main: 'main', a: 'older' },
    };
    expect(order(page, ['top'])).toEqual(['a:target', 'main:target', 'top:target']);
    // In the order of the plan a cycle has importers before imports.
    const cycle = { modules: { x: ['y', 'a'], y: ['x'], a: [] }, rules: { x: 'x', y: 'y', a: 'older' } };
    expect(order(cycle, ['x'])).toEqual(['y:target', 'a:target', 'x:alias']);
  });

  it('are the target for a linked module that imports a running renamed one', () => {
    const page = { modules, running: ['a'], rules: { main: 'main' } };
    expect(order(page, ['main'])).toEqual(['main']);
    expect(order({ ...page, renamed: ['a'] }, ['main'])).toEqual(['main:target']);
  });

  it('stay natural for a module without a rule, because it is not linked yet', () => {
    expect(order({ modules, running: ['a'], renamed: ['a'] }, ['main'])).toEqual(['main']);
  });

  it('are an alias for the module that closes a cycle, if it is renamed', () => {
    const cycle = { a: ['b'], b: ['a'] };
    expect(order({ modules: cycle }, ['a'])).toEqual(['b', 'a']);
    expect(order({ modules: cycle, unusable: ['b'] }, ['a'])).toEqual(['b:target', 'a']);
    expect(order({ modules: cycle, running: ['a', 'b'] }, ['a'], { force: ['a', 'b'] })).toEqual([
      'b:target',
      'a:alias',
    ]);
  });

  it('are an alias for a module that imports itself', () => {
    expect(order({ modules: { a: ['a'] }, unusable: ['a'] }, ['a'])).toEqual(['a:alias']);
  });
});

describe('a plan that is not possible', () => {
  it('names the missing blobs, each with a module, in the order met', () => {
    const { outcome } = plan({ modules: { main: ['a', 'b', 'c'], a: null, b: [], c: null } }, ['main']);
    expect(outcome).toEqual({
      kind: 'missing',
      missing: new Map([
        ['a', 'a'],
        ['c', 'c'],
      ]),
    });
  });

  it('names the modules of a cycle that need an alias, where no import map can be added', () => {
    const page: Page = {
      modules: { a: ['b'], b: ['a', 'c'], c: ['c'] },
      running: ['a', 'b', 'c'],
      laterMaps: false,
    };
    expect(plan(page, ['a'], { force: ['a', 'b'] }).outcome).toEqual({ kind: 'circular', urls: ['a'] });
    expect(plan(page, ['a'], { force: ['a', 'b', 'c'] }).outcome).toEqual({
      kind: 'circular',
      urls: ['a', 'c'],
    });
  });

  it('takes a cycle that keeps its natural URLs, where no import map can be added', () => {
    const page: Page = { modules: { a: ['b'], b: ['a'] }, rules: { a: 'a', b: 'b' }, laterMaps: false };
    expect(order(page, ['a'])).toEqual(['b', 'a']);
  });

  it('names a module that the manifest does not have, but a rule or a target, and its importer', () => {
    const modules = { main: ['a'] };
    const gone = { kind: 'gone', url: 'a', importer: module('main') };
    expect(plan({ modules, rules: { a: 'older' } }, ['main']).outcome).toEqual(gone);
    expect(plan({ modules, targets: ['a'] }, ['main']).outcome).toEqual(gone);
  });

  it('names a module that the manifest does not have, but the page runs', () => {
    const { outcome } = plan({ modules: {}, running: ['a'] }, ['a']);
    expect(outcome).toEqual({ kind: 'gone', url: 'a', importer: undefined });
  });

  it('names a module that does not parse', () => {
    const page = { modules: { main: ['a'], a: [] }, unparsed: ['a'] };
    expect(plan(page, ['main']).outcome).toEqual({ kind: 'unparsed', module: module('a') });
  });

  it('ends at the first module that makes it impossible', () => {
    const page = {
      modules: { main: ['bad', 'worse', 'outside'], bad: [], worse: [] },
      unparsed: ['bad', 'worse'],
    };
    const { outcome, external } = plan(page, ['main', 'other']);
    expect(outcome).toEqual({ kind: 'unparsed', module: module('bad') });
    expect(external).toEqual(new Set());
  });

  it('ends at the first root that makes it impossible', () => {
    const { outcome, external } = plan({ modules: { main: [] }, unparsed: ['main'] }, ['main', 'outside']);
    expect(outcome).toEqual({ kind: 'unparsed', module: module('main') });
    expect(external).toEqual(new Set());
  });

  it('says that a module does not parse, or is gone, before it says which blobs are missing', () => {
    const page: Page = { modules: { main: ['away', 'a'], away: null, a: [] }, unparsed: ['a'] };
    expect(plan(page, ['main']).outcome.kind).toBe('unparsed');
    expect(
      plan({ ...page, unparsed: [], modules: { main: ['away', 'a'], away: null }, targets: ['a'] }, ['main'])
        .outcome.kind,
    ).toBe('gone');
  });
});

describe('what a plan leaves to the browser', () => {
  it('are URLs that the registry does not have', () => {
    const found = plan({ modules: { main: ['https://cdn/x', 'a'], a: ['https://cdn/y'] } }, ['main']);
    expect(found.external).toEqual(new Set(['https://cdn/x', 'https://cdn/y']));
    expect(found.runsUnparsed).toBe(false);
  });

  it('are modules that do not parse, if they are to run', () => {
    const page = { modules: { main: ['a'], a: ['b'], b: [] }, unparsed: ['a'] };
    expect(plan(page, ['main'], { unparsed: 'run' }).runsUnparsed).toBe(true);
    expect(plan(page, ['main']).runsUnparsed).toBe(false);
  });

  it('is found also when blobs are missing', () => {
    const found = plan({ modules: { main: ['away', 'https://cdn/x'], away: null } }, ['main']);
    expect(found.outcome.kind).toBe('missing');
    expect(found.external).toEqual(new Set(['https://cdn/x']));
  });
});
