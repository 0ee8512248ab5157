import { EMPTY_IMPORT_MAP } from '../../../../importmap/import-map.js';
import { parseImportMap } from '../../../../importmap/parse.js';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ImportMapJson } from '../../../../importmap/import-map.js';
import type { Resolver } from '../../../../importmap/resolver.js';
import { chooseTarget } from '../../../../loader/linking/choose-target.js';
import { ImportTargets, type ImportTargetsOptions } from '../../../../loader/linking/import-targets.js';
import { moduleUrl } from '../../../../importmap/generate.js';
import { NO_LINKS } from '../../../../schema/index.js';
import { hashOf, recordOf } from '../fakes.js';
import { defineToBase64, moduleOf, poolOf, PREFIX, resolverOf, ROOT, siteOf, textOf } from './fixture.js';

defineToBase64();

const files = {
  'a.mjs': `import './b.mjs';`,
  'b.mjs': `export const b = 1;`,
  'c.mjs': `import 'bare';`,
};
const site = siteOf(files);
const [a, b, c] = ['a.mjs', 'b.mjs', 'c.mjs'].map((path) => moduleOf(site, path)) as [
  ReturnType<typeof moduleOf>,
  ReturnType<typeof moduleOf>,
  ReturnType<typeof moduleOf>,
];
const httpUrl = (module: typeof a) => moduleUrl(PREFIX, module, site.root);

let unlinkable: string[];
let resolver: Resolver;

beforeEach(() => {
  unlinkable = [];
});

function create({ map, ...options }: Partial<ImportTargetsOptions> & { map?: ImportMapJson } = {}) {
  resolver = resolverOf(map);
  return new ImportTargets({
    site,
    resolver,
    blobPool: poolOf(...Object.values(files)),
    prefix: PREFIX,
    chooseTarget,
    fused: null,
    permitted: 'data',
    watched: false,
    pinned: () => false,
    native: { map: EMPTY_IMPORT_MAP },
    onUnlinkable: ({ path }, error) => unlinkable.push(`${path}: ${String(error)}`),
    ...options,
  });
}

describe('prepare', () => {
  it('links a module to natural URLs', () => {
    const targets = create();
    targets.prepare(a);
    expect(textOf(targets.targetOf(a.url))).toBe(`import "${b.url}";\n//# sourceURL=${a.url}`);
    expect(targets.hashOf(a.url)).toBe(a.hash);
    expect(targets.urlOf(targets.targetOf(a.url)!)).toBe(a.url);
  });

  it('decides once', () => {
    const choose = vi.fn(() => 'http' as const);
    const targets = create({ chooseTarget: choose });
    targets.prepare(a);
    targets.prepare({ ...a, hash: b.hash });
    expect(choose).toHaveBeenCalledOnce();
    expect(targets.hashOf(a.url)).toBe(a.hash);
  });

  it('remembers a decision for the site too', () => {
    const choose = vi.fn(() => undefined);
    const targets = create({ chooseTarget: choose });
    targets.prepare(a);
    targets.prepare(a);
    expect(choose).toHaveBeenCalledOnce();
    expect(targets.targetOf(a.url)).toBeUndefined();
    expect(targets.hashOf(a.url)).toBe(a.hash);
  });

  it('gives modules with the same bytes different targets', () => {
    const targets = create();
    targets.prepare(b);
    targets.prepare({ ...b, path: 'd.mjs', url: `${ROOT}d.mjs` });
    expect(targets.targetOf(b.url)).not.toBe(targets.targetOf(`${ROOT}d.mjs`));
  });

  it('makes what the chooser says', () => {
    for (const [kind, pattern] of [
      ['data', /^data:text\/javascript;/],
      ['blob', /^blob:/],
      ['http', /^https:/],
    ] as const) {
      const targets = create({ chooseTarget: () => kind });
      targets.prepare(a);
      expect(targets.targetOf(a.url)).toMatch(pattern);
    }
  });

  it('tells the chooser about the module and the page', () => {
    const choose = vi.fn<typeof chooseTarget>(() => undefined);
    const targets = create({
      chooseTarget: choose,
      permitted: 'blob',
      watched: true,
      pinned: (url) => url === b.url,
      blobPool: poolOf(files['a.mjs']),
    });
    targets.prepare(a);
    targets.prepare(b);
    const [first, second] = choose.mock.calls.map(([request]) => request);
    expect(first).toMatchObject({
      module: a,
      instance: 'first',
      permitted: 'blob',
      watched: true,
      pinned: false,
    });
    expect(first!.source.state).toBe('linkable');
    expect(second).toMatchObject({ module: b, pinned: true, source: { state: 'unknown' } });
  });

  it('keeps a query and a fragment at an HTTP target', () => {
    const targets = create({ permitted: 'http' });
    const url = `${a.url}?v=1#x`;
    targets.prepare({ ...a, url });
    expect(targets.targetOf(url)).toBe(`${httpUrl(a)}?v=1#x`);
  });

  it('keeps the spelling of a natural URL at an HTTP target, as it is another instance', () => {
    const targets = create({ permitted: 'http' });
    const url = `${ROOT}%61.mjs`;
    targets.prepare({ ...a, url });
    expect(targets.targetOf(url)).toBe(`${PREFIX}modules/${a.hash}/%61.mjs`);
  });

  it('uses HTTP for a module whose links do not fit its bytes, and reports it', () => {
    const blobPool = poolOf();
    blobPool.addReceived([
      recordOf(files['a.mjs'], { state: 'linked', list: [{ kind: 'meta', start: 5, end: 999 }] }),
    ]);
    const targets = create({ blobPool });
    targets.prepare(a);
    expect(targets.targetOf(a.url)).toBe(httpUrl(a));
    expect(unlinkable).toEqual([expect.stringMatching(/^a\.mjs: ModcastError: no meta link/)]);
  });

  it.each([
    ['one rule of the page leads to it', { imports: { a: './a.mjs' } }, 'data'],
    ['two rules do', { imports: { a: './a.mjs', b: './a.mjs' } }, 'blob'],
    ['a prefix and a scope do', { imports: { 'x/': './' }, scopes: { '/y/': { a: './a.mjs' } } }, 'blob'],
    ['a blocked name does not count', { imports: { a: './a.mjs', b: null } }, 'data'],
    ['a longer URL does not count', { imports: { a: './a.mjs', b: './a.mjs?x' } }, 'data'],
  ])('knows how often the import map names a target: %s', (_, map, scheme) => {
    const targets = create({ map });
    targets.prepare(a);
    expect(targets.targetOf(a.url)).toMatch(new RegExp(`^${scheme}:`));
  });
});

