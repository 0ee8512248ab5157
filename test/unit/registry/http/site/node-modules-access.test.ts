import { expect, it } from 'vitest';
import { get, serve, status, type Files } from '../../site.js';
import { installed, page } from '../../packages/resolved-site.js';

const PACKAGE = installed('a', { 'index.js': 'export {}', 'secret.js': '1' }, { type: 'module' });

/** The statuses of requests for these paths. */
async function statuses(files: Files, ...paths: string[]): Promise<number[]> {
  const { port } = await serve({ ...PACKAGE, ...files });
  const found: number[] = [];
  for (const path of paths) found.push(status(await get(port, path)));
  return found;
}

const PATHS = ['/node_modules/a/index.js', '/node_modules/a/secret.js', '/node_modules/a/package.json'];

it('a site that imports packages by name serves what is reached, and nothing of node_modules', async () => {
  const files = {
    'index.html': page(`import 'a';`),
    'package-lock.json': '{"packages":{"node_modules/a":{}}}',
  };
  const reached = ['/npm/a@1.0.0/index.js', '/npm/importmap.json'];
  const not = ['/npm/a@1.0.0/secret.js', '/npm/a@1.0.0/package.json', '/npm/a@1.0.0/', '/npm/'];
  expect(await statuses(files, ...PATHS, ...reached, ...not)).toEqual([
    404, 404, 404, 200, 200, 404, 404, 404, 404,
  ]);
});

it.each([
  [
    'an import map',
    {
      'index.html': page(
        `import 'a';`,
        `<script type="importmap">{"imports":{"a":"/node_modules/a/index.js"}}</script>`,
      ),
    },
  ],
  ['a script tag', { 'index.html': '<script type="module" src="node_modules/a/index.js"></script>' }],
  ['a module', { 'index.html': page(`import './m.js'`), 'm.js': `import './node_modules/a/index.js';` }],
  [
    'a style sheet',
    { 'index.html': '<link rel="stylesheet" href="a.css">', 'a.css': '@import "/node_modules/a/a.css";' },
  ],
  ['nobody, where the pages are elsewhere', { 'm.js': '' }],
])('files of node_modules are served where they are named in %s', async (_, files) => {
  expect(await statuses(files, ...PATHS)).toEqual([200, 200, 200]);
});
