import { describe, expect, it } from 'vitest';
import { parseImportMap, type ImportMapJson } from '../../../importmap/parse.js';
import { Resolver } from '../../../importmap/resolver.js';

const ROOT = 'https://site.test/';
const HERE = `${ROOT}lib/a.mjs`;
const resolver = (json: ImportMapJson) => new Resolver(parseImportMap(json, ROOT).map);

describe('what a blob writes', () => {
  it('is the natural URL of what its author wrote', () => {
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

  it('stays as it is where nothing resolves it, or the page’s map blocks it', () => {
    const blocking = resolver({ imports: { no: null, '/no.mjs': null } });
    expect(blocking.written('nothing', HERE)).toBeUndefined();
    expect(blocking.written('no', HERE)).toBeUndefined();
    expect(blocking.written('../no.mjs', HERE)).toBe(`${ROOT}no.mjs`);
    expect(blocking.aliases.size).toBe(0);
  });

  it('is an alias that leads nowhere where only the module’s scope blocks it', () => {
    const scoped = resolver({ imports: { a: '/a.mjs' }, scopes: { '/lib/': { a: null } } });
    const written = scoped.written('a', HERE)!;
    expect(scoped.aliases.get(written)).toBeNull();
    expect(scoped.written('a', `${ROOT}b.mjs`)).toBe(`${ROOT}a.mjs`);
  });

  it('is an alias where the map would send the URL on', () => {
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
    // An installed rule is there to stay: the target of its URL can still be given to an alias.
    expect(chained.isOwnName(`${ROOT}same`)).toBe(false);
    expect(chained.isOwnName(`${ROOT}c.mjs`)).toBe(true);
  });

  it('counts prefixes that are no URLs, and still match them', () => {
    expect(resolver({ imports: { 'https://': '/x/' } }).isOwnName(HERE)).toBe(false);
  });

  it('is not bothered by scopes, which no blob is in', () => {
    const scoped = resolver({ scopes: { '/': { '/b.mjs': '/c.mjs' } } });
    expect(scoped.written('/b.mjs', HERE)).toBe(`${ROOT}c.mjs`);
    expect(scoped.isOwnName(`${ROOT}b.mjs`)).toBe(true);
  });
});
