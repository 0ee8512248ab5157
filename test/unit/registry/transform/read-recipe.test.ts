import { expect, it } from 'vitest';
import { readRecipe } from '../../../../registry/transform/index.js';
import { site, type Files } from '../site.js';

const recipeOf = async (files: Files) => readRecipe(await site(files), Object.keys(files));

it('is none for a site that has nothing to set', async () => {
  expect(await recipeOf({ 'main.js': '', 'tsconfig.json': '{}' })).toEqual({ recipe: null, problems: [] });
});

it.each([
  [{ 'vite.config.ts': '' }],
  [{ 'package.json': '{ "devDependencies": { "vite": "8" } }' }],
  [{ 'main.jsx': '' }],
])('is there for a site that was written for Vite: %j', async (files) => {
  expect((await recipeOf({ 'main.js': '', ...files })).recipe).not.toBeNull();
});

it('has the options of each configuration, with those that it extends, the deepest first', async () => {
  const { recipe } = await recipeOf({
    'main.ts': '',
    'tsconfig.json': '{ "extends": "./config/base.json", "compilerOptions": { /* own */ "jsx": "react" } }',
    'config/base.json':
      '{ "compilerOptions": { "target": "es2020", "paths": { "@/*": ["../src/*"] }, "strict": true } }',
    'src/deep/tsconfig.json': '{ "compilerOptions": { "baseUrl": ".", "experimentalDecorators": true } }',
  });
  expect(recipe!.projects).toEqual([
    { directory: 'src/deep', compilerOptions: { baseUrl: 'src/deep', experimentalDecorators: true } },
    { directory: '', compilerOptions: { jsx: 'react', target: 'es2020', paths: { '@/*': ['src/*'] } } },
  ]);
});

it('takes the options of what a solution file references, but not those for the build', async () => {
  const { recipe } = await recipeOf({
    'main.ts': '',
    'tsconfig.json':
      '{ "files": [], "references": [{ "path": "./tsconfig.app.json" }, { "path": "./tsconfig.node.json" }] }',
    'tsconfig.app.json': '{ "compilerOptions": { "jsx": "react-jsx" } }',
    'tsconfig.node.json': '{ "compilerOptions": { "jsx": "react" } }',
  });
  expect(recipe!.projects).toEqual([{ directory: '', compilerOptions: { jsx: 'react-jsx' } }]);
});

it('reports a configuration that does not parse', async () => {
  const { problems } = await recipeOf({ 'main.ts': '', 'tsconfig.json': '{ "extends": "./none.json" }' });
  expect(problems).toMatchObject([{ path: 'tsconfig.json', severity: 'error' }]);
});

it('has variables that pages may see, by mode', async () => {
  const { recipe } = await recipeOf({
    'main.js': '',
    '.env': 'VITE_A=1\nMODCAST_B=2\nSECRET=3\nVITE_SECRETS="a # b"',
    '.env.local': 'VITE_A=local',
    '.env.production': 'VITE_A=production',
  });
  expect(recipe!.env).toEqual({
    development: { VITE_A: 'local', MODCAST_B: '2', VITE_SECRETS: 'a # b' },
    production: { VITE_A: 'production', MODCAST_B: '2', VITE_SECRETS: 'a # b' },
  });
});

it.each([
  ['react', '{ "dependencies": { "react": "19" } }'],
  ['preact', '{ "devDependencies": { "preact": "10" } }'],
  [null, '{ "dependencies": {} }'],
])('names the framework %s', async (refresh, text) => {
  expect((await recipeOf({ 'main.tsx': '', 'package.json': text })).recipe!.refresh).toBe(refresh);
});
