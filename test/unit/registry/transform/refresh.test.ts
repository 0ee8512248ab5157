import { expect, it } from 'vitest';
import { codeOf, transformed, type Given } from './site.js';

const COMPONENT = `export function App() { return <b>1</b>; }\n`;
const given = (refresh: 'react' | 'preact' | null, mode: Given['mode'] = 'development'): Given => ({
  mode,
  recipe: { refresh },
});

it.each(['react', 'preact'] as const)(
  'registers the components of %s, and accepts updates',
  async (framework) => {
    const { code, virtual } = await transformed('src/app.tsx', COMPONENT, given(framework));
    expect(code).toMatch(`import * as __refresh from "../modcast.runtime/refresh-${framework}.js";`);
    expect(code).toContain('__refresh.accept(import.meta.hot, ["App"]);');
    expect(virtual.map(({ path }) => path)).toEqual([`modcast.runtime/refresh-${framework}.js`]);
  },
);

it('does not accept updates of a module that exports something else', async () => {
  const { code } = await transformed('app.tsx', `${COMPONENT}export const size = 1;`, given('react'));
  expect(code).toContain('$RefreshReg$(');
  expect(code).not.toContain('__refresh.accept');
});

it('comes before the renderer, in a module without components, too', async () => {
  const source = `import { createRoot } from 'react-dom/client';\ncreateRoot(document.body);`;
  const { code } = await transformed('main.ts', source, given('react'));
  expect(code).toMatch(/^import \* as __refresh .*import \{ createRoot \}/);
});

it.each([given('react', 'production'), given(null)])('is not there otherwise: %o', async (options) => {
  expect((await transformed('app.tsx', COMPONENT, options)).code).not.toContain('efresh');
});

it('leaves getters that call hooks as they are: such a module is replaced with its importers', async () => {
  const source = `import { useState } from 'react';
export const useSettings = () => ({ get theme() { return useState('dark')[0]; } });`;
  const code = await codeOf('main.tsx', source, given('react'));
  expect(code).toMatch(/get theme\(\)/);
  const method = await codeOf('main.tsx', source.replace('get theme', 'theme'), given('react'));
  expect(method).toContain('$RefreshSig$');
});
