import { EMPTY_IMPORT_MAP } from '../../../../importmap/import-map.js';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ModuleGraph } from '../../../../importmap/graph.js';
import type { ImportMapJson } from '../../../../importmap/import-map.js';
import type { BlobPool } from '../../../../loader/cache/blob-pool.js';
import { Linker, type LinkerOptions } from '../../../../loader/linking/linker.js';
import { defineToBase64, poolOf, PREFIX, resolverOf, ROOT, scriptOf, siteOf } from './fixture.js';

defineToBase64();

const files = {
  'a.mjs': `import './b.mjs'; import('./c.mjs');`,
  'b.mjs': `export const b = 1;`,
  'c.mjs': `import './d.mjs';`,
  'd.mjs': `export const d = 1;`,
};
const [A, B, C, D] = Object.keys(files).map((path) => ROOT + path) as [string, string, string, string];

let pool: BlobPool;
let maps: ImportMapJson[];
let requests: string[][];
/** Called for each request: brings what the server sends. */
let answer: () => void | Promise<void>;

beforeEach(() => {
  pool = poolOf(...Object.values(files));
  maps = [];
  requests = [];
  answer = () => {};
});

const create = (options: Partial<LinkerOptions> = {}): Linker =>
  new Linker({
    config: { prefix: PREFIX, hot: null, nonce: 'n' },
    site: siteOf(files),
    resolver: resolverOf(),
    blobPool: pool,
    channelClient: {
      async needClosure(graph: Pick<ModuleGraph, 'closure'>, urls: readonly string[]) {
        requests.push([...urls]);
        if (graph.closure(urls).missing.size > 0) await answer();
      },
    },
    permitted: 'data',
    fetchMissing: true,
    pinned: () => false,
    native: { map: EMPTY_IMPORT_MAP },
    laterMaps: true,
    installImportMap: (json, nonce) => {
      expect(nonce).toBe('n');
      maps.push(JSON.parse(json) as ImportMapJson);
    },
    problem() {},
    ...options,
  });

/** For each installed map, its keys and the schemes of their targets. */
const installed = () =>
  maps.map(({ imports }) =>
    Object.fromEntries(Object.entries(imports!).map(([key, target]) => [key, target!.split(':')[0]])),
  );

describe('start', () => {
  it('installs the static closure of the entries', async () => {
    await create().start([A]);
    expect(requests).toEqual([[A]]);
    expect(installed()).toEqual([{ [A]: 'data', [B]: 'data' }]);
  });

  it('requests missing blobs first', async () => {
    pool = poolOf(files['a.mjs']);
    answer = () => void pool.addReceived([scriptOf(files['b.mjs'])]);
    await create().start([A]);
    expect(installed()).toEqual([{ [A]: 'data', [B]: 'data' }]);
  });

  it('gives all other modules HTTP targets when a blob does not come', async () => {
    pool = poolOf(files['a.mjs']);
    await create().start([A]);
    expect(installed()).toEqual([{ [A]: 'data', [B]: 'https', [C]: 'https', [D]: 'https' }]);
  });

  it('gives all other modules HTTP targets where the engine takes one map', async () => {
    await create({ laterMaps: false }).start([A]);
    expect(installed()).toEqual([{ [A]: 'data', [B]: 'data', [C]: 'https', [D]: 'https' }]);
  });

  it('requests nothing without a connection to request from', async () => {
    await create({ fetchMissing: false }).start([A]);
    expect(requests).toEqual([]);
    expect(installed()).toEqual([{ [A]: 'data', [B]: 'data', [C]: 'https', [D]: 'https' }]);
  });

  it('gives every module its HTTP target where nothing else is permitted', async () => {
    await create({ permitted: 'http', fetchMissing: false }).start([A]);
    expect(installed()).toEqual([{ [A]: 'https', [B]: 'https', [C]: 'https', [D]: 'https' }]);
  });
});

describe('ensure', () => {
  it('installs what a dynamic import needs', async () => {
    const linker = create();
    await linker.start([A]);
    await linker.ensure(C);
    expect(installed().slice(1)).toEqual([{ [C]: 'data', [D]: 'data' }]);
  });

  it('does nothing for what is installed', async () => {
    const linker = create();
    await linker.start([A]);
    await linker.ensure(B);
    expect(requests).toHaveLength(1);
    expect(maps).toHaveLength(1);
  });

  it('installs once for imports at the same time', async () => {
    const linker = create();
    await linker.start([A]);
    await Promise.all([linker.ensure(C), linker.ensure(C), linker.ensure(D)]);
    expect(maps).toHaveLength(2);
    expect(requests).toEqual([[A], [C]]);
  });

  it('waits for the first map', async () => {
    const linker = create();
    await Promise.all([linker.start([A]), linker.ensure(C)]);
    expect(installed()).toEqual([
      { [A]: 'data', [B]: 'data' },
      { [C]: 'data', [D]: 'data' },
    ]);
  });

  it('does nothing before the first map: that one would be lost in some engines', async () => {
    const linker = create();
    await linker.ensure(C);
    expect(maps).toEqual([]);
  });

  it('does nothing where the engine takes one map', async () => {
    const linker = create({ laterMaps: false, site: siteOf({ 'a.mjs': files['a.mjs'] }) });
    await linker.start([A]);
    await linker.ensure(C);
    expect(maps).toHaveLength(1);
  });

  it('continues after a failure', async () => {
    pool = poolOf(files['a.mjs'], files['b.mjs']);
    const linker = create();
    await linker.start([A]);
    answer = () => {
      throw new Error('lost');
    };
    await expect(linker.ensure(C)).rejects.toThrow('lost');
    answer = () => void pool.addReceived([scriptOf(files['c.mjs']), scriptOf(files['d.mjs'])]);
    await linker.ensure(C);
    expect(installed().slice(1)).toEqual([{ [C]: 'data', [D]: 'data' }]);
  });
});

it('prefetch brings blobs without installing them', async () => {
  const linker = create();
  await linker.start([A]);
  await linker.prefetch([C]);
  expect(requests.at(-1)).toEqual([C]);
  expect(maps).toHaveLength(1);
});

it('a closure is whole when every blob of it is here', () => {
  expect(create().isWhole([A])).toBe(true);
  pool = poolOf(files['a.mjs'], files['c.mjs']);
  expect(create().isWhole([A])).toBe(false);
});

it('reports a module that cannot be linked', async () => {
  const problems: string[] = [];
  pool = poolOf(files['b.mjs']);
  const broken = scriptOf(files['a.mjs']);
  pool.addReceived([{ ...broken, links: { state: 'linked', list: [{ kind: 'meta', start: 0, end: 999 }] } }]);
  await create({ problem: (code) => problems.push(code) }).start([A]);
  expect(problems).toEqual(['links-invalid']);
});
