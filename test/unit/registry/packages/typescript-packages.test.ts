import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { site } from '../site.js';
import { installed, page, resolvedDirectory, resolvedSite } from './resolved-site.js';

const ESM = { type: 'module' };

/** A workspace whose site links a package beside it. */
async function workspace(files: Record<string, string>, description: object = {}) {
  const root = await site({
    'app/index.html': page(`import { a } from 'linked'; globalThis.a = a;`),
    'linked/package.json': JSON.stringify({
      name: 'linked',
      version: '2.0.0',
      main: 'src/index.ts',
      ...description,
    }),
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`linked/${name}`, text])),
  });
  await mkdir(path.join(root, 'app/node_modules'));
  await symlink(path.join(root, 'linked'), path.join(root, 'app/node_modules/linked'));
  return resolvedDirectory(path.join(root, 'app'));
}

describe('TypeScript in a linked package', () => {
  it('runs, with imports as TypeScript resolves them', async () => {
    const { map, text, paths, problems } = await workspace({
      'tsconfig.json': '{ "compilerOptions": { "paths": { "~/*": ["./src/*"] } } }',
      'src/index.ts': `import { b } from './b.js';\nimport { c } from '~/c';\nimport type { T } from './t';
export enum E { One = 1 }\nexport const a: T = b + c + E.One;\n`,
      'src/b.ts': `export const b = 1 as number;`,
      'src/c/index.ts': `export const c = import.meta.env.MODE as string;`,
      'src/t.ts': `export type T = unknown;`,
    });
    expect(problems).toEqual([]);
    expect(map.imports).toEqual({ linked: './npm/linked@2.0.0/src/index.ts.js' });
    expect(paths).toEqual([
      'npm/linked@2.0.0/src/b.ts.js',
      'npm/linked@2.0.0/src/c/index.ts.js',
      'npm/linked@2.0.0/src/index.ts.js',
    ]);
    expect(text('npm/linked@2.0.0/src/index.ts.js')).toContain(`import { b } from "./b.ts.js";`);
    expect(map.scopes['./npm/linked@2.0.0/']).toEqual({ '~/c': './npm/linked@2.0.0/src/c/index.ts.js' });
    expect(text('npm/linked@2.0.0/src/c/index.ts.js')).toMatch(/"MODE": *"production"/);
  });

  it('takes the options of its own tsconfig.json', async () => {
    const { text, problems } = await workspace({
      'tsconfig.json':
        '{ "compilerOptions": { "jsx": "react", "jsxFactory": "h", "experimentalDecorators": true } }',
      'src/index.ts': `export * from './view';`,
      'src/view.tsx': `import { h } from './h';\nexport const a = <p/>;\n`,
      'src/h.ts': `export const h = (...all: unknown[]) => all;`,
    });
    expect(problems).toEqual([]);
    expect(text('npm/linked@2.0.0/src/view.tsx.js')).toContain('h("p", null)');
  });

  it.each([
    ['export const a: = 1;', 'Unexpected token'],
    ['const log: any = 1; @log export class a {}', 'set experimentalDecorators in tsconfig.json'],
  ])('that browsers cannot get is a module that throws, and names the file: %s', async (source, message) => {
    const { text } = await workspace({ 'src/index.ts': source });
    const code = text('npm/linked@2.0.0/src/index.ts.js');
    expect(code).toMatch(/^throw new SyntaxError\(".*linked\/src\/index\.ts: /);
    expect(code).toContain(message);
  });
});

it('TypeScript in an installed package runs', async () => {
  const { text, map } = await resolvedSite({
    'index.html': page(`import 'p';`),
    ...installed(
      'p',
      { 'src/index.ts': `export const p: number = 1;` },
      { ...ESM, exports: './src/index.ts' },
    ),
  });
  expect(map.imports).toEqual({ p: './npm/p@1.0.0/src/index.ts.js' });
  expect(text('npm/p@1.0.0/src/index.ts.js')).toBe('export const p = 1;\n');
});

it.each([
  [undefined, '/'],
  ['/app/', '/app/'],
])('TypeScript of a package gets the base %s', async (base, expected) => {
  const { text } = await resolvedSite(
    {
      'index.html': page(`import 'p';`),
      ...installed('p', { 'index.ts': `export const p = import.meta.env.BASE_URL;` }, { main: 'index.ts' }),
    },
    base === undefined ? {} : { base },
  );
  expect(text('npm/p@1.0.0/index.ts.js')).toMatch(new RegExp(`"BASE_URL": *"${expected}"`));
});

describe('the settings of package.json', () => {
  const settings = (modcast: object) => ({ 'package.json': JSON.stringify({ modcast }) });

  it('give packages other names', async () => {
    const { map, paths, problems } = await resolvedSite({
      ...settings({ alias: { old: 'new', app: './src' } }),
      'index.html': page(`import './main.ts';`),
      'main.ts': `import { n } from 'old'; import 'old/deep.js'; import 'uses'; import { x } from 'app/x'; console.log(n, x);`,
      'src/x.ts': `export const x = 1;`,
      ...installed('new', { 'index.js': `export const n = 1;`, 'deep.js': '' }, ESM),
      ...installed('old', { 'index.js': '' }, ESM),
      ...installed('uses', { 'index.js': `import 'old';` }, ESM),
    });
    expect(problems).toEqual([]);
    expect(map).toEqual({
      imports: {
        new: './npm/new@1.0.0/index.js',
        'new/deep.js': './npm/new@1.0.0/deep.js',
        uses: './npm/uses@1.0.0/index.js',
      },
      scopes: { './npm/uses@1.0.0/': { old: './npm/new@1.0.0/index.js' } },
    });
    expect(paths).not.toContain('npm/old@1.0.0/index.js');
  });

  it('define expressions in ES modules and CommonJS of packages', async () => {
    const { text } = await resolvedSite({
      ...settings({ define: { APP: '"one"', 'process.env': { A: 1 } } }),
      'index.html': page(`import 'm'; import 'c';`),
      ...installed('m', { 'index.js': `export const m = [APP, process.env.A, process.env.NODE_ENV];` }, ESM),
      ...installed('c', { 'index.js': `exports.c = APP;` }),
    });
    expect(text('npm/m@1.0.0/index.js')).toContain('"one"');
    expect(text('npm/m@1.0.0/index.js')).not.toContain('process');
    expect(text('npm/c@1.0.0/index.js')).toMatch(/exports\.c = ["']one["']/);
  });
});
