import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EMPTY_IMPORT_MAP, type ImportMapJson } from '../../../importmap/import-map.js';
import { parseImportMap } from '../../../importmap/parse.js';
import { resolveSpecifier, urlLike } from '../../../importmap/resolve.js';
import { REFERRERS, authoredMap, specifier } from './arbitraries.js';

const SITE = 'https://site.test';
const BASE = `${SITE}/app/index.html`;
const MODULE = `${SITE}/app/lib/b.mjs`;
const BLOB = 'blob:https://site.test/3f2a';
const referrer = fc.constantFrom(...REFERRERS.map((path) => SITE + path), BLOB);

/** The URL, or the state if there is none. */
function resolve(json: ImportMapJson, name: string, from = MODULE): string {
  const resolution = resolveSpecifier(parseImportMap(json, BASE).map, name, from);
  return resolution.state === 'resolved' ? resolution.url : resolution.state;
}

describe('urlLike', () => {
  test.each([
    ['./a', `${SITE}/app/lib/a`],
    ['../a', `${SITE}/app/a`],
    ['/a', `${SITE}/a`],
    ['//other.test/a', 'https://other.test/a'],
    ['./', `${SITE}/app/lib/`],
    ['../../../../a', `${SITE}/a`],
    ['./a?b#c', `${SITE}/app/lib/a?b#c`],
    ['https://Other.test:443', 'https://other.test/'],
    ['https:a', 'https://a/'],
    ['data:text/javascript,1', 'data:text/javascript,1'],
    ['node:fs', 'node:fs'],
    ['about:blank', 'about:blank'],
  ])('%s is %s', (name, url) => expect(urlLike(name, MODULE)).toBe(url));

  test.each([
    '',
    '.',
    '..',
    'a',
    'a/b',
    '.a',
    '..a',
    '?a',
    '#a',
    '%2e/a',
    '@s/p',
    'https://',
    'http://[',
    ':',
    '/\\',
    '//',
  ])('%j is not URL-like', (name) => expect(urlLike(name, MODULE)).toBeUndefined());

  test('in a blob module only absolute names are URL-like', () => {
    for (const name of ['./a', '../a', '/a', './a#b']) expect(urlLike(name, BLOB), name).toBeUndefined();
    expect(urlLike('https://other.test/a', BLOB)).toBe('https://other.test/a');
  });
});

describe('without a matching rule', () => {
  test('a URL-like specifier resolves to its URL', () => {
    expect(resolve({}, './a')).toBe(`${SITE}/app/lib/a`);
    expect(resolve({}, 'data:text/javascript,1')).toBe('data:text/javascript,1');
  });

  test('bare and invalid specifiers are unresolved, with the reason', () => {
    expect(resolveSpecifier(EMPTY_IMPORT_MAP, 'a', MODULE)).toEqual({
      state: 'unresolved',
      reason: expect.stringContaining('"a" is a bare specifier'),
    });
    expect(resolveSpecifier(EMPTY_IMPORT_MAP, './a', BLOB)).toEqual({
      state: 'unresolved',
      reason: expect.stringContaining(`is not a URL relative to ${BLOB}`),
    });
    expect(resolve({}, '')).toBe('unresolved');
  });

  test('names of Object.prototype are unresolved', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'size']) {
      expect(resolve({ scopes: { '/': {} } }, name)).toBe('unresolved');
    }
  });
});

