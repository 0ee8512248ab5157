import { expect, it, vi } from 'vitest';
import { newPage, pagePath } from '../../../../../loader/hot/updates/changes.js';
import { EMPTY_MANIFEST, type Manifest } from '../../../../../schema/index.js';
import type { LoaderConfig } from '../../../../../loader/config.js';

const root = 'https://site.test/';
const hot = {
  version: '1',
  integrity: '',
  page: null,
  file: null,
  deploy: 1,
  served: 0,
  overlay: true,
} as const;

it.each<[pathname: string, hot: LoaderConfig['hot'], path: string | undefined]>([
  ['/', hot, 'index.html'],
  ['/docs/', null, 'docs/index.html'],
  ['/docs/a.html', hot, 'docs/a.html'],
  ['/line', { ...hot, file: 'index.html' }, 'index.html'],
  ['/docs/a', { ...hot, file: 'docs/a.html' }, 'docs/a.html'],
  ['/no/such/page', { ...hot, file: '404.html' }, '404.html'],
  ['/a/b/', { ...hot, file: 'app/shell.html' }, 'app/shell.html'],
])('spa-routes: the page at %s', (pathname, config, path) => {
  vi.stubGlobal('location', { origin: 'https://site.test', pathname });
  expect(pagePath({ root, hot: config })).toBe(path);
});

const manifest = (...paths: string[]): Manifest => ({
  ...EMPTY_MANIFEST,
  modules: new Map(paths.map((path) => [path, { hash: '', size: 0, type: 'text/html' } as never])),
});

it.each<[pathname: string, file: string | null, paths: string[], other: string | undefined]>([
  ['/about', '404.html', ['about.html'], 'about.html'],
  ['/about', '404.html', ['about/index.html'], 'about/index.html'],
  ['/about/', '404.html', ['about.html'], 'about.html'],
  ['/about', 'index.html', ['about.html'], 'about.html'],
  ['/about', 'about.html', ['about'], 'about'],
  ['/about/', 'about/index.html', ['about.html'], undefined],
  ['/about', 'about.html', ['about/index.html'], undefined],
  ['/about', '404.html', ['other.html'], undefined],
  ['/', 'index.html', ['.html'], undefined],
  ['/about', null, ['about.html'], undefined],
])('at %s, which shows %s, new %j replace the page by %s', (pathname, file, paths, other) => {
  vi.stubGlobal('location', { origin: 'https://site.test', pathname });
  const config = { root, hot: { ...hot, file } };
  const from = manifest('404.html', 'index.html', ...(file === null ? [] : [file]));
  expect(newPage(config, from, manifest(...from.modules.keys(), ...paths))).toBe(other);
  // One that was there before is not new.
  expect(newPage(config, manifest(...paths), manifest(...paths))).toBeUndefined();
});
