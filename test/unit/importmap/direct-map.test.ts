import { describe, expect, it } from 'vitest';
import {
  directMap,
  EMPTY_IMPORT_MAP,
  parseImportMap,
  resolveSpecifier,
  type DirectMapOptions,
  type ImportMapJson,
} from '../../../importmap/index.js';
import type { Path, SiteImportMap } from '../../../schema/index.js';
import { fuseFiles, manifestOf, type Files } from '../registry/fuse/fuse-site.js';

const ROOT = 'https://site.invalid/';
const HASH = 'f'.repeat(64);
const FACADE = 'a'.repeat(64);

/** Two joined modules, one with a top-level `await`, and one that imports it. */
const FILES: Files = {
  'main.js': `import './a.js'; import './waits.js';`,
  'a.js': `import './b.js'; export const a = 1;`,
  'b.js': `export const b = 1;`,
  'waits.js': `import { b } from './b.js'; await b;`,
};

async function mapOf(
  json: ImportMapJson | null = null,
  { root = ROOT, entries = ['main.js'] }: { root?: string; entries?: readonly Path[] } = {},
) {
  const { fusion } = await fuseFiles(FILES, entries);
  const manifest = { ...manifestOf(FILES, entries), importMap: json as SiteImportMap | null };
  const map = json === null ? EMPTY_IMPORT_MAP : parseImportMap(json, root).map;
  const options: DirectMapOptions = {
    site: { root, manifest },
    fusion,
    hash: HASH,
    facadeHash: (member) => (member === 'a.js' ? FACADE : 'b'.repeat(64)),
    singles: new Map<Path, readonly Path[]>([
      ['main.js', ['a.js', 'waits.js']],
      ['waits.js', ['b.js']],
    ]),
    map,
    prefix: `${new URL(root).pathname}-/`,
  };
  return { direct: directMap(options), fusion, options };
}

/** What a browser makes of a specifier in a script of the page. */
function resolved(json: ImportMapJson, specifier: string, at = ROOT): string | undefined {
  const { map } = parseImportMap(json, at);
  const resolution = resolveSpecifier(map, specifier, at);
  return resolution.state === 'resolved' ? resolution.url.replace('https://site.invalid', '') : undefined;
}