describe('an exact key', () => {
  test('matches a bare specifier, but not one that only starts with it', () => {
    const map = { imports: { a: '/t.mjs' } };
    expect(resolve(map, 'a')).toBe(`${SITE}/t.mjs`);
    for (const name of ['a/', 'a/b', 'ab', 'A', './a']) expect(resolve(map, name)).not.toBe(`${SITE}/t.mjs`);
  });

  test('matches every spelling of its URL, from every referrer', () => {
    const map = { imports: { '/app/a b.mjs': '/t.mjs' } };
    for (const name of ['../a b.mjs', '/app/a%20b.mjs', './../lib/../a b.mjs', `${SITE}:443/app/a b.mjs`]) {
      expect(resolve(map, name), name).toBe(`${SITE}/t.mjs`);
    }
    expect(resolve(map, './a b.mjs', BASE)).toBe(`${SITE}/t.mjs`);
    expect(resolve(map, '../a b.mjs?v')).toBe(`${SITE}/app/a%20b.mjs?v`);
  });

  test('with any scheme matches', () => {
    for (const url of ['data:text/javascript,1', 'node:fs', BLOB, 'x://h/a']) {
      expect(resolve({ imports: { [url]: '/t.mjs' } }, url)).toBe(`${SITE}/t.mjs`);
    }
  });

  test('that ends in a slash matches itself', () => {
    expect(resolve({ imports: { 'a/': '/t/' } }, 'a/')).toBe(`${SITE}/t/`);
  });

  test('has priority over every prefix, also a null one', () => {
    expect(resolve({ imports: { 'a/': null, 'a/b/': '/t/', 'a/b': '/t.mjs' } }, 'a/b')).toBe(`${SITE}/t.mjs`);
    expect(resolve({ imports: { 'a/': '/t/', 'a/b': null } }, 'a/b')).toBe('blocked');
  });
});

describe('a prefix', () => {
  test('appends the rest to its address', () => {
    const map = { imports: { 'a/': '/t/', '/app/lib/': 'https://cdn.test/v1/' } };
    expect(resolve(map, 'a/b/c.mjs')).toBe(`${SITE}/t/b/c.mjs`);
    expect(resolve(map, 'a/b?q#f')).toBe(`${SITE}/t/b?q#f`);
    expect(resolve(map, 'a//b')).toBe('blocked');
    expect(resolve(map, './c.mjs')).toBe('https://cdn.test/v1/c.mjs');
    expect(resolve(map, './')).toBe('https://cdn.test/v1/');
  });

  test('ends in a slash: other keys are not prefixes', () => {
    const map = { imports: { a: '/t/', '/app/li': '/t/', '/app?q=': '/t/' } };
    expect(resolve(map, 'a/b')).toBe('unresolved');
    expect(resolve(map, '/app/lib/')).toBe(`${SITE}/app/lib/`);
  });

  test('matches URLs of special schemes only', () => {
    for (const url of ['https://h/a/', 'http://h/', 'file:///a/', 'ws://h/', 'wss://h/', 'ftp://h/']) {
      expect(resolve({ imports: { [url]: '/t/' } }, `${url}b`)).toBe(`${SITE}/t/b`);
    }
    for (const url of ['data:text/', 'blob:https://site.test/', 'node:fs/', 'x://h/', 'javascript:/']) {
      expect(resolve({ imports: { [url]: '/t/' } }, `${url}b`)).toBe(`${url}b`);
    }
  });

  test('of a bare specifier can map to any hierarchical URL', () => {
    expect(resolve({ imports: { 'a/': 'x://h/t/' } }, 'a/b')).toBe('x://h/t/b');
    expect(resolve({ imports: { 'a/': 'data:text/' } }, 'a/b')).toBe('blocked');
    expect(resolve({ imports: { 'a/': 'data:text/' } }, 'a/b#c')).toBe('blocked');
  });

  test.each([
    'a/../b',
    'a/b/../../c',
    'a/%2e%2e/b',
    'a/.%2E/b',
    'a/..\\b',
    'a//b',
    'a//other.test/',
    'a/https://h/',
    'a/\\b',
  ])('%s is blocked: it would leave its address', (name) =>
    expect(resolve({ imports: { 'a/': '/t/u/', '/b': '/elsewhere' } }, name)).toBe('blocked'),
  );

  test('a path with .. that stays inside is not blocked', () => {
    expect(resolve({ imports: { 'a/': '/t/' } }, 'a/b/../c')).toBe(`${SITE}/t/c`);
    expect(resolve({ imports: { 'a/': '/t/' } }, 'a/../t/c')).toBe(`${SITE}/t/c`);
  });

  test('whose address has the slash in its query is blocked', () => {
    expect(resolve({ imports: { 'a/': '/t?p=/' } }, 'a/b')).toBe('blocked');
    expect(resolve({ imports: { 'a/': '/t?p=/' } }, 'a/')).toBe(`${SITE}/t?p=/`);
  });

  test('that is null blocks, without trying less specific ones', () => {
    const map = { imports: { 'a/b/': null, 'a/': '/t/' }, scopes: { '/app/': { 'a/c/': null } } };
    expect(resolve(map, 'a/b/d')).toBe('blocked');
    expect(resolve(map, 'a/c/d')).toBe('blocked');
    expect(resolve(map, 'a/b')).toBe(`${SITE}/t/b`);
  });

  test('the reason names the blocking entry', () => {
    const { map } = parseImportMap({ imports: { 'a/': '/t/', b: null } }, BASE);
    expect(resolveSpecifier(map, 'a/../c', MODULE)).toEqual({
      state: 'blocked',
      reason: expect.stringContaining('"a/"'),
    });
    expect(resolveSpecifier(map, 'b', MODULE)).toEqual({
      state: 'blocked',
      reason: expect.stringContaining('"b"'),
    });
  });

  test('the longest wins, in any order', () => {
    const segments = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 });
    const picks = fc.infiniteStream(fc.nat());
    fc.assert(
      fc.property(segments, picks, fc.constantFrom('', '/', 'https://other.test/'), (path, random, root) => {
        const prefixes = path.map((_, end) => `${root}${path.slice(0, end + 1).join('/')}/`);
        const chosen = prefixes
          .map((prefix) => ({ prefix, rank: Number(random.next().value) }))
          .filter(({ rank }, index) => index === 0 || rank % 2 === 0)
          .sort((a, b) => a.rank - b.rank)
          .map(({ prefix }) => prefix);
        const imports = Object.fromEntries(chosen.map((prefix) => [prefix, `/target/${prefix.length}/`]));
        const longest = Math.max(...chosen.map((prefix) => prefix.length));
        const name = `${prefixes.at(-1)!}rest.mjs`;
        expect(resolve({ imports }, name)).toBe(`${SITE}/target/${longest}/${name.slice(longest)}`);
      }),
    );
  });
});

