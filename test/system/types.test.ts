import { spawnSync } from 'node:child_process';
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

it('authors have types for import.meta.hot and modcast', { timeout: 60_000 }, async () => {
  const directory = await temporary();
  await mkdir(path.join(directory, 'node_modules'));
  await symlink(ROOT, path.join(directory, 'node_modules/modcast'));
  await writeFile(path.join(directory, 'main.mts'), AUTHOR);
  for (const module of ['nodenext', 'esnext']) {
    const compilerOptions = {
      module,
      moduleResolution: module === 'esnext' ? 'bundler' : module,
      target: 'es2022',
      lib: ['es2022', 'dom'],
      strict: true,
      noEmit: true,
      types: ['modcast/hot'],
    };
    await writeFile(
      path.join(directory, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['main.mts'] }),
    );
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', directory], { encoding: 'utf8' });
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
  }
});
