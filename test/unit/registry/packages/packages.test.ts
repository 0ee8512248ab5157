import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { site } from '../site.js';
import { installed, page, resolvedDirectory, resolvedSite } from './resolved-site.js';

const ESM = { type: 'module' };

describe('names that a site imports', () => {
  it('add the files that are reached, and no others', async () => {
    const { map, paths } = await resolvedSite({
      'index.html': page(`import 'a';`),
      ...installed(
        'a',
        { 'index.js': `import './lib/x.js';`, 'lib/x.js': 'export {};', 'lib/y.js': 'export {};' },
        ESM,
      ),
    });
    expect(paths).toEqual(['npm/a@1.0.0/index.js', 'npm/a@1.0.0/lib/x.js']);
    expect(map).toEqual({ imports: { a: './npm/a@1.0.0/index.js' }, scopes: {} });
  });

  it('are found in inline scripts, modules, workers and literal import() calls', async () => {
    const { map } = await resolvedSite({
      'index.html': `${page(`import 'a'; import './main.js';`)}<script>new Worker('w.js', { type: 'module' })</script>`,
      'main.js': `import('b'); new Worker(new URL('./v.js', import.meta.url), { type: 'module' });`,
      'w.js': `import 'c';`,
      'v.js': `import 'd';`,
      'unused.js': `import 'e';`,
      ...['a', 'b', 'c', 'd', 'e'].reduce(
        (all, name) => ({ ...all, ...installed(name, { 'index.js': 'export {}' }) }),
        {},
      ),
    });
    expect(Object.keys(map.imports)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are found in what computed imports can mean', async () => {
    const { map } = await resolvedSite({
      'index.html': page(`import './main.js';`),
      'main.js': 'import(`./pieces/${name}.js`); import(`/abs/${name}`); import(name);',
      'pieces/a.js': `import 'a';`,
      'pieces/deep/b.js': `import 'b';`,
      'abs/c.js': `import 'c';`,
      'other/d.js': `import 'd';`,
      ...['a', 'b', 'c', 'd'].reduce(
        (all, name) => ({ ...all, ...installed(name, { 'index.js': 'export {}' }) }),
        {},
      ),
    });
    expect(Object.keys(map.imports)).toEqual(['a', 'b', 'c']);
  });

  it('are resolved above the directory of the site too', async () => {
    const root = await site({
      'public/index.html': page(`import 'a';`),
      ...installed('a', { 'index.js': 'export {}' }, ESM),
    });
    const { map } = await resolvedDirectory(path.join(root, 'public'));
    expect(map.imports).toEqual({ a: './npm/a@1.0.0/index.js' });
  });

  it('that the page maps are left to its import map', async () => {
    const own = `<script type="importmap">{"imports":{"a":"./own/a.js"}}</script>`;
    const { map, paths, manifest } = await resolvedSite({
      'index.html': page(`import 'a'; import 'b';`, own),
      'own/a.js': '1',
      ...installed('a', { 'index.js': 'export {}' }, ESM),
      ...installed('b', { 'index.js': `import 'a';` }, ESM),
    });
    expect(map.imports).toEqual({ b: './npm/b@1.0.0/index.js' });
    // The package gets the page's own module too, so that there is one instance.
    expect(manifest.importMap).toMatchObject({
      imports: { a: './own/a.js', b: './npm/b@1.0.0/index.js' },
      scopes: {},
    });
    expect(paths).toContain('npm/b@1.0.0/index.js');
  });

  it('make entries of the page', async () => {
    const { manifest } = await resolvedSite({
      'index.html': page(`import 'a';`),
      ...installed('a', { 'index.js': 'export {}' }, ESM),
    });
    expect(manifest.entries).toEqual(['npm/a@1.0.0/index.js']);
  });

  it('are not resolved where the site says so', async () => {
    const directory = await site({
      'index.html': page(`import 'a';`),
      ...installed('a', { 'index.js': 'export {}' }, ESM),
    });
    const { readSite } = await import('../../../../registry/publish/read-site.js');
    const { DEFAULT_FILTER } = await import('../../../../registry/ingest/files.js');
    const { manifest } = await readSite(directory, DEFAULT_FILTER, undefined, { packages: null });
    expect([...manifest.modules.keys()]).toEqual(['index.html']);
  });
});

describe('exports and imports of packages', () => {
  it('have conditions, in the order of the package', async () => {
    const description = {
      ...ESM,
      exports: {
        '.': { node: './node.js', development: './dev.js', browser: './browser.js', default: './x.js' },
      },
    };
    const files = { 'dev.js': 'export {}', 'browser.js': 'export {}', 'x.js': 'export {}' };
    const all = { 'index.html': page(`import 'a';`), ...installed('a', files, description) };
    expect((await resolvedSite(all)).paths).toEqual(['npm/a@1.0.0/browser.js']);
    expect((await resolvedSite(all, { mode: 'development' })).paths).toEqual(['npm/a@1.0.0/dev.js']);
    expect((await resolvedSite(all, { conditions: ['node'] })).paths).toEqual([]);
    expect((await resolvedSite(all, { conditions: [] })).paths).toEqual(['npm/a@1.0.0/x.js']);
  });

  it('have wildcards, self-references and #imports', async () => {
    const description = {
      ...ESM,
      exports: { '.': './index.js', './features/*.js': './src/*.js', './secret/*': null },
      imports: { '#util': { browser: './util-browser.js', default: './util.js' } },
    };
    const { map, paths } = await resolvedSite({
      'index.html': page(`import 'a/features/one.js';`),
      ...installed(
        'a',
        {
          'index.js': 'export {};',
          'src/one.js': `import 'a'; import '#util'; import 'a/features/two.js';`,
          'src/two.js': 'export {}',
          'util.js': 'export {}',
          'util-browser.js': 'export {}',
        },
        description,
      ),
    });
    expect(map).toEqual({
      imports: { 'a/features/one.js': './npm/a@1.0.0/src/one.js' },
      scopes: {
        './npm/a@1.0.0/': {
          '#util': './npm/a@1.0.0/util-browser.js',
          a: './npm/a@1.0.0/index.js',
          'a/features/two.js': './npm/a@1.0.0/src/two.js',
        },
      },
    });
    expect(paths).toHaveLength(4);
  });

  it('may be those of the site itself', async () => {
    const { map } = await resolvedSite({
      'package.json': JSON.stringify({
        name: 'site',
        imports: { '#lib': './lib/main.js' },
        exports: './lib/main.js',
      }),
      'index.html': page(`import '#lib'; import 'site';`),
      'lib/main.js': `import 'a';`,
      ...installed('a', { 'index.js': 'export {}' }, ESM),
    });
    expect(map.imports).toEqual({
      '#lib': './lib/main.js',
      a: './npm/a@1.0.0/index.js',
      site: './lib/main.js',
    });
  });
});

describe('several versions of a package', () => {
  const all = {
    'index.html': page(`import 'a'; import 'b';`),
    ...installed('a', { 'index.js': `import 'b';` }, { ...ESM, dependencies: { b: '^2.0.0' } }),
    ...installed('b', { 'index.js': 'export {}' }, ESM),
    ...installed(
      'b',
      { 'index.js': 'export {}' },
      { ...ESM, version: '2.1.0' },
      'node_modules/a/node_modules',
    ),
  };

  it('are scopes of the map', async () => {
    expect((await resolvedSite(all)).map).toEqual({
      imports: { a: './npm/a@1.0.0/index.js', b: './npm/b@1.0.0/index.js' },
      scopes: { './npm/a@1.0.0/': { b: './npm/b@2.1.0/index.js' } },
    });
  });

  it('of which two are the same are one', async () => {
    const { paths } = await resolvedSite({
      'index.html': page(`import 'a'; import 'c';`),
      ...installed('a', { 'index.js': `import 'b';` }, ESM),
      ...installed('c', { 'index.js': `import 'b';` }, ESM),
      ...installed('b', { 'index.js': 'export {}' }, ESM, 'node_modules/a/node_modules'),
      ...installed('b', { 'index.js': 'export {}' }, ESM, 'node_modules/c/node_modules'),
    });
    expect(paths).toEqual(['npm/a@1.0.0/index.js', 'npm/b@1.0.0/index.js', 'npm/c@1.0.0/index.js']);
  });

  it('of which two differ in what they import are two', async () => {
    const { map } = await resolvedSite({
      'index.html': page(`import 'a'; import 'c';`),
      ...installed('a', { 'index.js': `import 'b';` }, ESM),
      ...installed('c', { 'index.js': `import 'b';` }, ESM),
      ...installed(
        'b',
        { 'index.js': `import 'd';` },
        { ...ESM, dependencies: { d: '*' } },
        'node_modules/a/node_modules',
      ),
      ...installed('d', { 'index.js': 'export {}' }, ESM, 'node_modules/a/node_modules'),
      ...installed(
        'b',
        { 'index.js': `import 'd';` },
        { ...ESM, dependencies: { d: '*' } },
        'node_modules/c/node_modules',
      ),
      ...installed(
        'd',
        { 'index.js': 'export {}' },
        { ...ESM, version: '3.0.0' },
        'node_modules/c/node_modules',
      ),
    });
    expect(map.scopes).toEqual({
      './npm/a@1.0.0/': { b: './npm/b@1.0.0/index.js' },
      './npm/b@1.0.0/': { d: './npm/d@1.0.0/index.js' },
      './npm/b@1.0.0~2/': { d: './npm/d@3.0.0/index.js' },
      './npm/c@1.0.0/': { b: './npm/b@1.0.0~2/index.js' },
    });
  });
});

describe('linked packages', () => {
  it('of pnpm are found with their dependencies', async () => {
    const store = 'node_modules/.pnpm';
    const directory = await site({
      'index.html': page(`import 'a';`),
      ...installed('a', { 'index.js': `import 'b';` }, ESM, `${store}/a@1.0.0/node_modules`),
      ...installed('b', { 'index.js': 'export {}' }, ESM, `${store}/b@1.0.0/node_modules`),
    });
    await symlink('.pnpm/a@1.0.0/node_modules/a', path.join(directory, 'node_modules/a'));
    await symlink('../../b@1.0.0/node_modules/b', path.join(directory, store, 'a@1.0.0/node_modules/b'));
    const { map } = await resolvedDirectory(directory);
    expect(map).toEqual({
      imports: { a: './npm/a@1.0.0/index.js' },
      scopes: { './npm/a@1.0.0/': { b: './npm/b@1.0.0/index.js' } },
    });
  });

  it('in the site are files of the site', async () => {
    const directory = await site({
      'index.html': page(`import 'w';`),
      ...installed('w', { 'src/main.js': `import 'a';` }, { ...ESM, exports: './src/main.js' }, 'workspaces'),
      ...installed('a', { 'index.js': 'export {}' }, ESM),
    });
    await symlink('../workspaces/w', path.join(directory, 'node_modules/w'));
    const { map } = await resolvedDirectory(directory);
    expect(map).toEqual({
      imports: { a: './npm/a@1.0.0/index.js', w: './workspaces/w/src/main.js' },
      scopes: {},
    });
  });

  it('outside of the site get a version', async () => {
    const root = await site({
      'public/index.html': page(`import 'w';`),
      ...installed('w', { 'main.js': 'export {}' }, { ...ESM, exports: './main.js' }, 'workspaces'),
    });
    await mkdir(path.join(root, 'node_modules'));
    await symlink('../workspaces/w', path.join(root, 'node_modules/w'));
    expect((await resolvedDirectory(path.join(root, 'public'))).map.imports).toEqual({
      w: './npm/w@1.0.0/main.js',
    });
  });
});

describe('modules that need a bundler', () => {
  it('get specifiers that are URLs', async () => {
    const { text, paths } = await resolvedSite({
      'index.html': page(`import 'a';`),
      ...installed(
        'a',
        {
          'esm/index.js': `import './x'; export * from './dir'; import(/* later */ "./y"); import data from './d.json'; import './z.js?v=1';`,
          'esm/x.js': 'export {}',
          'esm/y.mjs': 'export {}',
          'esm/z.js': 'export {}',
          'esm/dir/index.js': 'export {}',
          'esm/d.json': '{"a":1}',
        },
        { module: './esm/index.js', main: './index.js' },
      ),
    });
    expect(text('npm/a@1.0.0/esm/index.js')).toBe(
      `import "./x.js"; export * from "./dir/index.js"; import(/* later */ "./y.mjs"); import data from "./d.json.js"; import './z.js?v=1';`,
    );
    expect(text('npm/a@1.0.0/esm/d.json.js')).toBe('export default {"a":1};\n');
    expect(paths).toHaveLength(6);
  });

  it('get the files that a browser field names', async () => {
    const { text, map } = await resolvedSite({
      'index.html': page(`import 'a';`),
      ...installed(
        'a',
        {
          'index.js': `import './node.js'; import fs from 'fs'; import './off.js';`,
          'node.js': 'export {}',
          'web.js': 'export {}',
          'off.js': '',
        },
        { ...ESM, browser: { './node.js': './web.js', fs: false, './off.js': false } },
      ),
    });
    expect(text('npm/a@1.0.0/index.js')).toBe(
      `import "./web.js"; import fs from 'fs'; import "./_empty.js";`,
    );
    expect(map.scopes).toEqual({ './npm/a@1.0.0/': { fs: './npm/a@1.0.0/_empty.js' } });
  });

  it('get the value of process.env.NODE_ENV', async () => {
    const files = {
      'index.html': page(`import 'a';`),
      ...installed(
        'a',
        { 'index.js': `if (process.env.NODE_ENV !== 'production') import('./dev.js');`, 'dev.js': '' },
        ESM,
      ),
    };
    const at = 'npm/a@1.0.0/index.js';
    expect((await resolvedSite(files)).text(at)).toContain(`if ("production" !== 'production')`);
    expect((await resolvedSite(files, { mode: 'development' })).text(at)).toContain(`if ("development" !==`);
  });

  it('bring the files that they name by URL', async () => {
    const { paths } = await resolvedSite({
      'index.html': page(`import 'a';`),
      ...installed(
        'a',
        {
          'index.js': `new Worker(new URL('./w.js', import.meta.url)); fetch(new URL("x.wasm", import.meta.url)); fetch(new URL('./y.wasm', import.meta.url));`,
          'w.js': `import './v.js'`,
          'v.js': '',
          'y.wasm': '',
        },
        ESM,
      ),
    });
    expect(paths).toEqual(['index.js', 'v.js', 'w.js', 'y.wasm'].map((name) => `npm/a@1.0.0/${name}`));
  });
});

describe('a package cannot bring in other files of the disk', () => {
  const outside = { 'secret.js': 'export const key = 1;', 'secret.json': '{}' };

  it.each([
    ['its main file', { 'index.js': '' }, { main: '../../secret.js' }],
    ['an import', { 'index.js': `import '../../secret.js';` }, {}],
    ['an import of JSON', { 'index.js': `import '../../secret.json' with { type: 'json' };` }, {}],
    ['a URL', { 'index.js': `new URL('../../secret.js', import.meta.url)` }, {}],
    ['a call of require', { 'index.js': `exports.x = require('../../secret.js');` }, {}],
    [
      'its browser field',
      { 'index.js': `import './x.js';`, 'x.js': '' },
      { browser: { './x.js': '../../secret.js' } },
    ],
  ])('by %s', async (_, files, description) => {
    const root = await site({
      'public/index.html': page(`import 'a';`),
      ...outside,
      ...installed('a', files, description),
    });
    const { paths } = await resolvedDirectory(path.join(root, 'public'));
    expect(paths.filter((name) => name.includes('secret'))).toEqual([]);
  });

  it('by a link', async () => {
    const root = await site({
      'public/index.html': page(`import 'a';`),
      ...outside,
      ...installed('a', { 'index.js': `import './link.js'; new URL('./link.js', import.meta.url);` }),
    });
    await symlink('../../secret.js', path.join(root, 'node_modules/a/link.js'));
    const { paths, content } = await resolvedDirectory(path.join(root, 'public'));
    expect(paths).toEqual(['npm/a@1.0.0/index.js']);
    expect(content.packageProblems).toMatchObject([{ severity: 'error' }]);
  });
});

it('a package that changes keeps no old file', async () => {
  const directory = await site({
    'index.html': page(`import 'a';`),
    ...installed('a', { 'index.js': `import './x.js'`, 'x.js': '' }, ESM),
  });
  expect((await resolvedDirectory(directory)).paths).toHaveLength(2);
  await writeFile(path.join(directory, 'node_modules/a/index.js'), 'export {}');
  expect((await resolvedDirectory(directory)).paths).toHaveLength(1);
});
