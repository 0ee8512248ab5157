import { expect, it } from 'vitest';
import { codeOf, transformed } from './site.js';

it('strips types, and imports that only types use', async () => {
  const source = `import type { A } from './a';\nimport { B, type C } from './b';\nlet b: B | C | A = 1 as number;\nexport { b };`;
  expect(await codeOf('m.ts', source)).toBe('let b = 1;\nexport { b };');
});

it('keeps imports that are not types where the configuration says so', async () => {
  const source = `import { B, type C } from './b.js';\nlet b: B | C;\nexport { b };`;
  const compilerOptions = { verbatimModuleSyntax: true };
  expect(await codeOf('m.ts', source, { compilerOptions })).toContain(`import { B } from "./b.js";`);
});

it('turns JSX into calls, as the configuration says', async () => {
  const source = 'export const a = <b c="d">{1}</b>;';
  expect(await codeOf('m.tsx', source)).toContain('from "react/jsx-runtime"');
  expect(await codeOf('m.jsx', source, { mode: 'development' })).toContain('from "react/jsx-dev-runtime"');
  const own = { jsxImportSource: 'preact' };
  expect(await codeOf('m.tsx', source, { compilerOptions: own })).toContain('from "preact/jsx-runtime"');
  const classic = { jsx: 'react', jsxFactory: 'h', jsxFragmentFactory: 'F' };
  expect(await codeOf('m.tsx', source, { compilerOptions: classic })).toContain('h("b", { c: "d" }, 1)');
  const recipe = { refresh: 'preact' } as const;
  expect(await codeOf('m.tsx', source, { recipe })).toContain('from "preact/jsx-runtime"');
});

it('assigns fields for old targets, and defines them for others', async () => {
  const source = 'export class A { a: number; b = 1; }';
  expect(await codeOf('m.ts', source, { compilerOptions: { target: 'ES2022' } })).toContain('b = 1;');
  for (const compilerOptions of [{ useDefineForClassFields: false }, { target: 'es2020' }]) {
    const code = await codeOf('m.ts', source, { compilerOptions });
    expect(code).toContain('this.b = 1');
    expect(code).not.toMatch(/^a;/m);
  }
});

it('lowers decorators, whose helper is a module of the deploy', async () => {
  const compilerOptions = { experimentalDecorators: true };
  const { code, virtual } = await transformed('src/m.ts', 'export class A { @a b() {} }', {
    compilerOptions,
  });
  expect(code).toContain('from "../modcast.runtime/decorate.js"');
  expect(virtual.map(({ path }) => path)).toEqual(['modcast.runtime/decorate.js']);
});

it('reports decorators that no browser has, and not what looks like one', async () => {
  const { problem } = await transformed('m.ts', 'interface A {}\nclass B { @a b(): A {} }');
  expect(problem).toMatchObject({
    line: 2,
    column: 11,
    message: expect.stringContaining('experimentalDecorators'),
  });
  expect((await transformed('m.ts', 'export const css = ` @media print {}`; // @a')).problem).toBeUndefined();
});

it('names the place of an error, and leaves the file as it is', async () => {
  const { code, problem } = await transformed('m.ts', 'interface A {}\nconst ä = 1, b: A = ;\n');
  expect(code).toBeNull();
  expect(problem).toMatchObject({ kind: 'syntax', path: 'm.ts', line: 2, column: 21 });
  expect(problem!.frame).toContain('2 | const ä = 1, b: A = ;');
});

it('maps the code to the source', async () => {
  const { map } = await transformed(
    'src/m.ts',
    `import a from './a';\nconst b: number = a;\nexport { b };\n`,
    {
      files: { 'src/a.ts': '' },
    },
  );
  expect(JSON.parse(map!)).toMatchObject({
    sources: ['m.ts'],
    sourcesContent: [expect.stringContaining('b: number')],
  });
});
