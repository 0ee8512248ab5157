import { cp, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** How many components the page shows, each in a module. With each comes a module of types and one of helpers. */
const COMPONENTS = 100;
/** Packages that its sources import by name, with those that they need. */
const PACKAGES = [
  'react',
  'react-dom',
  'scheduler',
  'date-fns',
  'rxjs',
  'tslib',
  'lit',
  'lit-html',
  'lit-element',
  '@lit',
];

/** The component that the bench saves, and whose state has to stay. */
export const COMPONENT = 'src/saved.tsx';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>modcast bench</title>
    <link rel="icon" href="data:," />
    <script type="module" src="/src/main.tsx"></script>
  </head>
  <body><main></main></body>
</html>
`;

/** @param {string} leaf specifier of the module that the bench of boots edits */
const main = (leaf) => `import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { leaf } from '${leaf}';
import { App } from './app';
import './style.css';

declare global {
  var boot: { exports: number; leaf: number };
  var bootedAt: number;
}
const root = createRoot(document.querySelector('main')!);
flushSync(() => root.render(<App />));
globalThis.boot = { exports: document.querySelectorAll('section').length, leaf };
performance.mark('booted');
globalThis.bootedAt = performance.now();
`;

const numbers = Array.from({ length: COMPONENTS }, (_, index) => index);

const APP = `import { format } from 'date-fns';
import { useEffect, useState } from 'react';
import { BehaviorSubject, map } from 'rxjs';
import { html, type TemplateResult } from 'lit';
import { Saved } from './saved';
${numbers.map((n) => `import { Part${n} } from './parts/part-${n}';`).join('\n')}

const source = new BehaviorSubject<number>(1);
const template: TemplateResult = html\`<p></p>\`;

export function App() {
  const [value, setValue] = useState<number>(0);
  useEffect(() => {
    const subscription = source.pipe(map((n) => n + 1)).subscribe(setValue);
    return () => subscription.unsubscribe();
  }, []);
  return (
    <div className="app" data-strings={template.strings.length}>
      <h1>{format(new Date(2020, 1, 29), 'yyyy-MM-dd')} {value}</h1>
      <Saved />
${numbers.map((n) => `      <Part${n} label="part ${n}" />`).join('\n')}
    </div>
  );
}
`;

/** @param {number} n */
const part = (n) => `import { useMemo, useState, type ReactNode } from 'react';
import type { Row, Rows } from '../types/types-${n}';
import { rowsOf, total } from '../helpers/helper-${n}';
${n % 10 === 0 ? `import './part-${n}.css';\n` : ''}
interface Props {
  readonly label: string;
  readonly children?: ReactNode;
}

export function Part${n}({ label, children }: Props) {
  const [selected, setSelected] = useState<Row | null>(null);
  const rows: Rows = useMemo(() => rowsOf(${n}), []);
  return (
    <section className="part part-${n}">
      <h2>{label}: {total(rows)}</h2>
      <ul>
        {rows.map((row) => (
          <li key={row.id} onClick={() => setSelected(row)} className={row === selected ? 'selected' : ''}>
            {row.name} <small>{row.size.toFixed(1)}</small>
          </li>
        ))}
      </ul>
      {children}
    </section>
  );
}
`;

const types = `export interface Row {
  readonly id: number;
  readonly name: string;
  readonly size: number;
}
export type Rows = readonly Row[];
`;

/** @param {number} n */
const helper = (n) => `import type { Row, Rows } from '../types/types-${n}';

export enum Size {
  Small = 1,
  Large = 10,
}

export const rowsOf = (seed: number): Rows =>
  Array.from({ length: 3 }, (_, id): Row => ({ id, name: \`row \${id}\`, size: id % 2 === 0 ? Size.Small : Size.Large * seed }));

export const total = (rows: Rows): number => rows.reduce((sum, { size }) => sum + size, 0);
`;

/** A component that tells the bench what it shows, with a state that no other instance has. @param {number} revision */
const saved = (revision) => `import { useEffect, useState } from 'react';

declare global {
  var instances: number | undefined;
  var shown: ((revision: number, instance: number) => void) | undefined;
  var lastShown: { revision: number; instance: number } | undefined;
}

export function Saved() {
  const [instance] = useState<number>(() => (globalThis.instances = (globalThis.instances ?? 0) + 1));
  useEffect(() => {
    globalThis.lastShown = { revision: ${revision}, instance };
    globalThis.shown?.(${revision}, instance);
  });
  return <b>revision ${revision} of instance {instance}</b>;
}
`;

const fromRoot = (/** @type {string} */ name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/**
 * An application in TypeScript and JSX with React, as Vite's template sets it up, and its packages.
 *
 * @param {string} directory
 * @param {string} leaf the module beside the page that the bench edits
 */
export async function makeReactSite(directory, leaf) {
  for (const folder of ['src/parts', 'src/types', 'src/helpers', 'node_modules'])
    await mkdir(path.join(directory, folder), { recursive: true });
  const write = (/** @type {string} */ name, /** @type {string} */ text) =>
    writeFile(path.join(directory, name), text);
  await write('index.html', PAGE);
  const names = ['react', 'react-dom', 'date-fns', 'rxjs', 'lit'];
  const dependencies = Object.fromEntries(names.map((name) => [name, '*']));
  await write('package.json', JSON.stringify({ name: 'bench', private: true, type: 'module', dependencies }));
  await write(
    'tsconfig.json',
    '{ "compilerOptions": { "target": "esnext", "jsx": "react-jsx", "strict": true } }',
  );
  await write('src/main.tsx', main(`../${leaf}`));
  await write('src/app.tsx', APP);
  await write('src/style.css', '.app { font: 14px sans-serif }\n.selected { color: red }\n');
  await write(COMPONENT, saved(0));
  for (const n of numbers) {
    await write(`src/parts/part-${n}.tsx`, part(n));
    await write(`src/types/types-${n}.ts`, types);
    await write(`src/helpers/helper-${n}.ts`, helper(n));
    if (n % 10 === 0) await write(`src/parts/part-${n}.css`, `.part-${n} { border: 1px solid }\n`);
  }
  for (const name of PACKAGES) {
    const filter = (/** @type {string} */ file) => !/\.(?:map|md|d\.[cm]?ts)$/.test(file);
    await cp(fromRoot(`node_modules/${name}`), path.join(directory, 'node_modules', name), {
      recursive: true,
      filter,
    });
  }
}

/**
 * Writes a temporary file and renames it, so that no watcher sees half of the file.
 *
 * @param {string} directory
 * @param {number} revision what the component shows
 * @returns {Promise<number>} when it was written: milliseconds since 1970
 */
export async function saveComponent(directory, revision) {
  const draft = `${directory}.component`;
  await writeFile(draft, saved(revision));
  const at = performance.timeOrigin + performance.now();
  await rename(draft, path.join(directory, COMPONENT));
  return at;
}
