import { beforeEach, describe, expect, it } from 'vitest';
import { ImporterGraph } from '../../../../../loader/hot/modules/importer-graph.js';
import type { ModuleInstance } from '../../../../../loader/hot/modules/module-instance.js';
import type { Manifest, ManifestModule } from '../../../../../schema/manifest.js';

let running: Map<string, ModuleInstance>;
let modules: Map<string, ManifestModule>;
let graph: ImporterGraph;

const instance = (url: string, imports: string[], more: Partial<ModuleInstance> = {}): ModuleInstance => ({
  url,
  path: url,
  hash: url,
  target: undefined,
  name: undefined,
  imports,
  dynamic: new Set(),
  computed: false,
  ...more,
});

/** Runs a module, which the manifest has. */
function run(url: string, ...imports: string[]): ModuleInstance {
  const made = instance(url, imports);
  running.set(url, made);
  modules.set(url, { hash: url, size: 1, type: 'text/javascript' });
  return made;
}

beforeEach(() => {
  running = new Map();
  modules = new Map();
  const manifest: Manifest = { modules, entries: [], importMap: null };
  graph = new ImporterGraph({ running, site: { root: '', manifest } }, ['main']);
});

describe('the importers of each module', () => {
  it('are those with static imports, those that have called import(), and the page', () => {
    run('main', 'a');
    run('a', 'leaf');
    run('leaf');
    graph.record('a', 'later');
    graph.record(null, 'leaf');
    expect(graph.importersByUrl()).toEqual(
      new Map([
        ['main', new Set([null])],
        ['leaf', new Set([null, 'a'])],
        ['a', new Set(['main'])],
        ['later', new Set(['a'])],
      ]),
    );
  });

  it('are not modules whose file was deleted, or that do not run', () => {
    run('main', 'a');
    run('a', 'leaf');
    graph.record('gone', 'leaf');
    modules.delete('a');
    expect(graph.importersByUrl().get('leaf')).toBeUndefined();
  });
});

describe('dynamic importers', () => {
  it('are the running modules that have imported a module with import()', () => {
    run('main');
    graph.record('main', 'later');
    graph.record('main', 'other');
    graph.record('gone', 'later');
    expect(graph.dynamicImportersOf('later')).toEqual(['main']);
    expect(graph.dynamicImportersOf('main')).toEqual([]);
  });

  it('are forgotten when their new version can no longer make the import', () => {
    run('main');
    graph.record('main', 'later');
    graph.record('main', 'kept');
    graph.renew(instance('main', [], { dynamic: new Set(['kept']) }));
    expect(graph.dynamicImportersOf('later')).toEqual([]);
    expect(graph.dynamicImportersOf('kept')).toEqual(['main']);
  });

  it('stay while their new version computes a specifier', () => {
    run('main');
    graph.record('main', 'later');
    graph.renew(instance('main', [], { computed: true }));
    expect(graph.dynamicImportersOf('later')).toEqual(['main']);
  });
});

describe('unreached modules', () => {
  it('are those that the page does not import any more, also in a cycle', () => {
    run('main', 'a');
    run('a');
    run('x', 'y');
    run('y', 'x');
    run('later');
    graph.record('a', 'later');
    expect(graph.unreached().map(({ url }) => url)).toEqual(['x', 'y']);
  });
});

describe('instances that other modules hold although the import of their root failed', () => {
  /** The batch of these modules, which run. */
  const batch = (...made: ModuleInstance[]) => ({
    created: new Map(made.map((one) => [one.url, one])),
    previous: new Map(),
  });

  it('are imported statically by a module that is not of the batch, and what these import', () => {
    const made = [run('root', 'both', 'own'), run('both', 'leaf'), run('leaf'), run('own')];
    run('other', 'both');
    expect(graph.heldElsewhere(batch(...made), 'root')).toEqual(new Set(['both', 'leaf']));
  });

  it('are imported with import() by the page, or by a module that is not of the batch', () => {
    const made = [run('root', 'one', 'two', 'three'), run('one'), run('two'), run('three')];
    run('main');
    graph.record(null, 'one');
    graph.record('main', 'two');
    graph.record('root', 'three');
    expect(graph.heldElsewhere(batch(...made), 'root')).toEqual(new Set(['one', 'two']));
  });

  it('do not include the root, which failed for all that import it', () => {
    const made = [run('root')];
    run('main');
    graph.record('main', 'root');
    expect(graph.heldElsewhere(batch(...made), 'root')).toEqual(new Set());
  });
});
