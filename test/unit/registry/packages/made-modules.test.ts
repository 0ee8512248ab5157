import { describe, expect, it } from 'vitest';
import { installed, page, resolvedSite } from './resolved-site.js';

const ESM = { type: 'module' };
const PACKAGE = {
  'style.css': `@import './base.css';\n@import "theme/dark.css";\n.a { background: url(img/a.png#x) }`,
  'base.css': `@font-face { src: url('./f.woff2') }`,
  'f.woff2': 'font',
  'img/a.png': 'image',
  'note.txt': 'a note',
  'worker.js': `import './part.js'; postMessage(1);`,
  'part.js': '',
};
const THEME = installed('theme', { 'dark.css': 'body { color: white }' });

const styled = (source: string, files: Record<string, string> = {}) =>
  resolvedSite({ 'index.html': page(source), ...installed('p', { ...PACKAGE, ...files }, ESM), ...THEME });

describe('a style sheet of a package', () => {
  it('is a module, with the files that it names, and the style sheets of other packages before it', async () => {
    const { map, paths, text, problems } = await styled(`import 'p/style.css';`);
    expect(problems).toEqual([]);
    expect(map.imports).toEqual({ 'p/style.css': './npm/p@1.0.0/style.css@style.js' });
    expect(paths).toEqual([
      'npm/p@1.0.0/base.css@style.js',
      'npm/p@1.0.0/f.woff2',
      'npm/p@1.0.0/img/a.png',
      'npm/p@1.0.0/style.css@style.js',
      'npm/theme@1.0.0/dark.css@style.js',
    ]);
    const code = text('npm/p@1.0.0/style.css@style.js');
    expect(code).toContain('import "theme/dark.css";');
    expect(code).not.toContain('@import \\"theme');
    expect(code).toContain('place("./img/a.png#x")');
    expect(code).toContain('import "./base.css@style.js";');
    expect(map.scopes).toEqual({
      './npm/p@1.0.0/': { 'theme/dark.css': './npm/theme@1.0.0/dark.css@style.js' },
    });
  });

  it('can be imported by the modules of the package', async () => {
    const { text, paths } = await styled(`import 'p/view.js';`, {
      'view.js': `import './base.css'; import logo from './img/a.png'; import('./style.css');`,
    });
    expect(text('npm/p@1.0.0/view.js')).toBe(
      `import "./base.css@style.js"; import logo from "./img/a.png@url.js"; import("./style.css@style.js");`,
    );
    expect(paths).toContain('npm/p@1.0.0/base.css@style.js');
    expect(paths).toContain('npm/p@1.0.0/img/a.png');
  });

  it('can be required by CommonJS', async () => {
    const { paths, problems } = await resolvedSite({
      'index.html': page(`import 'c';`),
      ...installed('c', { 'index.js': `require('./a.css'); exports.a = 1;`, 'a.css': 'p { top: 0 }' }),
    });
    expect(problems).toEqual([]);
    expect(paths).toContain('npm/c@1.0.0/a.css@style.js');
  });

  it('that imports one of a package that is not installed is reported', async () => {
    const { problems } = await resolvedSite({
      'index.html': page(`import 'p/a.css';`),
      ...installed('p', { 'a.css': `@import 'none/x.css';` }),
    });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('the package "none" is not installed');
  });

  it('imports with attributes are left to browsers', async () => {
    const { map, paths } = await styled(`import sheet from 'p/base.css' with { type: 'css' };`);
    expect(map.imports).toEqual({ 'p/base.css': './npm/p@1.0.0/base.css' });
    expect(paths).toEqual(['npm/p@1.0.0/base.css']);
  });
});

it.each([
  ['p/note.txt?raw', 'note.txt@raw.js', 'export default "a note";\n', []],
  ['p/base.css?inline', 'base.css@inline.js', /^export default "@font-face/, []],
  [
    'p/worker.js?url',
    'worker.js@url.js',
    /new URL\("\.\/worker\.js", import\.meta\.url\)/,
    ['part.js', 'worker.js'],
  ],
  ['p/worker.js?worker', 'worker.js@worker.js', /new Worker\(/, ['part.js', 'worker.js']],
  ['p/img/a.png', 'img/a.png@url.js', /new URL\("\.\/a\.png", import\.meta\.url\)/, ['img/a.png']],
])('%s of a package is a module', async (specifier, file, code, others) => {
  const { map, text, paths } = await styled(`import x from '${specifier}';`);
  expect(paths.filter((path) => /\.(?:txt|css)$/.test(path))).toEqual([]);
  expect(map.imports).toEqual({ [specifier]: `./npm/p@1.0.0/${file}` });
  expect(text(`npm/p@1.0.0/${file}`)).toMatch(code);
  for (const other of others) expect(paths).toContain(`npm/p@1.0.0/${other}`);
});

it('a doubled slash in a specifier is written as one', async () => {
  const { text } = await resolvedSite({
    'index.html': page(`import 'p/a.js';`),
    ...installed('p', { 'a.js': `import './/b.js';`, 'b.js': '' }, ESM),
  });
  expect(text('npm/p@1.0.0/a.js')).toBe(`import "./b.js";`);
});

it('a name that the import map of another page has is a package’s', async () => {
  const { map } = await resolvedSite({
    'index.html': page(`import './main.js';`),
    'other.html': page(
      `import './other.js';`,
      '<script type="importmap">{ "imports": { "a": "./own.js" } }</script>',
    ),
    'main.js': `import 'a';`,
    'other.js': `import 'a'; import 'b';`,
    'own.js': '',
    ...installed('a', { 'index.js': '' }, ESM),
    ...installed('b', { 'index.js': '' }, ESM),
  });
  expect(map.imports).toEqual({ a: './npm/a@1.0.0/index.js', b: './npm/b@1.0.0/index.js' });
});

it('the import map of all pages keeps a package out', async () => {
  const own = '<script type="importmap">{ "imports": { "a": "./own.js" } }</script>';
  const { map } = await resolvedSite({
    'index.html': page(`import 'a';`, own),
    'other.html': page(`import './other.js';`, own),
    'other.js': `import 'a';`,
    'own.js': '',
    ...installed('a', { 'index.js': '' }, ESM),
  });
  expect(map.imports).toEqual({});
});
