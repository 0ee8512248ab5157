import { expect, it } from 'vitest';
import { PLACEHOLDER_ROOT, parseImportMap, placeholderRoot } from '../../../../importmap/index.js';
import { importMapText } from '../../../../registry/pages/page-import-map-text.js';

const PACKAGES = {
  imports: { a: './npm/a@1.0.0/a.js' },
  scopes: { './npm/a@1.0.0/': { b: './npm/b@1.0.0/b.js' } },
};

function textOf(own: string | null, base = '/') {
  const root = placeholderRoot(base);
  const map = own === null ? null : { text: own, base: root, map: parseImportMap(own, root).map };
  return importMapText(map, parseImportMap(PACKAGES, root).map, root);
}

it('has the paths of the site, below its base', () => {
  expect(JSON.parse(textOf(null, '/app/')!)).toEqual({
    imports: { a: '/app/npm/a@1.0.0/a.js' },
    scopes: { '/app/npm/a@1.0.0/': { b: '/app/npm/b@1.0.0/b.js' } },
  });
});

it('keeps what the author wrote, and the number of lines', () => {
  const own =
    '{\n  "imports": { "x": "./x.js", "é": "./<é>.js" },\n  "scopes": { "/npm/a@1.0.0/": { "y": "./y.js" } },\n  "integrity": {}\n}\n';
  const text = textOf(own)!;
  expect(JSON.parse(text)).toEqual({
    imports: { x: './x.js', é: './<é>.js', a: '/npm/a@1.0.0/a.js' },
    scopes: { '/npm/a@1.0.0/': { y: './y.js', b: '/npm/b@1.0.0/b.js' } },
    integrity: {},
  });
  expect(text.split('\n')).toHaveLength(own.split('\n').length);
  // ASCII in any encoding of the page, and nothing that ends the element.
  expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  expect(text).not.toContain('<');
});

it('is null where the page has all names itself', () => {
  expect(textOf(`{ "imports": { "a": "/own.js", "b": "/own-b.js" } }`)).toBeNull();
  expect(importMapText(null, parseImportMap({}, PLACEHOLDER_ROOT).map)).toBeNull();
});
