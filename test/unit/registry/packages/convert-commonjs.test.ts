import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { site, write } from '../site.js';
import { installed, page, resolvedDirectory, resolvedSite } from './resolved-site.js';

/** Runs the site's main module with the map of its packages, as a browser would. @returns its exports */
async function run(
  files: Parameters<typeof resolvedSite>[0],
  settings = {},
): Promise<Record<string, unknown>> {
  const { manifest, text, map } = await resolvedSite(
    { 'index.html': '<script type="module" src="main.js"></script>', ...files },
    settings,
  );
  const root = await site(
    Object.fromEntries([...manifest.modules.keys()].map((file) => [`out/${file}`, text(file)])),
  );
  const relative = (from: string, target: string) => {
    const found = path.posix.relative(path.posix.dirname(from), target.slice(2));
    return found.startsWith('.') ? found : `./${found}`;
  };
  // Node takes no import map: the rules are written into the sources.
  for (const file of manifest.modules.keys()) {
    if (!file.endsWith('.js')) continue;
    const scope = Object.entries(map.scopes).find(([key]) => `./${file}`.startsWith(key))?.[1] ?? {};
    const rules = { ...map.imports, ...scope };
    const written = text(file).replace(
      /(from |import\(?)(["'])([^"']+)\2/g,
      (all, before: string, quote: string, name: string) =>
        rules[name] === undefined ? all : before + quote + relative(file, rules[name]) + quote,
    );
    await write(path.join(root, 'out'), { [file]: written });
  }
  await write(path.join(root, 'out'), { 'package.json': '{"type":"module"}' });
  return (await import(/* @vite-ignore */ path.join(root, 'out/main.js'))) as Record<string, unknown>;
}

describe('a CommonJS package', () => {
  it('exports the names of its source, and module.exports by default', async () => {
    const found = await run({
      'main.js': `import all, { one, two } from 'a'; export { all, one, two };`,
      ...installed('a', {
        'index.js': `exports.one = 1; module.exports.two = require('./two').two;`,
        'two.js': 'exports.two = 2;',
      }),
    });
    expect(found).toMatchObject({ one: 1, two: 2, all: { one: 1, two: 2 } });
  });

  it('exports what it exports again from other files and packages', async () => {
    const found = await run({
      'main.js': `export { x, y } from 'a'; export { y as direct } from 'b';`,
      ...installed('a', {
        'index.js': `if (process.env.NODE_ENV === 'production') module.exports = require('./p.js'); else module.exports = require('./d.js');`,
        'p.js': `exports.x = 'p'; exports.y = require('b').y`,
        'd.js': `exports.x = 'd'; exports.y = 0;`,
      }),
      ...installed('b', { 'index.js': 'exports.y = {};' }),
    });
    expect(found['x']).toBe('p');
    expect(found['y']).toBe(found['direct']);
  });

  it('exports the names that are imported, although its source does not show them', async () => {
    const found = await run({
      'main.js': `import { one } from 'a'; export { /* again */ two as again } from 'a'; import { three } from 'b'; export { one, three };`,
      ...installed('a', {
        'index.js': `const all = { one: 1, two: 2 }; (typeof module === 'object' && module).exports = all;`,
      }),
      ...installed(
        'b',
        { 'index.js': `import { two } from 'a'; export const three = two + 1;` },
        { type: 'module' },
      ),
    });
    expect(found).toMatchObject({ one: 1, again: 2, three: 3 });
  });

  it('that was an ES module once exports its default', async () => {
    const found = await run({
      'main.js': `export { default } from 'a';`,
      ...installed('a', {
        'index.js': `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = 'mine';`,
      }),
    });
    expect(found['default']).toBe('mine');
  });

  it('has one instance for all of its entries', async () => {
    const found = await run({
      'main.js': `import { add } from 'a/add.js'; import { list } from 'a'; add(1); export { list };`,
      ...installed('a', {
        'index.js': `exports.list = require('./state').list;`,
        'add.js': `const { list } = require('./state.js'); exports.add = (x) => list.push(x);`,
        'state.js': 'exports.list = [];',
      }),
    });
    expect(found['list']).toEqual([1]);
  });

  it('shares the instance of another package with ES modules', async () => {
    const found = await run({
      'main.js': `import { state as a } from 'a'; import { state as b } from 'b'; export { a, b };`,
      ...installed('a', { 'index.js': `exports.state = require('b').state;` }),
      ...installed('b', { 'index.mjs': 'export const state = {};' }, { module: 'index.mjs' }),
    });
    expect(found['a']).toBe(found['b']);
    expect(found['a']).toBeDefined();
  });

  it('sees that another package was an ES module', async () => {
    const found = await run({
      'main.js': `import a from 'a'; export { a };`,
      ...installed('a', {
        'index.js': `const b = require('b'); module.exports = [b.__esModule, b.default, Object.keys(b)];`,
      }),
      ...installed('b', { 'index.js': 'export default 7; export const x = 1;' }, { type: 'module' }),
    });
    expect(found['a']).toEqual([true, 7, ['default', 'x']]);
  });

  it('may require itself in a cycle, and files of the package that are ES modules', async () => {
    const found = await run({
      'main.js': `export { value, shared } from 'a'; export { shared as direct } from 'a/esm.mjs';`,
      ...installed('a', {
        'index.js': `exports.early = 1; const b = require('./b.js'); exports.value = b.value; exports.shared = require('./esm.mjs').shared;`,
        'b.js': `exports.value = require('./index.js').early + 1;`,
        'esm.mjs': 'export const shared = {};',
      }),
    });
    expect(found['value']).toBe(2);
    expect(found['shared']).toBe(found['direct']);
  });

  it('gets an error for an optional package only when it requires that', async () => {
    const found = await run({
      'main.js': `export { kind } from 'a';`,
      ...installed('a', {
        'index.js': `try { exports.kind = require('nope'); } catch (error) { exports.kind = error.code; }`,
      }),
    });
    expect(found['kind']).toBe('MODULE_NOT_FOUND');
  });

  it('gets JSON, and nothing for what its browser field turns off', async () => {
    const found = await run({
      'main.js': `export { v, fs } from 'a';`,
      ...installed(
        'a',
        { 'index.js': `exports.v = require('./package.json').version; exports.fs = require('fs');` },
        { browser: { fs: false } },
      ),
    });
    expect(found).toMatchObject({ v: '1.0.0', fs: {} });
  });
});

describe('a conversion', () => {
  const files = {
    'index.html': page(`import 'a';`),
    ...installed('a', { 'index.js': `exports.x = require('./x.js');`, 'x.js': 'module.exports = 1;' }),
  };

  it('names no place on the disk, and is the same elsewhere', async () => {
    const one = await resolvedSite(files);
    const other = await resolvedSite(files);
    const at = 'npm/a@1.0.0/index.js';
    expect(one.text(at)).toBe(other.text(at));
    expect(one.text(at)).not.toContain(one.directory);
  });

  it('is kept, and made again for another source', async () => {
    const { directory, text } = await resolvedSite(files);
    const cache = path.join(directory, 'node_modules/.cache/modcast');
    const [name] = await readdir(cache);
    const kept = JSON.parse(await readFile(path.join(cache, name!), 'utf8')) as { files: [string, string][] };
    expect(kept.files[0]![1]).toBe(text('npm/a@1.0.0/index.js'));
    kept.files[0]![1] = 'kept';
    await write(cache, { [name!]: JSON.stringify(kept) });
    expect((await resolvedDirectory(directory)).text('npm/a@1.0.0/index.js')).toBe('kept');
    await write(directory, { 'node_modules/a/x.js': 'module.exports = 2;' });
    expect((await resolvedDirectory(directory)).text('npm/a@1.0.0/index.js')).toContain('module.exports = 2');
  });
});

it('tells which packages are being converted, and that it has ended, also if it fails', async () => {
  const told: string[][] = [];
  const onConverting = (names: readonly string[]) => void told.push([...names]);
  const files = {
    'index.html': page(`import 'a';`),
    ...installed('a', { 'index.js': `exports.b = require('b');` }),
    ...installed('b', { 'index.js': `exports.b = 1;` }),
  };
  const { directory } = await resolvedSite(files, { onConverting });
  expect(told).toEqual([['a'], ['b'], []]);
  told.length = 0;
  await resolvedDirectory(directory, { onConverting });
  expect(told).toEqual([[]]);
  await write(directory, installed('b', { 'index.js': `exports.b = {;` }));
  await expect(resolvedDirectory(directory, { onConverting })).rejects.toThrow();
  expect(told.slice(1)).toEqual([['b'], []]);
});
