import { expect, it, vi } from 'vitest';
import { EMPTY_IMPORT_MAP } from '../../../../importmap/import-map.js';
import type { ScriptElement } from '../../../../loader/page/held-page.js';

const BASE = 'https://site.test/app/';

vi.stubGlobal('location', { href: BASE });
const { readImportMap } = await import('../../../../loader/page/page-import-map.js');

const elementOf = (textContent: string, modcastBase = BASE) =>
  ({ textContent, dataset: { modcastBase } as DOMStringMap }) as ScriptElement;

function read(...texts: string[]) {
  const importMaps = texts.map((text) => elementOf(text));
  const { map, broken } = readImportMap({ scripts: [], importMaps }, EMPTY_IMPORT_MAP);
  return { imports: Object.fromEntries(map.imports), broken: broken.map((one) => importMaps.indexOf(one)) };
}

it('is empty for a page without one', () => {
  expect(read()).toEqual({ imports: {}, broken: [] });
});

it('resolves addresses from the page’s base', () => {
  expect(read('{"imports": {"a": "./a.mjs"}}').imports).toEqual({ a: `${BASE}a.mjs` });
});

it('resolves addresses from the base that the page had at each map', () => {
  const importMaps = [
    elementOf('{"imports": {"a": "./a.mjs"}}'),
    elementOf('{"imports": {"b": "./b.mjs"}}', `${BASE}lib/`),
  ];
  const { map } = readImportMap({ scripts: [], importMaps }, EMPTY_IMPORT_MAP);
  expect(Object.fromEntries(map.imports)).toEqual({ a: `${BASE}a.mjs`, b: `${BASE}lib/b.mjs` });
});

it('merges several maps: the first rule for a name counts', () => {
  const texts = ['{"imports": {"a": "./1.mjs"}}', '{"imports": {"a": "./2.mjs", "b": "./b.mjs"}}'];
  expect(read(...texts).imports).toEqual({ a: `${BASE}1.mjs`, b: `${BASE}b.mjs` });
});

it('skips broken maps and names them', () => {
  expect(read('{', '{"imports": {"a": "./a.mjs"}}', '[]')).toEqual({
    imports: { a: `${BASE}a.mjs` },
    broken: [0, 2],
  });
});
