import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ResolvedModule, mergeImportMaps, resolvedModule } from '../../../importmap/merge.js';
import { EMPTY_IMPORT_MAP, type ImportMap, type ImportMapJson } from '../../../importmap/import-map.js';
import { parseImportMap } from '../../../importmap/parse.js';
import { resolveSpecifier } from '../../../importmap/resolve.js';
import { REFERRERS, authoredMap, specifier, toJson } from './arbitraries.js';

const SITE = 'https://site.test';
const BASE = `${SITE}/app/index.html`;
const MODULE = `${SITE}/app/lib/b.mjs`;

const parse = (json: ImportMapJson): ImportMap => parseImportMap(json, BASE).map;
const parsedMap = authoredMap.map(parse);

/** The rules of `added` that remain after `names` were resolved in MODULE. */
function leftOf(added: ImportMapJson, ...names: string[]): { map: ImportMapJson; dropped: string[] } {
  const { map, dropped } = mergeImportMaps(
    EMPTY_IMPORT_MAP,
    parse(added),
    names.map((name) => resolvedModule(name, MODULE)),
  );
  return { map: toJson(map), dropped };
}

describe('two maps', () => {
  test('merge into the rules of both, sorted', () => {
    const { map, dropped } = mergeImportMaps(
      parse({ imports: { 'a/': '/1/' }, scopes: { '/b/': { c: '/2' } }, integrity: { '/1': 'sha384-A' } }),
      parse({
        imports: { 'a/b/': '/3/' },
        scopes: { '/b/c/': { c: '/4' }, '/b/': { d: '/5' } },
        integrity: { '/2': 'sha384-B' },
      }),
    );
    expect(dropped).toEqual([]);
    expect([...map.imports]).toEqual([
      ['a/b/', `${SITE}/3/`],
      ['a/', `${SITE}/1/`],
    ]);
    expect([...map.scopes].map(([scope, rules]) => [scope, [...rules]])).toEqual([
      [`${SITE}/b/c/`, [['c', `${SITE}/4`]]],
      [
        `${SITE}/b/`,
        [
          ['d', `${SITE}/5`],
          ['c', `${SITE}/2`],
        ],
      ],
    ]);
    expect(Object.fromEntries(map.integrity)).toEqual({
      [`${SITE}/1`]: 'sha384-A',
      [`${SITE}/2`]: 'sha384-B',
    });
  });

  test('never replace an existing rule, not even a null one, and report it', () => {
    const existing = parse({
      imports: { a: '/1', b: null },
      scopes: { '/s/': { a: '/2' } },
      integrity: { '/1': 'sha384-A' },
    });
    const { map, dropped } = mergeImportMaps(
      existing,
      parse({
        imports: { a: '/3', b: '/4' },
        scopes: { '/s/': { a: null } },
        integrity: { '/1': 'sha384-B' },
      }),
    );
    expect(map).toEqual(existing);
    expect(dropped).toHaveLength(4);
    expect(dropped.join('\n')).toMatch(/scope "https:\/\/site.test\/s\/" the rule for "a" exists/);
  });

  test('with the same rules drop nothing', () => {
    const map = parse({
      imports: { a: '/1', b: null },
      scopes: { '/s/': { a: '/2' } },
      integrity: { '/1': 'sha384-A' },
    });
    expect(mergeImportMaps(map, map, [resolvedModule('a', MODULE)])).toEqual({ map, dropped: [] });
  });

  test('are not changed', () => {
    const existing = parse({ imports: { a: '/1' }, scopes: { '/s/': { a: '/1' } } });
    const added = parse({ imports: { b: '/2' }, scopes: { '/s/': { b: '/2' } } });
    const before = [toJson(existing), toJson(added)];
    mergeImportMaps(existing, added, [resolvedModule('b', MODULE)]);
    expect([toJson(existing), toJson(added)]).toEqual(before);
  });
});

