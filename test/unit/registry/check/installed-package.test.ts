import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ImportChecker } from '../../../../registry/check/import-checker.js';
import { installedPackage } from '../../../../registry/check/installed-package.js';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { readSite } from '../../../../registry/publish/read-site.js';
import { site } from '../site.js';

const FAULT = join(import.meta.dirname, '../../../fixtures/faults/bare-no-map');

const at = async (description: object | string, specifier = 'lit') =>
  installedPackage(
    await site({
      'node_modules/lit/package.json':
        typeof description === 'string' ? description : JSON.stringify(description),
    }),
    specifier,
  );

it.each([
  ['main', { main: 'index.js' }, 'lit', 'node_modules/lit/index.js'],
  ['neither', {}, 'lit', 'node_modules/lit/index.js'],
  ['module before main', { module: './esm.mjs', main: 'cjs.js' }, 'lit', 'node_modules/lit/esm.mjs'],
  ['exports before all', { exports: './x.js', module: 'y.js' }, 'lit', 'node_modules/lit/x.js'],
  [
    'the first condition that holds',
    {
      exports: {
        '.': { types: './x.d.ts', node: './node.js', browser: { require: './r.js', default: './b.js' } },
      },
    },
    'lit',
    'node_modules/lit/b.js',
  ],
  [
    'conditions without paths',
    { exports: { import: './i.js', require: './r.cjs' } },
    'lit',
    'node_modules/lit/i.js',
  ],
  ['a list', { exports: [{ require: './r.cjs' }, './i.js'] }, 'lit', 'node_modules/lit/i.js'],
  [
    'a path of exports',
    { exports: { './html.js': './dev/html.js' } },
    'lit/html.js',
    'node_modules/lit/dev/html.js',
  ],
  ['a path without exports', {}, 'lit/html.js', 'node_modules/lit/html.js'],
  ['a path that is not exported', { exports: { '.': './i.js' } }, 'lit/html.js', undefined],
  ['only CommonJS', { exports: { require: './r.cjs' } }, 'lit', undefined],
  ['a file outside the package', { main: '../../secret.js' }, 'lit', undefined],
])('finds the file of a package by %s', async (_, description, specifier, file) => {
  expect(await at(description, specifier)).toEqual({ folder: 'node_modules/lit', file });
});

it('knows scoped packages, and no others than installed ones', async () => {
  const directory = await site({ 'node_modules/@a/b/package.json': '{"main":"c.js"}' });
  expect(await installedPackage(directory, '@a/b')).toEqual({
    folder: 'node_modules/@a/b',
    file: 'node_modules/@a/b/c.js',
  });
  for (const other of ['b', '@a/c', '@a', '#internal', 'node:fs', '..', '@a/../../x'])
    expect(await installedPackage(directory, other)).toBeNull();
  expect(await at('{broken')).toBeNull();
});

it('where packages are not resolved, a message names the installed file (bare-no-map)', async () => {
  const told = async (more: Record<string, string>) => {
    const files = Object.fromEntries(
      ['index.html', 'main.js'].map((name) => [name, readFileSync(join(FAULT, name), 'utf8')]),
    );
    const directory = await site({ ...files, ...more });
    const content = await readSite(directory, DEFAULT_FILTER, undefined, { packages: null });
    const checker = new ImportChecker({
      directory,
      prefix: '/-/',
      conditions: null,
      blobs: {
        links: async () =>
          new Map([...content.manifest.modules].map(([name, { hash }]) => [hash, content.links.get(name)!])),
        read: async (hashes) =>
          new Map(hashes.map((hash) => [hash, { bytes: Buffer.from(content.bytes(hash)) }])),
      },
    });
    return (await checker.check(content.manifest)).diagnostics.map(({ message }) => message);
  };
  const lit = { 'node_modules/lit/package.json': '{"main":"index.js","type":"module"}' };
  expect(await told({})).toEqual(['no import map says where "lit" is']);
  expect(await told({ ...lit, 'node_modules/lit/index.js': '' })).toEqual([
    'no import map says where "lit" is; node_modules/lit is there: add "lit": "/node_modules/lit/index.js" to an import map',
  ]);
  expect(await told(lit)).toEqual([
    'no import map says where "lit" is; node_modules/lit is there: add the file that you mean to an import map',
  ]);
});
