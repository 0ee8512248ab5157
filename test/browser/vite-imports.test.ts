import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { html } from './hot/hot-page.js';
import { inEachBrowser } from './hot/suite.js';

const PAGE = html('<p class="styled"></p><script type="module" src="/src/main.ts"></script>');
const LOG = 'declare const log: string[];\n';

inEachBrowser((suite) => {
  /** The colour of the page's paragraph. */
  const colour = () => getComputedStyle(document.querySelector('.styled')!).color;

  describe('what modules import besides JavaScript', () => {
    it('runs as in Vite', async () => {
      const hot = await suite.open({
        'index.html': PAGE,
        '.env': 'SECRET=secret\nVITE_NAME=modcast\n',
        'src/main.ts': `${LOG}import './style.css';
import css from './style.css?inline';
import note from './note.glsl?raw';
import logo from './logo.svg';
import data, { a } from './data.json';
const pages = import.meta.glob<{ page: string }>('./pages/*.ts');
const names = import.meta.glob('./pages/*.ts', { eager: true, import: 'page' });
log.push(
  css, note, new URL(logo).pathname, String(a + data.b), Object.values(names).join(),
  (await pages['./pages/one.ts']!()).page,
  [import.meta.env.MODE, import.meta.env.VITE_NAME, String(import.meta.env.SECRET)].join(),
  'end',
);`,
        'src/style.css': '.styled { color: rgb(1, 2, 3) }',
        'src/note.glsl': 'void main',
        'src/logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
        'src/data.json': '{ "a": 1, "b": 2 }',
        'src/pages/one.ts': 'export const page: string = "one";',
        'src/pages/two.ts': 'export const page: string = "two";',
      });
      expect(await hot.logged('end')).toEqual([
        '.styled { color: rgb(1, 2, 3) }',
        'void main',
        '/src/logo.svg',
        '3',
        'one,two',
        'one',
        'development,modcast,undefined',
        'end',
      ]);
      expect(await hot.page.evaluate(colour)).toBe('rgb(1, 2, 3)');
    });

    it('replaces the text of a style sheet in its place', async () => {
      const hot = await suite.open({
        'index.html': PAGE,
        'src/main.ts': `import './a.css';\nimport './b.css';\n`,
        'src/a.css': '.styled { color: rgb(1, 1, 1) }',
        'src/b.css': 'p { color: rgb(2, 2, 2) }',
      });
      expect(await hot.page.evaluate(colour)).toBe('rgb(1, 1, 1)');
      await hot.directory.write({ 'src/a.css': 'p { color: rgb(3, 3, 3) }' });
      // The sheet stays the first one, so the other one wins.
      await hot.page.until(() => getComputedStyle(document.querySelector('p')!).color === 'rgb(2, 2, 2)');
      await hot.directory.write({ 'src/b.css': 'p { font-size: 40px }' });
      await hot.page.until(() => getComputedStyle(document.querySelector('p')!).color === 'rgb(3, 3, 3)');
      expect(await hot.page.evaluate(() => document.querySelectorAll('style').length)).toBe(2);
      expect(await hot.survived()).toBe(true);
    });

    it('finds files that a style sheet names beside it', async () => {
      const hot = await suite.open({
        'index.html': PAGE,
        'src/main.ts': `import './css/a.css';`,
        'src/css/a.css': `@import './base.css';\n.styled { background: url('./x.png') }`,
        'src/css/base.css': '.styled { color: rgb(4, 4, 4) }',
      });
      await hot.page.until(
        () => getComputedStyle(document.querySelector('.styled')!).color === 'rgb(4, 4, 4)',
      );
      const background = await hot.page.evaluate(
        () => getComputedStyle(document.querySelector('.styled')!).backgroundImage,
      );
      expect(background).toContain('/src/css/x.png');
    });

    it('runs a module again when the files of its pattern come and go', async () => {
      const hot = await suite.open({
        'index.html': PAGE,
        'src/main.ts': `${LOG}log.push(Object.keys(import.meta.glob('./pages/*.ts')).join());
import.meta.hot?.accept();`,
        'src/pages/one.ts': 'export {};',
      });
      await hot.save({ 'src/pages/two.ts': 'export {};' }, './pages/one.ts,./pages/two.ts');
      expect(await hot.survived()).toBe(true);
    });

    it('works in JavaScript, and leaves imports with attributes to the browser', async () => {
      const hot = await suite.open({
        'package.json': '{ "devDependencies": { "vite": "8" } }',
        'index.html': html('<script type="module" src="main.mjs"></script>'),
        'main.mjs': `import { a } from './data.json';
import whole from './data.json' with { type: 'json' };
log.push(String(a), String(Object.keys(whole)));`,
        'data.json': '{ "a": 1 }',
      });
      expect(await hot.logged('a')).toEqual(['1', 'a']);
    });
  });

  describe('components of Preact', () => {
    const folder = path.dirname(createRequire(import.meta.url).resolve('preact/package.json'));
    const vendor = async (name: string) => readFile(path.join(folder, name), 'utf8');
    const component = (text: string): string => `import { useState } from 'preact/hooks';
export function Counter() {
  const [count, setCount] = useState<number>(0);
  return <button onClick={() => setCount(count + 1)}>{${JSON.stringify(text)}} {count}</button>;
}
`;

    it('keep their state when they are saved', async () => {
      const imports = {
        preact: '/vendor/preact.mjs',
        'preact/hooks': '/vendor/hooks.mjs',
        'preact/jsx-dev-runtime': '/vendor/jsx.mjs',
      };
      const hot = await suite.open({
        'index.html': html(
          `<div id="root"></div><script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module" src="/src/main.tsx"></script>`,
        ),
        'package.json': '{ "dependencies": { "preact": "*" } }',
        'vendor/preact.mjs': await vendor('dist/preact.mjs'),
        'vendor/hooks.mjs': await vendor('hooks/dist/hooks.mjs'),
        'vendor/jsx.mjs': await vendor('jsx-runtime/dist/jsxRuntime.mjs'),
        'src/main.tsx': `import { render } from 'preact';
import { Counter } from './counter';
render(<Counter />, document.querySelector('#root')!);`,
        'src/counter.tsx': component('one'),
      });
      await hot.page.until(() => document.querySelector('button')?.textContent === 'one 0');
      await hot.page.evaluate(() => document.querySelector('button')!.click());
      await hot.page.until(() => document.querySelector('button')?.textContent === 'one 1');
      await hot.directory.write({ 'src/counter.tsx': component('two') });
      await hot.page.until(() => document.querySelector('button')?.textContent === 'two 1');
      expect(await hot.survived()).toBe(true);
    });
  });
});
