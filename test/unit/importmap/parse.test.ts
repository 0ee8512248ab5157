import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EMPTY_IMPORT_MAP, type ImportMapJson } from '../../../importmap/import-map.js';
import { parseImportMap } from '../../../importmap/parse.js';
import { parseUrl } from '../../../importmap/url.js';
import { ModcastError } from '../../../schema/errors.js';
import { authoredMap, toJson } from './arbitraries.js';

const BASE = 'https://site.test/app/index.html';

const parse = (json: unknown, base = BASE) =>
  parseImportMap(typeof json === 'string' ? json : (json as ImportMapJson), base);
const imports = (rules: Record<string, unknown>, base = BASE) => [
  ...parse({ imports: rules }, base).map.imports,
];

describe('the top level', () => {
  test('an empty object is the empty map', () => {
    expect(parse('{}')).toEqual({ map: EMPTY_IMPORT_MAP, warnings: [] });
    expect(parse({})).toEqual({ map: EMPTY_IMPORT_MAP, warnings: [] });
  });

  test.each(['', ' ', '{', "{'imports':{}}", '{"imports":{},}', '{}//', '\ufeff{}'])(
    '%j is not JSON',
    (text) => {
      expect(() => parse(text)).toThrow(
        expect.objectContaining({
          code: 'importmap-invalid',
          expected: 'JSON',
          found: text,
          cause: expect.any(SyntaxError),
        }),
      );
    },
  );

  test.each(['null', 'true', '1', '"{}"', '[]'])('%s is refused: not an object', (text) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'importmap-invalid',
        expected: 'a JSON object',
        found: JSON.parse(text),
      }),
    );
  });

  test.each(['imports', 'scopes', 'integrity'])('%s must be an object', (section) => {
    for (const value of [null, false, 0, '', 'a', []]) {
      expect(() => parse(JSON.stringify({ [section]: value })), JSON.stringify(value)).toThrow(ModcastError);
    }
    expect(parse({ [section]: undefined }).map).toEqual(EMPTY_IMPORT_MAP);
  });

  test('each scope must be an object, even one whose prefix is not a URL', () => {
    for (const value of [null, false, 0, 'a', []]) {
      expect(() => parse({ scopes: { '/a/': value } }), JSON.stringify(value)).toThrow(
        /scope "\/a\/" is not a JSON object/,
      );
      expect(() => parse({ scopes: { 'http://[': value } }), JSON.stringify(value)).toThrow(ModcastError);
    }
  });

  test('unknown sections are ignored with a warning', () => {
    const { map, warnings } = parse('{"import":{"a":"/a"},"__proto__":{"imports":{"b":"/b"}},"imports":{}}');
    expect(map).toEqual(EMPTY_IMPORT_MAP);
    expect(warnings).toEqual([expect.stringContaining('"import"'), expect.stringContaining('"__proto__"')]);
  });

  test('inherited properties are not sections', () => {
    expect(parse(Object.create({ imports: { a: '/a' } }))).toEqual({ map: EMPTY_IMPORT_MAP, warnings: [] });
  });

  test('a base that is not an absolute URL is refused', () => {
    for (const base of ['', '/app/', 'site.test']) {
      expect(() => parse({}, base)).toThrow(
        expect.objectContaining({ code: 'importmap-invalid', found: base }),
      );
    }
  });
});

