import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fileAt, moduleAt, naturalUrl, pathOfUrl, type Site } from '../../../importmap/site.js';
import { isPath } from '../../../schema/index.js';

const ROOTS = ['https://site.test/', 'https://site.test/app/', 'http://[::1]:8080/%C3%A9/'];
const module = { hash: '0'.repeat(64), size: 1, type: 'text/javascript' };
const path = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map((text) => text.normalize('NFC'));

it('a path’s natural URL converts back to the path, with any query and fragment', () => {
  const suffix = fc.constantFrom('', '?', '?a=/b#c', '#', '#?');
  fc.assert(
    fc.property(fc.constantFrom(...ROOTS), path.filter(isPath), suffix, (root, name, end) => {
      const url = naturalUrl(root, name) + end;
      expect(new URL(url).href).toBe(url);
      expect(pathOfUrl(root, url)).toBe(name);
    }),
    { numRuns: 1000 },
  );
});

it('a URL elsewhere, or without a valid path, has no path', () => {
  for (const url of [
    'https://site.test/app',
    'https://site.test/app/',
    'https://site.test/app2/a',
    'https://site.test/app/?a',
    'https://site.test/app/a//b',
    'https://site.test/app/a/',
    'https://site.test/app/%00',
    'https://site.test/app/a%2F%2E%2E%2Fb',
    'https://site.test/app/%ff',
    'http://site.test/app/a',
    'https://site.test:8080/app/a',
    'blob:https://site.test/app/a',
  ]) {
    expect(pathOfUrl('https://site.test/app/', url), url).toBeUndefined();
  }
});

it('a module is found at each of its URLs', () => {
  const modules = new Map([['lib/é.mjs', module]]);
  const site: Site = { root: ROOTS[0]!, manifest: { modules, entries: [], importMap: null } };
  for (const url of ['https://site.test/lib/%C3%A9.mjs', 'https://site.test/lib/%c3%a9.mjs?v=1#x']) {
    expect(moduleAt(site, url)).toEqual({ ...module, path: 'lib/é.mjs', url });
  }
  expect(moduleAt(site, 'https://site.test/lib/e.mjs')).toBeUndefined();
  expect(moduleAt(site, 'https://site.test/__proto__')).toBeUndefined();
});

it.each([
  ['text/javascript', true],
  ['application/json', true],
  ['text/css', true],
  ['text/html', false],
  ['application/wasm', false],
  ['image/png', false],
  ['application/octet-stream', false],
  // Nothing that the loader could link or embed.
  ['application/manifest+json', false],
  ['text/css+x', false],
])('a file of type %s is a module: %s', (type, isModule) => {
  const modules = new Map([['a', { ...module, type }]]);
  const site: Site = { root: ROOTS[0]!, manifest: { modules, entries: [], importMap: null } };
  const url = `${ROOTS[0]!}a`;
  expect(fileAt(site, url)).toEqual({ ...module, type, path: 'a', url });
  expect(moduleAt(site, url) !== undefined).toBe(isModule);
});
