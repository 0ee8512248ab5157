import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporary } from '../unit/registry/site.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const AUTHOR = `
import type { HotUpdate } from 'modcast/loader';

let count = 0;
if (import.meta.hot) {
  count = import.meta.hot.data.count ?? 0;
  import.meta.hot.accept();
  import.meta.hot.accept((module) => void module?.draw(count));
  import.meta.hot.accept('./a.mjs', (module) => void module?.draw());
  import.meta.hot.accept(['./a.mjs', './b.mjs'], ([a, b]) => void [a?.x, b?.x]);
  import.meta.hot.dispose(async (data) => void (data.count = count));
  import.meta.hot.prune(() => {});
  import.meta.hot.on('vite:beforeUpdate', ({ updates }) => {
    const paths: string[] = updates.map((update: HotUpdate) => update.acceptedPath);
    return void paths;
  });
  import.meta.hot.on('modcast:error', ({ err }) => void err.loc?.line.toFixed());
  import.meta.hot.on('my:event', (data) => {
    // @ts-expect-error The payload is unknown: the listener has to check it.
    data.length;
  });
  import.meta.hot.send('my:event', { count });
  import.meta.hot.invalidate('no');
  // @ts-expect-error
  import.meta.hot.accpet();
  // @ts-expect-error
  import.meta.hot.accept(7);
}
// @ts-expect-error Absent where nobody watches.
import.meta.hot.accept();
modcast?.on('update', (event) => {
  if (event.paths.includes('a.mjs')) event.preventDefault();
});
void modcast?.import('a.mjs');
`;

const IMPORTS = `
import note from './note.glsl?raw';
import logo from './logo.svg';
import font from './any.bin?url';
import start from './worker.ts?worker';
import css from './style.css?inline';
import classes from './a.module.css';
import './style.css';

const texts: string[] = [note, logo, font, css, classes['button']!];
const worker: Worker = start({ name: 'w' });
const pages = import.meta.glob<{ title: string }>(['./pages/*.ts', '!**/x.ts']);
void pages['./pages/a.ts']?.().then(({ title }) => title.length);
const eager: Record<string, string> = import.meta.glob<string>('./*.md', { eager: true, query: '?raw', import: 'default' });
const mode: string = import.meta.env.MODE;
const isDev: boolean = import.meta.env.DEV;
const own: string = import.meta.env.VITE_TITLE;
import.meta.hot?.accept();
// @ts-expect-error
import.meta.hot?.accpet();
// @ts-expect-error No other kind of file can be imported.
import other from './other.psd';
// @ts-expect-error The pages are functions.
pages['./pages/a.ts']?.title;
export { texts, worker, eager, mode, isDev, own, other };
`;

/** What TypeScript says of a source with these types, as nodenext and for a bundler. */
async function checked(source: string, types: string) {
  const directory = await temporary();
  await mkdir(path.join(directory, 'node_modules'));
  await symlink(ROOT, path.join(directory, 'node_modules/modcast'));
  await writeFile(path.join(directory, 'main.mts'), source);
  return ['nodenext', 'esnext'].map((module) => {
    const compilerOptions = {
      module,
      moduleResolution: module === 'esnext' ? 'bundler' : module,
      target: 'es2022',
      lib: ['es2022', 'dom'],
      strict: true,
      noEmit: true,
      types: [types],
    };
    writeFileSync(
      path.join(directory, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['main.mts'] }),
    );
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', directory], { encoding: 'utf8' });
    return { stdout, status };
  });
}

const PASSED = { stdout: '', status: 0 };

it('authors have types for import.meta.hot and modcast', { timeout: 60_000 }, async () => {
  expect(await checked(AUTHOR, 'modcast/hot')).toEqual([PASSED, PASSED]);
});

it('authors have types for what modules can import', { timeout: 60_000 }, async () => {
  expect(await checked(IMPORTS, 'modcast/client')).toEqual([PASSED, PASSED]);
});