describe('scopes', () => {
  const map = {
    imports: { a: '/top.mjs', 'p/': '/top/' },
    scopes: {
      '/app/': { a: '/app.mjs', 'p/': '/in-app/' },
      '/app/lib/': { a: '/lib.mjs' },
      '/app/lib/b.mjs': { a: '/b.mjs' },
      '/app/lib': { a: '/no-slash.mjs' },
    },
  };

  test('the most specific one that applies to the referrer comes first', () => {
    expect(resolve(map, 'a', `${SITE}/x.mjs`)).toBe(`${SITE}/top.mjs`);
    expect(resolve(map, 'a', `${SITE}/app/x.mjs`)).toBe(`${SITE}/app.mjs`);
    expect(resolve(map, 'a', `${SITE}/app/lib/x.mjs`)).toBe(`${SITE}/lib.mjs`);
    expect(resolve(map, 'a', `${SITE}/app/lib/b.mjs`)).toBe(`${SITE}/b.mjs`);
  });

  test('one without a slash at its end applies to exactly that URL', () => {
    expect(resolve(map, 'a', `${SITE}/app/lib`)).toBe(`${SITE}/no-slash.mjs`);
    expect(resolve(map, 'a', `${SITE}/app/library.mjs`)).toBe(`${SITE}/app.mjs`);
    expect(resolve(map, 'a', `${SITE}/app/lib/b.mjs?v=1`)).toBe(`${SITE}/lib.mjs`);
  });

  test('one with a slash at its end applies to that URL too', () => {
    expect(resolve(map, 'a', `${SITE}/app/lib/`)).toBe(`${SITE}/lib.mjs`);
  });

  test('a specifier without a rule in a scope falls through to wider scopes and the top level', () => {
    expect(resolve(map, 'p/x', MODULE)).toBe(`${SITE}/in-app/x`);
    expect(resolve({ ...map, scopes: { '/app/': {} } }, 'p/x', MODULE)).toBe(`${SITE}/top/x`);
  });

  test('a prefix in a narrow scope has priority over an exact key in a wider one', () => {
    const scopes = { '/app/lib/': { 'p/': '/narrow/' }, '/app/': { 'p/x': '/wide.mjs' } };
    expect(resolve({ imports: { 'p/x': '/top.mjs' }, scopes }, 'p/x', MODULE)).toBe(`${SITE}/narrow/x`);
  });

  test('a blocked specifier does not fall through', () => {
    expect(resolve({ ...map, scopes: { '/app/': { a: null } } }, 'a', MODULE)).toBe('blocked');
    expect(resolve({ ...map, scopes: { '/app/': { 'p/': '/t/' } } }, 'p/../x', MODULE)).toBe('blocked');
  });

  test('no scope of the site applies to a blob module', () => {
    expect(resolve({ ...map, scopes: { '/': { a: '/scoped.mjs' } } }, 'a', BLOB)).toBe(`${SITE}/top.mjs`);
  });
});