describe('the source that the chooser sees', () => {
  const stateOf = (type: string, blobPool: ImportTargetsOptions['blobPool'], text: string) => {
    const choose = vi.fn<typeof chooseTarget>(() => undefined);
    create({ chooseTarget: choose, blobPool }).prepare({ ...a, hash: hashOf(text), type });
    return choose.mock.calls[0]![0].source.state;
  };
  const poolWith = (...records: Parameters<typeof recordOf>[]) => {
    const pool = poolOf();
    pool.addReceived(records.map((given) => recordOf(...given)));
    return pool;
  };
  const JS = 'text/javascript';
  const JSON_TYPE = 'application/json';

  it.each([
    ['a script with links', JS, poolWith(['x', NO_LINKS]), 'linkable'],
    ['a script that does not parse', JS, poolWith(['x', { state: 'unparsed', list: [] }]), 'broken'],
    ['a script that was never one before', JS, poolWith(['x']), 'unknown'],
    ['a script that is missing', JS, poolWith(), 'unknown'],
    ['JSON', JSON_TYPE, poolWith(['1']), 'linkable'],
    ['JSON that does not parse', JSON_TYPE, poolWith(['{']), 'broken'],
    ['JSON that is missing', JSON_TYPE, poolWith(), 'unknown'],
  ] as const)('%s', (_, type, pool, state) => {
    const text = pool.has(hashOf('1')) ? '1' : pool.has(hashOf('{')) ? '{' : 'x';
    expect(stateOf(type, pool, text)).toBe(state);
  });

  it('counts linked bytes', () => {
    const choose = vi.fn<typeof chooseTarget>(() => undefined);
    create({ chooseTarget: choose }).prepare(a);
    const linked = `import "${b.url}";\n//# sourceURL=${a.url}`;
    expect(choose.mock.calls[0]![0].source.linkedBytes).toBe(linked.length);
  });
});

describe('prepareRest', () => {
  it('gives every other module its HTTP target', () => {
    const targets = create();
    targets.prepare(b);
    targets.prepareRest('http');
    expect([a, b, c].map(({ url }) => targets.targetOf(url))).toEqual([
      httpUrl(a),
      expect.stringMatching(/^data:/),
      httpUrl(c),
    ]);
    expect(targets.hashOf(c.url)).toBe(c.hash);
  });

  it('embeds those whose blobs are here, where it may', () => {
    const targets = create({ blobPool: poolOf(files['a.mjs'], files['b.mjs']) });
    targets.prepareRest('blob');
    expect([a, b, c].map(({ url }) => targets.targetOf(url))).toEqual([
      expect.stringMatching(/^blob:/),
      expect.stringMatching(/^blob:/),
      httpUrl(c),
    ]);
  });

  it('leaves pinned modules to the site', () => {
    const targets = create({ pinned: (url) => url === c.url });
    targets.prepareRest('blob');
    expect(targets.targetOf(c.url)).toBeUndefined();
    expect(targets.hashOf(c.url)).toBe(c.hash);
  });
});

