import { expect, it, vi } from 'vitest';
import { pagePath } from '../../../../../loader/hot/updates/changes.js';
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
