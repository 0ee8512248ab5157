import { mkdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Registry } from '../../../../registry/index.js';
import { exportStatic } from '../../../../registry/export/index.js';
import { diagnoseSite } from '../../../../registry/publish/index.js';
import { PACKAGES_MAP } from '../../../../schema/index.js';
import { nextEvent, open, site, temporary, write, type Files } from '../site.js';
import { installed, resolvedDirectory, resolvedSite } from './resolved-site.js';

const ESM = { type: 'module' };

const INDEX = '<!doctype html><script type="module" src="/main.tsx"></script><main></main>';

const REPOSITORY = fileURLToPath(new URL('../../../../node_modules', import.meta.url));

const APP: Files = {
  'index.html': INDEX,
  'package.json': '{ "dependencies": { "react": "*", "react-dom": "*" } }',
  'main.tsx': `import React, { type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Unused } from 'types-only';
import { App } from './app';
const node: ReactNode = <App name={React.version} />;
createRoot(document.querySelector('main')!).render(node);
`,
  'app.tsx': `export const App = ({ name }: { name: string }) => <p>{name}</p>;\n`,
};

/** A site with React. */
async function reactSite(files: Files = {}): Promise<string> {
  const directory = await site({ ...APP, ...files });
  await mkdir(path.join(directory, 'node_modules'));
  for (const name of ['react', 'react-dom', 'scheduler'])
    await symlink(path.join(REPOSITORY, name), path.join(directory, 'node_modules', name));
  return directory;
}

/** A runtime of JSX. */
const runtime = (name: string, version = '1.0.0'): Files =>
  installed(
    name,
    {
      'index.js': 'export const h = 1;',
      'jsx-runtime.js': `export { h as jsx, h as jsxs, h as Fragment } from './index.js';`,
      'jsx-dev-runtime.js': `export { h as jsxDEV, h as Fragment } from './index.js';`,
    },
    {
      ...ESM,
      version,
      exports: {
        '.': './index.js',
        './jsx-runtime': './jsx-runtime.js',
        './jsx-dev-runtime': './jsx-dev-runtime.js',
      },
    },
  );

async function served(directory: string, channel = 'dev') {
  const registry = open({ directory, channel });
  const { manifest, problems } = (await registry.scan())!;
  const map = JSON.parse(await bodyOf(registry, `/${PACKAGES_MAP}`)) as {
    readonly imports: Readonly<Record<string, string>>;
  };
  return { registry, manifest, problems, names: Object.keys(map.imports) };
}

const bodyOf = async (registry: Registry, target: string): Promise<string> =>
  (await registry.handle(new Request(`http://localhost${target}`)))!.text();