describe('for any map', () => {
  test('a resolution is a serialised URL', () => {
    fc.assert(
      fc.property(authoredMap, specifier, referrer, (json, name, from) => {
        const result = resolveSpecifier(parseImportMap(json, BASE).map, name, from);
        if (result.state === 'resolved') expect(new URL(result.url).href).toBe(result.url);
      }),
    );
  });

  test('unrelated entries change nothing', () => {
    const unrelated = {
      'zz/': '/zz/',
      zz: '/zz.mjs',
      '/zz/': null,
      'https://zz.test/': '/zz/',
      'a/zz/': '/zz/',
      azz: null,
    };
    const more = fc.subarray(Object.entries(unrelated)).map((entries) => Object.fromEntries(entries));
    fc.assert(
      fc.property(authoredMap, more, specifier, referrer, (json, added, name, from) => {
        const { imports = {}, scopes = {} } = json;
        const widened = {
          imports: { ...imports, ...added },
          scopes: {
            ...Object.fromEntries(
              Object.entries(scopes).map(([scope, rules]) => [scope, { ...added, ...rules }]),
            ),
            '/zz/': { 'a/': '/zz/', a: null },
            '/app/li': { 'a/': '/zz/', a: null },
          },
        };
        const before = resolveSpecifier(parseImportMap(json, BASE).map, name, from);
        expect(resolveSpecifier(parseImportMap(widened, BASE).map, name, from)).toEqual(before);
      }),
    );
  });

  test('a rule in the narrowest scope decides', () => {
    fc.assert(
      fc.property(authoredMap, specifier, fc.constantFrom(...REFERRERS), (json, name, path) => {
        const from = SITE + path;
        fc.pre(name !== '' && !(urlLike(name, BASE) === undefined && urlLike(name, from) !== undefined));
        const key = urlLike(name, from) ?? name;
        fc.pre(!key.endsWith('/'));
        const decided = { ...json, scopes: { ...json.scopes, [from]: { [key]: '/decided.mjs' } } };
        // Another spelling of the same scope would replace this one, or be replaced.
        fc.pre(!Object.keys(json.scopes ?? {}).some((scope) => urlLike(scope, BASE) === from));
        expect(resolve(decided, name, from)).toBe(`${SITE}/decided.mjs`);
      }),
    );
  });
});
