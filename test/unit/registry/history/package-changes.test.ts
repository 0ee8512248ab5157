import { expect, it } from 'vitest';
import {
  compareManifests,
  packageChangeText,
  splitPackageChanges,
} from '../../../../registry/history/index.js';
import type { Manifest } from '../../../../schema/index.js';

const manifest = (files: Readonly<Record<string, string>>): Manifest => ({
  modules: new Map(
    Object.entries(files).map(([path, hash]) => [
      path,
      { hash: hash.padEnd(64, '0'), size: 1, type: 'text/javascript' },
    ]),
  ),
  entries: [],
  importMap: null,
});

const told = (before: Record<string, string>, after: Record<string, string>) => {
  const { packages, derived, others } = splitPackageChanges(
    compareManifests(manifest(before), manifest(after)),
  );
  return [...packages.map(packageChangeText), ...[...derived, ...others].map(({ path }) => path)];
};

it('an update of a package is one change, and what is said about it none of its own', () => {
  expect(
    told(
      {
        'npm/lit@3.2.1/lit.js': 'a',
        'npm/lit@3.2.1/html.js': 'b',
        'npm/importmap.json': 'c',
        'npm/packages.json': '1',
        'main.js': 'd',
      },
      {
        'npm/lit@3.3.0/lit.js': 'a',
        'npm/lit@3.3.0/html.js': 'e',
        'npm/importmap.json': 'f',
        'npm/packages.json': '2',
        'main.js': 'g',
      },
    ),
  ).toEqual(['lit 3.2.1 → 3.3.0 (2 files)', 'main.js']);
});

it('packages come, go, and change in other ways', () => {
  const one = { 'npm/@a/b@1.0.0/x.js': 'a' };
  expect(told({}, one)).toEqual(['@a/b 1.0.0 (1 file added)']);
  expect(told(one, {})).toEqual(['@a/b 1.0.0 (1 file removed)']);
  expect(told(one, { 'npm/@a/b@1.0.0/x.js': 'b' })).toEqual(['@a/b 1.0.0 (1 file changed)']);
  expect(told({}, { 'npm/importmap.json': 'a', 'npm/readme.js': 'b' })).toEqual([
    'npm/importmap.json',
    'npm/readme.js',
  ]);
});