describe('specifier keys', () => {
  test('relative and absolute keys become serialised URLs, bare keys stay', () => {
    const rules = {
      '/a': '/1',
      './b': '/2',
      '../c/': '/3/',
      'HTTPS://Other.test:443/d/../e': '/4',
      bare: '/5',
      '@s/p/': '/6/',
    };
    expect(Object.fromEntries(imports(rules))).toEqual({
      'https://site.test/a': 'https://site.test/1',
      'https://site.test/app/b': 'https://site.test/2',
      'https://site.test/c/': 'https://site.test/3/',
      'https://other.test/e': 'https://site.test/4',
      bare: 'https://site.test/5',
      '@s/p/': 'https://site.test/6/',
    });
  });

  test('keys that look relative but are not stay bare', () => {
    const keys = [
      '.',
      '..',
      'a/./b',
      '.a/',
      '..a/',
      '%2e/a',
      '%2E%2E/a',
      '?a',
      '#a',
      ' ./a',
      'a b',
      'http://[',
    ];
    const parsed = imports(Object.fromEntries(keys.map((key) => [key, './t/'])));
    expect(parsed.map(([key]) => key).sort()).toEqual(keys.sort());
  });

  test('relative keys stay as written if the base has no hierarchy', () => {
    expect(imports({ './a': 'https://t.test/' }, 'data:text/html,')).toEqual([['./a', 'https://t.test/']]);
  });

  test('the empty key is ignored with a warning', () => {
    const { map, warnings } = parse({ imports: { '': '/a' } });
    expect(map.imports.size).toBe(0);
    expect(warnings).toHaveLength(1);
  });

  test('among keys with the same normalised form the last one wins', () => {
    const key = 'https://site.test/app/a';
    expect(imports({ './a': '/1', '/app/a': '/2' })).toEqual([[key, 'https://site.test/2']]);
    expect(imports({ '/app/a': '/2', './a': null })).toEqual([[key, null]]);
  });

  test('names of Object.prototype are ordinary keys', () => {
    const { map } = parse(
      '{"imports":{"__proto__":"/p","constructor":"/c"},"scopes":{"__proto__":{"__proto__/":"/s/"}}}',
    );
    expect([...map.imports]).toEqual([
      ['constructor', 'https://site.test/c'],
      ['__proto__', 'https://site.test/p'],
    ]);
    expect(map.imports.get('toString')).toBeUndefined();
    expect([...map.scopes.get('https://site.test/app/__proto__')!]).toEqual([
      ['__proto__/', 'https://site.test/s/'],
    ]);
  });

  test('they are in descending code-unit order', () => {
    const keys = ['a/', 'aa', 'a', 'B', 'a/b/', 'é', '\u{1f600}', '\uffee', '1', '10', '9'];
    expect(imports(Object.fromEntries(keys.map((key) => [key, '/t/']))).map(([key]) => key)).toEqual([
      '\uffee',
      '\u{1f600}',
      'é',
      'aa',
      'a/b/',
      'a/',
      'a',
      'B',
      '9',
      '10',
      '1',
    ]);
  });
});

describe('addresses', () => {
  test.each([null, true, 1, {}, ['/a']].map((value) => ({ value })))(
    '$value blocks its key with a warning',
    ({ value }) => {
      const { map, warnings } = parse({ imports: { a: value } });
      expect([...map.imports]).toEqual([['a', null]]);
      expect(warnings).toEqual([expect.stringContaining('"a"')]);
    },
  );

  test.each(['', 'b', '.', 'lib/b.mjs', '?b', '#b', 'https://', 'http://[', '//'])(
    '%j is not a URL and blocks its key',
    (value) => {
      const { map, warnings } = parse({ imports: { a: value } });
      expect([...map.imports]).toEqual([['a', null]]);
      expect(warnings).toHaveLength(1);
    },
  );

  test('URLs of every scheme are allowed and serialised', () => {
    const addresses = [
      'data:text/javascript,1',
      'blob:https://site.test/1',
      'node:fs',
      'file:///a',
      'x://Host/a',
    ];
    for (const address of addresses) expect(imports({ a: address })).toEqual([['a', address]]);
    expect(imports({ a: 'HTTP://Host:80/%7Ea b' })).toEqual([['a', 'http://host/%7Ea%20b']]);
  });

  test('a key that ends in a slash is blocked if its address does not', () => {
    expect(imports({ 'a/': '/lib/' })).toEqual([['a/', 'https://site.test/lib/']]);
    expect(imports({ 'a/': '/lib?/' })).toEqual([['a/', 'https://site.test/lib?/']]);
    expect(imports({ 'a/': 'https://t.test' })).toEqual([['a/', 'https://t.test/']]);
    expect(imports({ 'a/': '/lib' })).toEqual([['a/', null]]);
    expect(imports({ './a/': 'data:,a' })).toEqual([['https://site.test/app/a/', null]]);
    expect(parse({ imports: { 'a/': '/lib' } }).warnings).toEqual([expect.stringContaining('slash')]);
  });

  test('the slash of a key is checked as written, not as normalised', () => {
    expect(imports({ 'https://other.test': '/lib' })).toEqual([
      ['https://other.test/', 'https://site.test/lib'],
    ]);
  });
});

describe('scopes', () => {
  test('prefixes are URLs relative to the base, even without a leading dot', () => {
    const prefixes = ['', 'lib', './lib/', '/', 'https://Other.test', '?a'];
    const { map, warnings } = parse({ scopes: Object.fromEntries(prefixes.map((prefix) => [prefix, {}])) });
    expect([...map.scopes.keys()]).toEqual([
      'https://site.test/app/lib/',
      'https://site.test/app/lib',
      'https://site.test/app/index.html?a',
      'https://site.test/app/index.html',
      'https://site.test/',
      'https://other.test/',
    ]);
    expect(warnings).toEqual([]);
  });

  test('a prefix that is not a URL is ignored with a warning', () => {
    const { map, warnings } = parse({ scopes: { 'http://[': { a: '/a' }, '/b/': { a: '/a' } } });
    expect([...map.scopes.keys()]).toEqual(['https://site.test/b/']);
    expect(warnings).toEqual([expect.stringContaining('"http://["')]);
  });

  test('their rules are normalised against the base, not against the scope', () => {
    const { map } = parse({ scopes: { '/b/': { './a': './t', '': '/x', b: 1 } } });
    expect([...map.scopes.get('https://site.test/b/')!]).toEqual([
      ['https://site.test/app/a', 'https://site.test/app/t'],
      ['b', null],
    ]);
  });

  test('among spellings of one scope the last one replaces the others', () => {
    const { map } = parse({ scopes: { './b/': { a: '/1', b: '/2' }, '/app/b/': { a: '/3' } } });
    expect([...map.scopes]).toEqual([['https://site.test/app/b/', new Map([['a', 'https://site.test/3']])]]);
  });
});