describe('a site in TypeScript with packages', () => {
  it('has what its code imports when it is published, and no problem', async () => {
    const { map, paths, content } = await resolvedDirectory(await reactSite());
    expect(Object.keys(map.imports)).toEqual(['react', 'react-dom/client', 'react/jsx-runtime']);
    expect(map.imports['react']).toMatch(/^\.\/npm\/react@\d+\.\d+\.\d+\/index\.js$/);
    expect(map.imports['react/jsx-runtime']).toMatch(/^\.\/npm\/react@[\d.]+\/jsx-runtime\.js$/);
    expect(paths.filter((name) => name.startsWith('npm/scheduler@'))).not.toEqual([]);
    expect(await diagnoseSite(content)).toEqual([]);
  });

  it('has them when its directory is served, for development and for a later export', async () => {
    const names = ['react', 'react-dom/client', 'react/jsx-dev-runtime', 'react/jsx-runtime'];
    for (const channel of ['dev', 'preview']) {
      const { registry, names: found, problems } = await served(await reactSite(), channel);
      expect({ channel, found, problems }).toEqual({ channel, found: names, problems: [] });
      expect(await bodyOf(registry, '/app.tsx')).toContain('from "react/jsx-dev-runtime"');
      // The same mode on both sides: React has `jsxDEV` only in development.
      expect(await bodyOf(registry, await placeOf(registry, 'react/jsx-dev-runtime'))).toContain(
        'jsxDEV = function',
      );
    }
  });

  it('reports a package that is missing where its source imports it', async () => {
    const { content } = await resolvedSite({
      'index.html': INDEX,
      'main.tsx': `interface Unused {\n  a: 1;\n}\nimport { h } from 'tinyy';\nh<Unused>();\n`,
      ...runtime('tiny'),
    });
    const found = await diagnoseSite(content);
    expect(
      found.map(({ path: file, line, column, message }) => `${file}:${line}:${column} ${message}`),
    ).toEqual([
      'main.tsx:4:19 no import map says where "tinyy" is; the package "tinyy" is not installed: run npm install tinyy; did you mean "tiny"?',
    ]);
  });

  it('needs the runtime of its JSX', async () => {
    const files = {
      'index.html': INDEX,
      'tsconfig.json': '{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "tiny" } }',
      'main.tsx': `document.title = (<p>a</p>) as string;`,
    };
    const { map } = await resolvedSite({ ...files, ...runtime('tiny') });
    expect(map.imports).toEqual({ 'tiny/jsx-runtime': './npm/tiny@1.0.0/jsx-runtime.js' });
    const { content } = await resolvedSite({ ...files, ...runtime('other') });
    expect((await diagnoseSite(content)).map(({ path: file, specifier }) => [file, specifier])).toEqual([
      ['main.tsx', 'tiny/jsx-runtime'],
    ]);
  });

  it('finds names in workers, globs and decorated classes, and in no code that vanishes', async () => {
    const { map, content } = await resolvedSite({
      'index.html': '<script type="module" src="/main.ts"></script>',
      'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true } }',
      'main.ts': `import Work from './work.ts?worker';
import.meta.glob('./pages/*.ts');
const plain = (_: object, __: string) => {};
class A { @plain b = 1; }
export const all: unknown[] = [new Work(), A];
import { type T } from 'gone';
import { T as U } from 'gone-too';
export type V = U | T;`,
      'work.ts': `import 'a'; export {};`,
      'pages/one.ts': `import 'b'; export {};`,
      ...installed('a', { 'index.js': 'export {}' }, ESM),
      ...installed('b', { 'index.js': 'export {}' }, ESM),
    });
    expect(Object.keys(map.imports)).toEqual(['a', 'b']);
    expect(await diagnoseSite(content)).toEqual([]);
  });

  it('leaves the files of packages as they are', async () => {
    const source = `export const env = import.meta.env; import './x.js';`;
    const directory = await site({
      'index.html': '<script type="module" src="/main.ts"></script>',
      'main.ts': `import { env } from 'a'; export const all: unknown = env;`,
      ...installed('a', { 'index.js': source, 'x.js': `export const url = './y.svg';` }, ESM),
    });
    const { registry } = await served(directory);
    expect(await bodyOf(registry, '/npm/a@1.0.0/index.js')).toBe(source);
    expect(await bodyOf(registry, '/main.ts')).not.toContain(': unknown');
  });

  it('has what keeps the state of components, which no file of the site imports', async () => {
    const directory = await site({
      'index.html': INDEX,
      'package.json': '{ "dependencies": { "preact": "^10" } }',
      'main.tsx': `export const App = () => <p>a</p>;`,
      ...runtime('preact', '11.0.0'),
    });
    const { names, problems } = await served(directory);
    expect(names).toEqual(['preact', 'preact/jsx-dev-runtime', 'preact/jsx-runtime']);
    expect(problems.map(({ severity, message }) => `${severity} ${message}`)).toEqual([
      'warning the package.json of the site wants preact ^10, and 11.0.0 is installed; run npm install',
    ]);
  });

  it('gets the packages that a save imports', async () => {
    const directory = await site({
      'index.html': INDEX,
      'main.tsx': `import type { x } from 'a';`,
      ...installed('a', { 'index.js': 'export const x = 1;' }, ESM),
    });
    const registry = open({ directory, watch: true });
    const { manifest } = (await registry.ready)!;
    expect([...manifest.modules.keys()].filter((name) => name.startsWith('npm/'))).toEqual([]);
    const saved = nextEvent<unknown>((listener) => registry.on('deploy', listener));
    await write(directory, { 'main.tsx': `import { x } from 'a'; export const y: number = x;` });
    await saved;
    expect(await bodyOf(registry, `/${PACKAGES_MAP}`)).toContain('"./npm/a@1.0.0/index.js"');
    expect(await bodyOf(registry, '/npm/a@1.0.0/index.js')).toBe('export const x = 1;');
  });

  it('is exported with the runtime of production', async () => {
    const directory = await site({
      'index.html': INDEX,
      'tsconfig.json': '{ "compilerOptions": { "jsxImportSource": "tiny" } }',
      'main.tsx': `document.title = (<p>a</p>) as string;`,
      ...runtime('tiny'),
    });
    const { registry } = await served(directory);
    const exported = await temporary();
    const store = await registry.store();
    await exportStatic({ store, deploy: 1, directory: exported, force: true, base: '/', assets: null });
    expect(await readFile(path.join(exported, 'main.tsx'), 'utf8')).toContain('from "tiny/jsx-runtime"');
    const page = await readFile(path.join(exported, 'index.html'), 'utf8');
    expect(page).toContain('"tiny/jsx-runtime":"/npm/tiny@1.0.0/jsx-runtime.js"');
  });
});

async function placeOf(registry: Registry, name: string): Promise<string> {
  const map = JSON.parse(await bodyOf(registry, `/${PACKAGES_MAP}`)) as { imports: Record<string, string> };
  return map.imports[name]!.slice(1);
}
