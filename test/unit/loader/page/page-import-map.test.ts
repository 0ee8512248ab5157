import { expect, it } from 'vitest';
import type { ScriptElement } from '../../../../loader/page/held-page.js';
import { readImportMap } from '../../../../loader/page/page-import-map.js';

const BASE = 'https://site.test/app/';

const elementOf = (textContent: string) => ({ textContent }) as ScriptElement;

function read(...texts: string[]) {
  const importMaps = texts.map(elementOf);
  const { map, broken } = readImportMap({ base: BASE, scripts: [], importMaps });
  return { imports: Object.fromEntries(map.imports), broken: broken.map((one) => importMaps.indexOf(one)) };
}

it('is empty for a page without one', () => {
  expect(read()).toEqual({ imports: {}, broken: [] });
});

it('resolves addresses from the page’s base', () => {
  expect(read('{"imports": {"a": "./a.mjs"}}').imports).toEqual({ a: `${BASE}a.mjs` });
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