describe('a resolved specifier', () => {
  test('drops a new rule for it, bare or in any spelling of its URL', () => {
    expect(leftOf({ imports: { a: '/t' } }, 'a').map.imports).toEqual({});
    expect(leftOf({ imports: { '/app/lib/c.mjs': '/t' } }, './c.mjs').map.imports).toEqual({});
    expect(leftOf({ imports: { a: null } }, 'a').dropped).toEqual([
      expect.stringContaining(`"a" was already resolved in ${MODULE}`),
    ]);
  });

  test('drops new prefixes that match it, and no others', () => {
    const imports = { 'a/': '/1/', 'a/b/': '/2/', 'a/b': '/3', 'a/bc/': '/4/', 'a/b/c': '/5', a: '/6' };
    expect(leftOf({ imports }, 'a/b/d').map.imports).toEqual({
      'a/bc/': `${SITE}/4/`,
      'a/b/c': `${SITE}/5`,
      'a/b': `${SITE}/3`,
      a: `${SITE}/6`,
    });
  });

  test('drops new prefixes only for bare names and URLs with special schemes', () => {
    expect(leftOf({ imports: { 'https://h/': '/t/' } }, 'https://h/a').map.imports).toEqual({});
    expect(leftOf({ imports: { 'x://h/': '/t/' } }, 'x://h/a').map.imports).toEqual({
      'x://h/': `${SITE}/t/`,
    });
    expect(leftOf({ imports: { 'x://h/a': '/t' } }, 'x://h/a').map.imports).toEqual({});
  });

  test.each([
    ['/app/lib/b.mjs', true],
    ['/app/lib/', true],
    ['/', true],
    ['/app/lib', false],
    ['/app/lib/b', false],
    ['/app/lib/deep/', false],
  ])('in a module: drops a new rule in the scope %s: %s', (scope, held) => {
    const { map, dropped } = leftOf({ scopes: { [scope]: { a: '/t', z: '/z' } } }, 'a');
    const rest = held ? { z: `${SITE}/z` } : { a: `${SITE}/t`, z: `${SITE}/z` };
    expect(map.scopes).toEqual({ [SITE + scope]: rest });
    expect(dropped).toHaveLength(held ? 1 : 0);
  });

  test('can be recorded in normalised form', () => {
    const record: ResolvedModule = { specifier: `${SITE}/c.mjs`, asUrl: `${SITE}/c.mjs`, referrer: MODULE };
    expect(
      mergeImportMaps(EMPTY_IMPORT_MAP, parse({ imports: { '/': '/t/' } }), [record]).map.imports.size,
    ).toBe(0);
  });
});

describe('for any maps', () => {
  test('merging with the empty map is the identity', () => {
    fc.assert(
      fc.property(parsedMap, (map) => {
        expect(mergeImportMaps(map, EMPTY_IMPORT_MAP)).toEqual({ map, dropped: [] });
        expect(mergeImportMaps(EMPTY_IMPORT_MAP, map)).toEqual({ map, dropped: [] });
      }),
    );
  });

  test('the result is in the order that resolution needs', () => {
    fc.assert(
      fc.property(parsedMap, parsedMap, (existing, added) => {
        const { map } = mergeImportMaps(existing, added);
        for (const rules of [map.imports, map.scopes, ...map.scopes.values()]) {
          expect([...rules.keys()]).toEqual([...rules.keys()].sort().reverse());
        }
      }),
    );
  });

  test('every existing rule stays, and merging again adds nothing', () => {
    fc.assert(
      fc.property(parsedMap, parsedMap, (existing, added) => {
        const { map } = mergeImportMaps(existing, added);
        for (const [key, address] of existing.imports) expect(map.imports.get(key)).toBe(address);
        for (const [scope, rules] of existing.scopes) {
          for (const [key, address] of rules) expect(map.scopes.get(scope)?.get(key)).toBe(address);
        }
        expect(mergeImportMaps(map, added).map).toEqual(map);
      }),
    );
  });

  test('a resolved specifier keeps its meaning', () => {
    const requests = fc.array(fc.tuple(specifier, fc.constantFrom(...REFERRERS)), { maxLength: 10 });
    fc.assert(
      fc.property(parsedMap, parsedMap, requests, (existing, added, pairs) => {
        const resolved = pairs.map(([name, path]) => resolvedModule(name, SITE + path));
        const { map } = mergeImportMaps(existing, added, resolved);
        for (const { specifier: name, referrer } of resolved) {
          expect(resolveSpecifier(map, name, referrer)).toEqual(resolveSpecifier(existing, name, referrer));
        }
      }),
    );
  });
});
