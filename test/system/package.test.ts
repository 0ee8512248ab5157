import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { site } from '../unit/registry/site.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Paths of the tarball that npm would make of a directory. */
async function packed(directory: string): Promise<string[]> {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: directory, maxBuffer: 1 << 24 });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  return files.map((file) => file.path).toSorted();
}

it('packs what is used, and nothing that building and trying it leave behind', async () => {
  const kept = {
    'README.md': '',
    'dist/bin/modcast.js': '',
    'docs/cli.md': '',
    'examples/README.md': '',
    'examples/orrery/index.html': '',
  };
  const directory = await site({
    ...kept,
    '.modcast/registry.db': '',
    'dist/.tsbuildinfo/cli': '',
    'docs/build-errors.mjs': '',
    'examples/orrery/.modcast/registry.db': '',
    'examples/orrery/.modcast/registry.db-wal': '',
    'test/unit/x.test.ts': '',
  });
  await copyFile(path.join(ROOT, 'package.json'), path.join(directory, 'package.json'));
  expect(await packed(directory)).toEqual([...Object.keys(kept), 'package.json'].toSorted());
});

it('packs every file that the package exports', async () => {
  const files = await packed(ROOT);
  for (const file of [
    'dist/bin/modcast.js',
    'dist/bin/fuse-worker.js',
    'dist/bin/page-worker.js',
    'dist/bin/LICENSES',
    'dist/registry/index.js',
    'dist/registry/index.d.ts',
    'dist/loader/loader.js',
    'dist/loader/hot/import-meta.d.ts',
    'dist/importmap/index.js',
    'dist/schema/index.js',
    'docs/security.md',
    'docs/module-flow.svg',
    'examples/orrery/index.html',
    'CHANGELOG.md',
  ]) {
    expect(files).toContain(file);
  }
  expect(files.filter((file) => /\.modcast|tsbuildinfo|docs\/.*\.(mjs|webp)/.test(file))).toEqual([]);
});
