import { expect, it } from 'vitest';
import {
  EMPTY_IMPORT_MAP,
  parseImportMap,
  resolveSpecifier,
  withPackages,
  type ImportMapJson,
} from '../../../importmap/index.js';

const ROOT = 'https://site.test/app/';
const parsed = (json: ImportMapJson) => parseImportMap(json, ROOT).map;

const PACKAGES = parsed({
  imports: { a: './npm/a@1.0.0/a.js', 'b/x.js': './npm/b@1.0.0/x.js', c: './npm/c@1.0.0/c.js' },
  scopes: { './npm/a@1.0.0/': { b: './npm/b@2.0.0/b.js', c: './npm/c@2.0.0/c.js' } },
});

const resolved = (own: ImportMapJson, specifier: string, from = 'main.js') => {
  const found = resolveSpecifier(withPackages(parsed(own), PACKAGES, ROOT), specifier, ROOT + from);
  return found.state === 'resolved' ? found.url.replace(ROOT, '') : found.state;
};

it('a page without a map gets the map of the packages', () => {
  expect(withPackages(EMPTY_IMPORT_MAP, PACKAGES, ROOT)).toEqual(PACKAGES);
});

it('the page’s own rules win, in packages too', () => {
  const own = { imports: { 'b/': './own/b/', c: './own/c.js' } };
  expect(resolved(own, 'a')).toBe('npm/a@1.0.0/a.js');
  expect(resolved(own, 'b/x.js')).toBe('own/b/x.js');
  expect(resolved(own, 'c')).toBe('own/c.js');
  expect(resolved(own, 'c', 'npm/a@1.0.0/a.js')).toBe('own/c.js');
  expect(resolved(own, 'b', 'npm/a@1.0.0/a.js')).toBe('npm/b@2.0.0/b.js');
});

it('a scope of the page wins where it applies', () => {
  const own = { scopes: { './npm/': { b: './own/b.js' } } };
  expect(resolved(own, 'b', 'npm/a@1.0.0/a.js')).toBe('own/b.js');
  expect(resolved(own, 'c', 'npm/a@1.0.0/a.js')).toBe('npm/c@2.0.0/c.js');
});

it('a name that the page blocks stays blocked', () => {
  expect(resolved({ imports: { a: null } } as never, 'a')).toBe('blocked');
});

it('rules that lead to packages are not the page’s own: another version may be installed', () => {
  const own = { imports: { a: './npm/a@0.9.0/a.js', d: './npm.js' } };
  expect(resolved(own, 'a')).toBe('npm/a@1.0.0/a.js');
  expect(resolved(own, 'd')).toBe('npm.js');
});
