import { describe, expect, it } from 'vitest';
import type { ImportMapJson } from '../../../importmap/import-map.js';
import { parseImportMap } from '../../../importmap/parse.js';
import { Resolver } from '../../../importmap/resolver.js';

const ROOT = 'https://site.test/';
const HERE = `${ROOT}lib/a.mjs`;
const resolver = (json: ImportMapJson) => new Resolver(parseImportMap(json, ROOT).map);

describe('the text of a specifier in a blob', () => {
  it('is the natural URL of the author’s specifier', () => {
    const plain = resolver({ imports: { bare: './b.mjs', 'p/': '/p/' } });
    for (const [text, url] of [
      ['./x.mjs', `${ROOT}lib/x.mjs`],
      ['/x.mjs?q#f', `${ROOT}x.mjs?q#f`],
      ['https://CDN.test', 'https://cdn.test/'],
      ['bare', `${ROOT}b.mjs`],
      ['p/../p/x', `${ROOT}p/x`],
      ['data:,1', 'data:,1'],
    ] as const) {
      expect(plain.written(text, HERE), text).toBe(url);
    }
    expect(plain.aliases.size).toBe(0);
  });

  it('stays the same if it is unresolved or blocked by the page’s map', () => {
    const blocking = resolver({ imports: { no: null, '/no.mjs': null } });
    expect(blocking.written('nothing', HERE)).toBeUndefined();
    expect(blocking.written('no', HERE)).toBeUndefined();
    expect(blocking.written('../no.mjs', HERE)).toBe(`${ROOT}no.mjs`);
    expect([...blocking.blocked]).toEqual([[`${ROOT}no.mjs`, '../no.mjs']]);
    expect(blocking.aliases.size).toBe(0);
  });

  it('is a blocked alias if only the module’s scope blocks it', () => {
    const scoped = resolver({ imports: { a: '/a.mjs' }, scopes: { '/lib/': { a: null } } });
    const written = scoped.written('a', HERE)!;
    expect(scoped.aliases.get(written)).toBeNull();
    expect(scoped.written('a', `${ROOT}b.mjs`)).toBe(`${ROOT}a.mjs`);
  });

  it('is an alias if the map has a rule for the URL', () => {
    const chained = resolver({
      imports: { a: '/b.mjs', '/b.mjs': '/c.mjs', '/d/': '/e/', '/same': '/same' },
    });
    for (const [text, url] of [
      ['a', `${ROOT}b.mjs`],
      ['/b.mjs', `${ROOT}c.mjs`],
      ['/d/x', `${ROOT}e/x`],
      ['/same', `${ROOT}same`],
    ] as const) {
      const written = chained.written(text, HERE)!;
      expect(chained.aliases.get(written) ?? written, text).toBe(url);
    }
    expect(chained.isOwnName(`${ROOT}b.mjs`)).toBe(false);
    expect(chained.isOwnName(`${ROOT}d/x`)).toBe(false);
    // An installed rule cannot be replaced, but an alias can still get the target of its URL.
    expect(chained.isOwnName(`${ROOT}same`)).toBe(false);
    expect(chained.isOwnName(`${ROOT}c.mjs`)).toBe(true);
  });

  it('is an alias for prefixes that are not URLs but match URLs', () => {
    expect(resolver({ imports: { 'https://': '/x/' } }).isOwnName(HERE)).toBe(false);
  });

  it('does not depend on scopes, which never apply to a blob', () => {
    const scoped = resolver({ scopes: { '/': { '/b.mjs': '/c.mjs' } } });
    expect(scoped.written('/b.mjs', HERE)).toBe(`${ROOT}c.mjs`);
    expect(scoped.isOwnName(`${ROOT}b.mjs`)).toBe(true);
  });
});

describe('an import map that is added later', () => {
  const added = parseImportMap(
    {
      imports: { x: '/never.mjs', y: '/y.mjs', '/b.mjs': '/c.mjs', '/d.mjs': '/e.mjs' },
      scopes: { '/lib/': { x: '/scoped.mjs' } },
    },
    ROOT,
  ).map;

  it('adds rules and scopes, and replaces none', () => {
    const late = resolver({ imports: { x: '/x.mjs' } });
    expect(late.resolve('y', HERE).state).toBe('unresolved');
    late.extend(added, (url) => url === `${ROOT}b.mjs`);
    const urlOf = (text: string, referrer: string) => late.resolve(text, referrer);
    expect(urlOf('y', HERE)).toEqual({ state: 'resolved', url: `${ROOT}y.mjs` });
    expect(urlOf('x', HERE)).toEqual({ state: 'resolved', url: `${ROOT}scoped.mjs` });
    expect(urlOf('x', ROOT)).toEqual({ state: 'resolved', url: `${ROOT}x.mjs` });
    expect(urlOf('/b.mjs', ROOT)).toEqual({ state: 'resolved', url: `${ROOT}b.mjs` });
    expect(urlOf('/d.mjs', ROOT)).toEqual({ state: 'resolved', url: `${ROOT}e.mjs` });
    expect(late.isOwnName(`${ROOT}d.mjs`)).toBe(false);
  });
});