describe('the import map of a page that starts without the loader', () => {
  it('sends a member of a run to its facade, and a run to its bytes', async () => {
    const { direct, fusion } = await mapOf();
    const { importMap } = direct!;
    expect(resolved(importMap, './a.js')).toBe(`/-/direct/${HASH}/a.js`);
    expect(fusion.runs.length).toBeGreaterThan(0);
    for (const { name, hash } of fusion.runs)
      expect(resolved(importMap, `modcast:run/${name}`)).toBe(`/-/runs/${hash}/${name}`);
  });

  it('gives a single module a URL that does not depend on the deploy, by both of its names', async () => {
    const { direct, options } = await mapOf();
    const { hash } = options.site.manifest.modules.get('waits.js')!;
    const url = `/-/modules/${hash}/waits.js`;
    expect(resolved(direct!.importMap, './waits.js')).toBe(url);
    expect(resolved(direct!.importMap, 'modcast:module/waits.js')).toBe(url);
  });

  it('gives a facade that is imported by its key such a URL too', async () => {
    const { direct } = await mapOf(null, { entries: ['main.js', 'a.js'] });
    const url = `/-/modules/${FACADE}/a.js`;
    expect(resolved(direct!.importMap, './a.js')).toBe(url);
    expect(resolved(direct!.importMap, 'modcast:module/a.js')).toBe(url);
    expect(direct!.entryUrl('a.js')).toBe(url);
    expect(direct!.facades).toEqual(['a.js']);
  });

  it('has keys for the namespace objects that facades export', async () => {
    const files = {
      'main.js': `import './b.js';`,
      'b.js': `export * as a from './a.js';`,
      'a.js': `export const a = 1;`,
    };
    const { fusion } = await fuseFiles(files, ['main.js']);
    const site = { root: ROOT, manifest: manifestOf(files, ['main.js']) };
    const facadeHash = () => FACADE;
    const options = {
      site,
      fusion,
      hash: HASH,
      facadeHash,
      singles: new Map(),
      map: EMPTY_IMPORT_MAP,
      prefix: '/-/',
    };
    expect(resolved(directMap(options)!.importMap, 'modcast:module/a.js')).toBe(`/-/modules/${FACADE}/a.js`);
  });

  it('leaves the routes of the registry, and other sites', async () => {
    const { direct } = await mapOf();
    expect(resolved(direct!.importMap, '/-/loader.js')).toBe('/-/loader.js');
    expect(resolved(direct!.importMap, 'https://other.example/x.js')).toBe('https://other.example/x.js');
  });

  it('sends a file that is no module through the deploy, which sends it on', async () => {
    const { direct } = await mapOf();
    expect(resolved(direct!.importMap, './api/data?x=1')).toBe(`/-/direct/${HASH}/api/data?x=1`);
    expect(direct!.urlOf(`${ROOT}api/data`)).toBeUndefined();
  });

  it('sends bare names of the page to the deploy, exact ones and prefixes', async () => {
    const { direct } = await mapOf({
      imports: { a: './a.js', 'lib/': './lib/', other: 'https://other.example/x.js' },
    });
    const { importMap } = direct!;
    expect(resolved(importMap, 'a')).toBe(`/-/direct/${HASH}/a.js`);
    expect(resolved(importMap, 'lib/x.js')).toBe(`/-/direct/${HASH}/lib/x.js`);
    expect(resolved(importMap, 'other')).toBe('https://other.example/x.js');
  });

  it('links single modules in the deploy where they may import bare names', async () => {
    const { direct } = await mapOf({ imports: { a: './a.js' } });
    expect(resolved(direct!.importMap, './waits.js')).toBe(`/-/direct/${HASH}/waits.js`);
  });

  it('works below a base', async () => {
    const { direct } = await mapOf(null, { root: `${ROOT}app/` });
    expect(resolved(direct!.importMap, './a.js', `${ROOT}app/`)).toBe(`/app/-/direct/${HASH}/a.js`);
    expect(direct!.urlOf(`${ROOT}app/a.js`)).toBe(`/app/-/direct/${HASH}/a.js`);
  });

  it('preloads what an entry imports statically: its runs and single modules', async () => {
    const { direct, fusion, options } = await mapOf();
    const { scripts } = direct!.preloads('main.js');
    expect(scripts[0]).toBe(direct!.entryUrl('main.js'));
    expect(scripts).toContain(direct!.urlOf(`${ROOT}main.js`));
    expect(scripts).toContain(`/-/modules/${options.site.manifest.modules.get('waits.js')!.hash}/waits.js`);
    expect(scripts).toContain(`/-/runs/${fusion.runs[0]!.hash}/${fusion.runs[0]!.name}`);
  });

  it('tells what each worker imports statically, as places below the root', async () => {
    const files: Files = {
      ...FILES,
      'main.js': `${FILES['main.js']!} new Worker(new URL('./w.js', import.meta.url), { type: 'module' });`,
      'w.js': `import './waits.js'; import './x.js'; import './d.json' with { type: 'json' };`,
      'x.js': `import './y.js';`,
      'y.js': '',
      'd.json': '{}',
    };
    const { fusion } = await fuseFiles(files, ['main.js']);
    const manifest = manifestOf(files, ['main.js']);
    const site = { root: `${ROOT}app/`, manifest };
    const singles = new Map<Path, readonly Path[]>([['waits.js', ['b.js']]]);
    const workerSingles = new Map<Path, readonly Path[]>([['w.js', ['waits.js', 'x.js', 'd.json']]]);
    const facadeHash = () => FACADE;
    const options = { site, fusion, hash: HASH, facadeHash, singles, workerSingles, map: EMPTY_IMPORT_MAP };
    const direct = directMap({ ...options, prefix: '/app/-/' })!;
    const run = fusion.runs.find(({ members }) => members.includes('y.js'))!;
    expect(run.members).toEqual(['y.js', 'x.js']);
    expect(direct.workers()).toEqual({
      'w.js': ['w.js', 'waits.js', 'b.js', 'x.js', `-/runs/${run.hash}/x.js`, 'd.json'],
    });
    expect((await mapOf()).direct!.workers()).toEqual({});
  });

  it('gives a script a source that fails without the map, also where its module is single', async () => {
    const { direct } = await mapOf();
    expect(direct!.entryUrl('main.js')).toBe(`/-/direct/${HASH}/main.js?modcast-entry`);
    expect(direct!.entryUrl('a.js')).toBe(`/-/direct/${HASH}/a.js`);
  });

  it.each<[string, ImportMapJson]>([
    ['checks integrity', { integrity: { './a.js': 'sha384-x' } }],
    ['maps a URL', { imports: { './a.js': './b.js' } }],
    ['has scopes', { scopes: { './lib/': { a: './b.js' } } }],
  ])('is none where the page %s', async (_, json) => {
    expect((await mapOf(json)).direct).toBeUndefined();
  });

  it('is none while a run is not joined', async () => {
    const { fusion, options } = await mapOf();
    const runs = fusion.runs.map((run) => ({ ...run, hash: null }));
    expect(directMap({ ...options, fusion: { ...fusion, runs } })).toBeUndefined();
  });
});
