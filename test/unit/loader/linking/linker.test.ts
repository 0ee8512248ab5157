import { EMPTY_IMPORT_MAP } from '../../../../importmap/import-map.js';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ImportMapJson } from '../../../../importmap/import-map.js';
import type { BlobPool } from '../../../../loader/cache/blob-pool.js';
import { Linker, type LinkerOptions } from '../../../../loader/linking/linker.js';
import type { Hash } from '../../../../schema/index.js';
import type { WantedModules } from '../../../../loader/transport/blob-transfer.js';
import { defineToBase64, poolOf, PREFIX, resolverOf, ROOT, scriptOf, siteOf, textOf } from './fixture.js';

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
let timers: { ms: number; callback: () => void }[];
/** Called for each request: brings what the server sends. */
let answer: () => void | Promise<void>;

beforeEach(() => {
  pool = poolOf(...Object.values(files));
  maps = [];
  requests = [];
  timers = [];
  answer = () => {};
});

const create = (options: Partial<LinkerOptions> = {}): Linker =>
  new Linker({
    config: { prefix: PREFIX, hot: null, nonce: 'n', timeout: 500 },
    site: siteOf(files),
    resolver: resolverOf(),
    fusion: null,
    blobPool: pool,
    channelClient: {
      async needClosure(graph: WantedModules, urls: readonly string[]) {
        requests.push([...urls]);
        for (let asked: ReadonlySet<Hash> = new Set(); ;) {
          const { missing } = graph.closure(urls);
          if ([...missing].every((hash) => asked.has(hash))) return;
          asked = missing;
          await answer();
        }
      },
    },
    after: (ms, callback) => void timers.push({ ms, callback }),
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

describe('where the engine takes one map', () => {
  const oneMap = (options: Partial<LinkerOptions> = {}) => create({ laterMaps: false, ...options });
  /** What a page gets for a URL by `import()`. */
  const textAt = (linker: Linker, url: string) => textOf(linker.importTargets.targetOf(url));

  it('it holds what is here, also what only import() reaches', async () => {
    await oneMap().start([A]);
    expect(installed()).toEqual([{ [A]: 'data', [B]: 'data', [C]: 'data', [D]: 'data' }]);
  });

  it('it holds the modules of other pages and of computed imports that are here', async () => {
    await oneMap().start([B]);
    expect(installed()).toEqual([{ [A]: 'data', [B]: 'data', [C]: 'data', [D]: 'data' }]);
  });

  it('it holds what is here where nothing is requested', async () => {
    pool = poolOf(files['a.mjs'], files['b.mjs'], files['d.mjs']);
    await oneMap({ fetchMissing: false }).start([A]);
    expect(requests).toEqual([]);
    expect(installed()).toEqual([{ [A]: 'data', [B]: 'data', [C]: 'https', [D]: 'data' }]);
  });

  it('it leads to HTTP where nothing else is permitted', async () => {
    await oneMap({ permitted: 'http', fetchMissing: false }).start([A]);
    expect(installed()).toEqual([{ [A]: 'https', [B]: 'https', [C]: 'https', [D]: 'https' }]);
  });

  it('it waits for what import() reaches, level after level', async () => {
    pool = poolOf(files['a.mjs'], files['b.mjs']);
    const coming = [files['c.mjs'], files['d.mjs']];
    answer = () => void pool.addReceived(coming.splice(0, 1).map(scriptOf));
    await oneMap().start([A]);
    expect(installed()).toEqual([{ [A]: 'data', [B]: 'data', [C]: 'data', [D]: 'data' }]);
  });

  it.each([
    ['a template', 'import(`./parts/${name}.mjs`)'],
    ['a sum, after a comment', "import( /* one of them */ './parts/' + name)"],
    ['a name that begins with a directory of the map', 'import(`parts/${name}.mjs`)'],
    ['the beginning of a file name', 'import(`./parts/o${name}.mjs`)'],
  ])('it waits for what a computed import() may lead to: %s', async (_, text) => {
    const main = `export const load = (name) => ${text};`;
    const texts = {
      'a.mjs': main,
      'parts/one.mjs': `import './two.mjs';`,
      'parts/two.mjs': 'export {};',
      'parts/below/three.mjs': 'export const three = 3;',
      'other/four.mjs': 'export const four = 4;',
    };
    pool = poolOf(main);
    const coming = Object.values(texts).slice(1, 3);
    answer = () => void pool.addReceived(coming.splice(0).map(scriptOf));
    await oneMap({ site: siteOf(texts), resolver: resolverOf({ imports: { 'parts/': './parts/' } }) }).start([
      A,
    ]);
    expect(installed()[0]).toMatchObject({
      [`${ROOT}parts/one.mjs`]: 'data',
      [`${ROOT}parts/two.mjs`]: 'data',
      [`${ROOT}parts/below/three.mjs`]: 'https',
      [`${ROOT}other/four.mjs`]: 'https',
    });
  });

  it.each(['import(name)', 'import(`${name}/x.mjs`)', "import('x' + name)"])(
    'it waits for no others: %s',
    async (text) => {
      const main = `export const load = (name) => ${text};`;
      pool = poolOf(main);
      answer = () => {
        throw new Error('asked');
      };
      await oneMap({ site: siteOf({ 'a.mjs': main, 'x.mjs': 'export {};' }) }).start([A]);
      expect(installed()).toEqual([{ [A]: 'data', [`${ROOT}x.mjs`]: 'https' }]);
    },
  );

  it('it waits as long as for a socket: what has not come then has its HTTP target', async () => {
    pool = poolOf(files['a.mjs'], files['b.mjs'], files['d.mjs']);
    answer = () => new Promise(() => {});
    const started = oneMap().start([A]);
    await vi.waitUntil(() => timers.length > 0);
    expect(maps).toEqual([]);
    expect(timers.map(({ ms }) => ms)).toEqual([500]);
    timers[0]!.callback();
    await started;
    expect(installed()).toEqual([{ [A]: 'data', [B]: 'data', [C]: 'https', [D]: 'data' }]);
  });

  it('it holds what is here when a static import does not come', async () => {
    pool = poolOf(files['a.mjs'], files['c.mjs'], files['d.mjs']);
    await oneMap().start([A]);
    expect(installed()).toEqual([{ [A]: 'data', [B]: 'https', [C]: 'data', [D]: 'data' }]);
  });

  it('an import adds no map, and brings what came over HTTP for the next visit', async () => {
    pool = poolOf(files['a.mjs'], files['b.mjs']);
    const linker = oneMap();
    await linker.start([A]);
    requests = [];
    await linker.ensure(C);
    expect(requests).toEqual([[C]]);
    expect(maps).toHaveLength(1);
  });

  it('an import requests nothing where nothing is requested', async () => {
    const linker = oneMap({ fetchMissing: false });
    await linker.start([A]);
    await linker.ensure(C);
    expect(requests).toEqual([]);
  });

  it('a literal query has its rule', async () => {
    const site = siteOf({ ...files, 'a.mjs': `import('./d.mjs?v=1');` });
    pool.addReceived([scriptOf(`import('./d.mjs?v=1');`)]);
    await oneMap({ site }).start([A]);
    expect(installed()[0]).toHaveProperty([`${D}?v=1`], 'data');
  });

  it('another URL of a module is imported by its target, and so by its importers', async () => {
    const texts = { ...files, 'e.mjs': `import './c.mjs'; import './d.mjs?v=1';` };
    const site = siteOf(texts);
    pool = poolOf(...Object.values(texts));
    const resolver = resolverOf();
    const linker = oneMap({ site, resolver });
    await linker.start([A]);
    const url = `${ROOT}e.mjs?t=2`;
    await linker.ensure(url);
    await linker.ensure(url);
    expect(maps).toHaveLength(1);
    const target = linker.importTargets.targetOf(`${D}?v=1`)!;
    expect(resolver.name(url)).toBe(linker.importTargets.targetOf(url));
    expect(textAt(linker, url)).toContain(`import "${C}"; import "${target}";`);
    expect(textAt(linker, url)).toContain(`//# sourceURL=${url}`);
    expect(linker.importTargets.urlOf(target)).toBe(`${D}?v=1`);
  });

  it('a URL that the site serves keeps its name', async () => {
    const resolver = resolverOf();
    const linker = oneMap({ resolver });
    await linker.start([A]);
    await linker.ensure(`${ROOT}other.mjs`);
    expect(resolver.name(`${ROOT}other.mjs`)).toBe(`${ROOT}other.mjs`);
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