describe('integrity', () => {
  test('keys are serialised URLs, values are kept as they are', () => {
    const { map, warnings } = parse({ integrity: { './a': 'sha384-A  sha512-B', 'https://Other.test': '' } });
    expect(Object.fromEntries(map.integrity)).toEqual({
      'https://site.test/app/a': 'sha384-A  sha512-B',
      'https://other.test/': '',
    });
    expect(warnings).toEqual([]);
  });

  test('bare keys and values that are not strings are ignored with a warning', () => {
    const { map, warnings } = parse({
      integrity: { a: 'sha384-A', '': 'sha384-A', '/b': null, '/c': ['sha384-A'] },
    });
    expect(map.integrity.size).toBe(0);
    expect(warnings).toHaveLength(4);
  });
});

describe('for any map', () => {
  test('text and object give the same result', () => {
    fc.assert(
      fc.property(authoredMap, (json) => {
        expect(parse(json)).toEqual(parse(JSON.stringify(json)));
      }),
    );
  });

  test('keys and addresses are serialised URLs or bare, in descending order', () => {
    fc.assert(
      fc.property(authoredMap, (json) => {
        const { map } = parse(json);
        for (const rules of [map.scopes, map.imports, ...map.scopes.values()]) {
          const keys = [...rules.keys()];
          expect(keys).toEqual([...keys].sort().reverse());
          for (const key of keys) expect(parseUrl(key) ?? key).toBe(key);
        }
        for (const rules of [map.imports, ...map.scopes.values()]) {
          for (const address of rules.values()) if (address !== null) expect(parseUrl(address)).toBe(address);
        }
      }),
    );
  });

  test('its normalised form parses to itself, with any base', () => {
    fc.assert(
      fc.property(authoredMap, fc.constantFrom(BASE, 'http://elsewhere.test/x/'), (json, base) => {
        const { map } = parse(withoutGainedSlash(json));
        const again = parse(toJson(map), base);
        expect(again.map).toEqual(map);
        // Null stays an address that is not a string.
        const nulls = [map.imports, ...map.scopes.values()].flatMap((rules) =>
          [...rules.values()].filter((url) => url === null),
        );
        expect(again.warnings).toHaveLength(nulls.length);
      }),
    );
  });

  test('the order of the author’s keys does not matter', () => {
    fc.assert(
      fc.property(authoredMap, fc.infiniteStream(fc.nat()), (json, random) => {
        const unambiguous = toJson(parse(withoutGainedSlash(json)).map);
        const shuffled = shuffle(unambiguous, random) as ImportMapJson;
        expect(ordered(parse(shuffled).map)).toEqual(ordered(parse(unambiguous).map));
      }),
    );
  });
});

/** Normalised, `https://other.test` is a key with a slash, and its address would then need one. */
function withoutGainedSlash(json: ImportMapJson): ImportMapJson {
  const keep = (rules: Record<string, string | null>) =>
    Object.fromEntries(
      Object.entries(rules).filter(
        ([key]) => key.endsWith('/') || !(parseUrl(key, BASE) ?? key).endsWith('/'),
      ),
    );
  const scopes = Object.entries(json.scopes ?? {}).map(([prefix, rules]) => [prefix, keep(rules)]);
  return { ...json, imports: keep(json.imports ?? {}), scopes: Object.fromEntries(scopes) };
}

function shuffle(value: unknown, random: Iterator<number>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, child]) => ({
    key,
    child,
    rank: Number(random.next().value),
  }));
  entries.sort((a, b) => a.rank - b.rank);
  return Object.fromEntries(entries.map(({ key, child }) => [key, shuffle(child, random)]));
}

/** Maps as lists, because toEqual ignores the order of maps. The order of integrity does not matter. */
function ordered({ imports, scopes, integrity }: ReturnType<typeof parse>['map']): unknown {
  return {
    imports: [...imports],
    scopes: [...scopes].map(([scope, rules]) => [scope, [...rules]]),
    integrity,
  };
}