describe('the import map', () => {
  it('has a rule for each target, once', () => {
    const targets = create();
    targets.prepare(a);
    expect(targets.isInstalled(a.url)).toBe(false);
    expect(targets.importMap()).toEqual({ imports: { [a.url]: targets.targetOf(a.url) } });
    expect(targets.isInstalled(a.url)).toBe(true);
    expect(targets.importMap()).toBeNull();
    targets.prepare(b);
    expect(targets.importMap()).toEqual({ imports: { [b.url]: targets.targetOf(b.url) } });
  });

  it('comes even when it is empty, the first time', () => {
    expect(create().importMap()).toEqual({ imports: {} });
  });

  it('contains the page’s own rules in the first map only', () => {
    const targets = create({ map: { imports: { bare: './b.mjs' } } });
    targets.prepare(b);
    const target = targets.targetOf(b.url);
    expect(targets.importMap()).toEqual({ imports: { [b.url]: target, bare: target } });
    targets.prepare(a);
    expect(Object.keys(targets.importMap()!.imports!)).toEqual([a.url]);
  });

  it('contains new aliases, once', () => {
    // The page's map sends b.mjs elsewhere: blobs name a module that is meant itself by an alias.
    const map = { imports: { bare: './b.mjs', './b.mjs': './elsewhere.mjs' } };
    const targets = create({ map });
    targets.importMap();
    targets.prepare(c);
    const later = targets.importMap();
    expect(later?.imports).toHaveProperty([`modcast:${b.url}`], b.url);
    targets.prepare(a);
    expect(Object.keys(targets.importMap()!.imports!)).not.toContain(`modcast:${b.url}`);
  });

  it('contains the registry’s own URLs where it is not the site', () => {
    const other = siteOf(files, 'https://app.test/sub/');
    const targets = create({ site: other, permitted: 'http' });
    targets.prepareRest('http');
    const { imports } = targets.importMap()!;
    expect(imports!['https://app.test/sub/a.mjs']).toBe(httpUrl(a));
    expect(imports!['https://site.test/a.mjs']).toBe(httpUrl(a));
  });

  it('contains no such URLs for modules that are embedded', () => {
    const other = siteOf(files, 'https://app.test/sub/');
    const targets = create({ site: other });
    targets.prepare(moduleOf(other, 'b.mjs'));
    expect(Object.keys(targets.importMap()!.imports!)).toEqual(['https://app.test/sub/b.mjs']);
  });
});

describe('a later instance', () => {
  it('is not found until it is adopted', () => {
    const targets = create();
    targets.prepare(b);
    const first = targets.targetOf(b.url);
    const later = targets.create({ ...b, hash: a.hash });
    expect(later).toMatch(/^data:/);
    expect(targets.targetOf(b.url)).toBe(first);
    targets.adopt(b.url, later, a.hash);
    expect(targets.targetOf(b.url)).toBe(later);
    expect(targets.hashOf(b.url)).toBe(a.hash);
    expect(targets.isInstalled(b.url)).toBe(true);
  });

  it('is decided as a later one', () => {
    const choose = vi.fn<typeof chooseTarget>(() => undefined);
    expect(create({ chooseTarget: choose }).create(a)).toBeUndefined();
    expect(choose.mock.calls[0]![0].instance).toBe('later');
  });

  it('of CSS has its own URL', () => {
    expect(create().create({ ...a, type: 'text/css', url: `${a.url}?x` })).toBe(`${httpUrl(a)}?x`);
  });
});

describe('the counts', () => {
  it('are those of modules that run from blobs', () => {
    const targets = create({ blobPool: poolOf(files['a.mjs'], files['b.mjs']) });
    for (const module of [a, b, c]) targets.prepare(module);
    expect(targets.count).toBe(2);
    expect(targets.bytes).toBe(files['a.mjs'].length + files['b.mjs'].length);
  });

  it('are without discarded targets, whose URLs are revoked', () => {
    const revoke = vi.spyOn(URL, 'revokeObjectURL');
    const targets = create({ permitted: 'blob' });
    targets.prepare(a);
    const target = targets.targetOf(a.url)!;
    targets.discard(target);
    expect(targets.bytes).toBe(0);
    expect(revoke).toHaveBeenCalledExactlyOnceWith(target);
    targets.discard(target);
    targets.discard(httpUrl(b));
    expect(revoke).toHaveBeenCalledOnce();
    revoke.mockRestore();
  });
});

describe('with what the browser has read already', () => {
  it('leave to the site what a script of the page has resolved before the map', () => {
    const targets = create({ permitted: 'blob' });
    for (const module of [a, b]) targets.prepare(module);
    const target = targets.targetOf(a.url)!;
    expect(targets.settle((url) => (url === b.url ? url : target))).toBe(true);
    expect(targets.targetOf(a.url)).toBe(target);
    expect(targets.targetOf(b.url)).toBeUndefined();
    expect(targets.count).toBe(1);
  });

  it('tell when no rule counts', () => {
    const targets = create();
    expect(targets.settle((url) => url)).toBe(true);
    targets.prepare(a);
    expect(targets.settle((url) => url)).toBe(false);
  });

  it('repeat no rule that the browser has', () => {
    const map = { imports: { x: a.url, y: b.url }, scopes: { [`${ROOT}lib/`]: { x: b.url, z: a.url } } };
    const native = parseImportMap({ imports: { x: a.url }, scopes: { [`${ROOT}lib/`]: { x: b.url } } }, ROOT);
    const targets = create({ resolver: resolverOf(map), native });
    expect(targets.importMap()).toEqual({
      imports: { y: b.url },
      scopes: { [`${ROOT}lib/`]: { z: a.url } },
    });
  });
});
