import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateImportMap, laterImportMap, moduleUrl, type TargetOf } from '../../../importmap/generate.js';
import { lexModule } from '../../../importmap/lex.js';
import { linkForHttp } from '../../../importmap/link.js';
import { mergeImportMaps } from '../../../importmap/merge.js';
import type { ImportMap, ImportMapJson } from '../../../importmap/import-map.js';
import { parseImportMap } from '../../../importmap/parse.js';
import { resolveSpecifier, urlLike } from '../../../importmap/resolve.js';
import { Resolver } from '../../../importmap/resolver.js';
import { EMPTY_MANIFEST } from '../../../schema/index.js';
import { REFERRERS, SPECIFIERS, authoredMap, specifier } from './arbitraries.js';

const ROOT = 'https://site.test/';
const BASE = `${ROOT}app/index.html`;
const BLOB = 'blob:https://site.test/0';
const SITE = { root: ROOT, manifest: EMPTY_MANIFEST };
const HASH = '0'.repeat(64);

const parse = (json: ImportMapJson): ImportMap => parseImportMap(json, BASE).map;

/** URLs of modules that the maps' addresses or specifiers resolve to. A directory is not a module. */
const URLS = [
  ...['t.mjs', 't', 't/b', 't/b/c', 't/x', 't/%C3%A9', 't/?q', 'app/t', 'app/t/b', 't/u/b', 't/u/t.mjs', 'A'],
  ...['a', 'a/b', 'a?v=1', 'app/a', 'app/a/b', 'app/a?v=1', 'app/a?v=/1/', 'app/lib/a'],
  ...['app/lib/b.mjs', 'app/a.mjs', 'app/lib/deep/c.mjs', 'probe.mjs'],
].map((path) => ROOT + path);
URLS.push('https://cdn.test/x', 'https://other.test/x/y', 'https://cdn.test/?/b');

const kind = fc.constantFrom('none', 'blob', 'http');
/** Random targets of the URLs: blobs, immutable HTTP URLs, or none. */
const targets = fc.array(kind, { minLength: URLS.length, maxLength: URLS.length }).map((kinds) => {
  const entries = kinds.flatMap((chosen, index): [string, string][] => {
    const url = URLS[index]!;
    if (chosen === 'blob') return [[url, `blob:https://site.test/${index + 1}`]];
    if (chosen === 'none') return [];
    const suffix = /[?#].*$/.exec(url)?.[0] ?? '';
    return [[url, ROOT + moduleUrl('-/', { hash: HASH, url: `${ROOT}m${index}.mjs${suffix}` }, ROOT)]];
  });
  return new Map(entries);
});
const named = fc.oneof(specifier, fc.constantFrom(...URLS, './a?v=/1/', '@s/p/é', 'a/é', '/t/é'));
const referrer = fc.constantFrom(...REFERRERS).map((path) => ROOT + path.slice(1));
const moduleReferrer = referrer.filter((url) => !url.endsWith('/'));
const requests = fc.array(fc.tuple(named, referrer), { maxLength: 12 });
const runs = { numRuns: 600 };

/**
 * Whether a rule can be written for a specifier that the site's map resolves by a prefix. A bare name has as
 * many spellings as its URL. A spelling that ends in a slash cannot map to a module.
 */
function isPlain(text: string): boolean {
  if (urlLike(text, BASE) !== undefined) return true;
  const path = new URL(`https://x/${text}`).href.slice('https://x/'.length);
  return !text.endsWith('/') && (path === text || decodeURI(path) === text);
}

/** The expected target of a specifier: the target of its native resolution. */
function expected(map: ImportMap, targetOf: TargetOf, text: string, from: string): (string | undefined)[] {
  const native = resolveSpecifier(map, text, from);
  if (native.state !== 'resolved') return [undefined];
  const target = targetOf(native.url) ?? native.url;
  // An origin without its slash is a prefix whose address needs no slash. It then cannot map to a module too.
  if (/^https:\/\/other\.test\/./.test(urlLike(text, from) ?? '')) return [target, undefined];
  return isPlain(text) ? [target] : [target, native.url];
}

const resolve = (map: ImportMap, text: string, from: string): string | undefined => {
  const resolution = resolveSpecifier(map, text, from);
  return resolution.state === 'resolved' ? resolution.url : undefined;
};

describe('through the generated map, for any map of the site', () => {
  it('each native resolution gets its target', () => {
    fc.assert(
      fc.property(authoredMap, targets, named, referrer, (json, chosen, text, from) => {
        const map = parse(json);
        const targetOf: TargetOf = (url) => chosen.get(url);
        const generated = parse(generateImportMap(SITE, new Resolver(map), chosen.keys(), targetOf));
        expect(expected(map, targetOf, text, from)).toContain(resolve(generated, text, from));
      }),
      runs,
    );
  });

  it('a specifier in a linked blob gets the same target', () => {
    fc.assert(
      fc.property(authoredMap, targets, requests, (json, chosen, asked) => {
        const map = parse(json);
        const resolver = new Resolver(map);
        const targetOf: TargetOf = (url) => chosen.get(url);
        const written = asked.map(([text, from]) => resolver.written(text, from) ?? text);
        const generated = parse(generateImportMap(SITE, resolver, chosen.keys(), targetOf));
        asked.forEach(([text, from], index) => {
          expect(resolve(generated, written[index]!, BLOB)).toBe(expected(map, targetOf, text, from)[0]);
        });
      }),
      runs,
    );
  });

  it('a specifier gets the same target after a later map', () => {
    fc.assert(
      fc.property(authoredMap, targets, requests, requests, fc.nat(), (json, chosen, first, second, cut) => {
        const map = parse(json);
        const resolver = new Resolver(map);
        const targetOf: TargetOf = (url) => chosen.get(url);
        const urls = [...chosen.keys()];
        const early = urls.slice(0, cut % (urls.length + 1));
        const write = (asked: [string, string][]) =>
          asked.map(([text, from]) => resolver.written(text, from) ?? text);
        const before = write(first);
        const earlyTargets: TargetOf = (url) => (early.includes(url) ? chosen.get(url) : undefined);
        const installed = parse(generateImportMap(SITE, resolver, early, earlyTargets));
        const aliases = new Set(resolver.aliases.keys());
        const after = write(second);
        const added = [...resolver.aliases.keys()].filter((alias) => !aliases.has(alias));
        const later = parse(laterImportMap(SITE, resolver, urls, urls.slice(early.length), added, targetOf));
        const { map: merged } = mergeImportMaps(installed, later);
        second.forEach(([text, from], index) => {
          // An alias of an earlier blob keeps its target.
          if (before.includes(after[index]!)) return;
          expect(resolve(merged, after[index]!, BLOB)).toBe(expected(map, targetOf, text, from)[0]);
        });
      }),
      runs,
    );
  });

  it('a module that runs at its HTTP target keeps the scopes of its natural URL', () => {
    const own = `${ROOT}-/modules/${HASH}/app/x.mjs`;
    fc.assert(
      fc.property(authoredMap, targets, named, moduleReferrer, (json, chosen, text, from) => {
        const map = parse(json);
        chosen.set(from, own);
        const targetOf: TargetOf = (url) => chosen.get(url);
        const generated = parse(generateImportMap(SITE, new Resolver(map), chosen.keys(), targetOf));
        const source = Buffer.from(`import ${JSON.stringify(text)}`);
        const linked = linkForHttp(source, lexModule(source), new URL(from).pathname).join('');
        const written = lexModule(Buffer.from(linked)).list[0]!;
        expect(expected(map, targetOf, text, from)).toContain(
          resolve(generated, 'specifier' in written ? written.specifier! : '', own),
        );
      }),
      runs,
    );
  });

  it('so does one that gets its HTTP target later, and finds those of what it imports', () => {
    const own = `${ROOT}-/modules/${HASH}/app/x.mjs`;
    fc.assert(
      fc.property(authoredMap, targets, named, moduleReferrer, (json, chosen, text, from) => {
        const map = parse(json);
        const resolver = new Resolver(map);
        chosen.set(from, own);
        const urls = [...chosen.keys()];
        const targetOf: TargetOf = (url) => chosen.get(url);
        const installed = parse(generateImportMap(SITE, resolver, [], () => undefined));
        const later = parse(laterImportMap(SITE, resolver, urls, urls, [], targetOf));
        const { map: merged } = mergeImportMaps(installed, later);
        const source = Buffer.from(`import ${JSON.stringify(text)}`);
        const linked = linkForHttp(source, lexModule(source), new URL(from).pathname).join('');
        const written = lexModule(Buffer.from(linked)).list[0]!;
        expect(expected(map, targetOf, text, from)).toContain(
          resolve(merged, 'specifier' in written ? written.specifier! : '', own),
        );
      }),
      runs,
    );
  });

  it('the map does not depend on the order of the URLs', () => {
    fc.assert(
      fc.property(authoredMap, targets, (json, chosen) => {
        const generate = (urls: string[]) =>
          parse(generateImportMap(SITE, new Resolver(parse(json)), urls, (url) => chosen.get(url)));
        expect(generate([...chosen.keys()].toReversed())).toEqual(generate([...chosen.keys()]));
      }),
    );
  });
});

describe('a generated map', () => {
  const generate = (json: ImportMapJson, chosen: Record<string, string>) => {
    const resolver = new Resolver(parse(json));
    return generateImportMap(SITE, resolver, Object.keys(chosen), (url) => chosen[url]);
  };

  it('has each natural URL with a target, and nothing else if the site has no map', () => {
    expect(generate({}, { [`${ROOT}a.mjs`]: 'blob:1' })).toEqual({ imports: { [`${ROOT}a.mjs`]: 'blob:1' } });
  });

  it('keeps the site’s rule for a URL that it maps elsewhere', () => {
    const { imports } = generate(
      { imports: { '/a.mjs': '/b.mjs', '/lib/': null } },
      { [`${ROOT}a.mjs`]: 'blob:1', [`${ROOT}lib/x.mjs`]: 'blob:2' },
    );
    expect(imports).toEqual({ [`${ROOT}a.mjs`]: `${ROOT}b.mjs`, [`${ROOT}lib/`]: null });
  });

  it('has a rule for each module below a prefix, also without URL escapes', () => {
    const { imports } = generate(
      { imports: { 'lib/': '/lib/' } },
      { [`${ROOT}lib/%C3%A9.mjs`]: 'blob:1', [`${ROOT}other.mjs`]: 'blob:2' },
    );
    expect(imports).toMatchObject({
      'lib/%C3%A9.mjs': 'blob:1',
      'lib/é.mjs': 'blob:1',
      'lib/': `${ROOT}lib/`,
    });
    expect(imports).not.toHaveProperty('lib/../other.mjs');
  });

  it('maps a URL that ends in a slash to a module', () => {
    const url = `${ROOT}a.mjs?at=/x/`;
    const map = parse(generate({}, { [url]: 'blob:https://site.test/1' }));
    expect(resolve(map, url, BLOB)).toBe('blob:https://site.test/1');
  });

  it('keeps the site’s integrity metadata', () => {
    expect(generate({ integrity: { '/a.mjs': 'sha384-a' } }, {}).integrity).toEqual({
      [`${ROOT}a.mjs`]: 'sha384-a',
    });
  });

  it('works with names of Object.prototype', () => {
    const json = JSON.parse('{"imports":{"__proto__":"/p.mjs","constructor":"/c.mjs"}}') as ImportMapJson;
    const map = parse(JSON.stringify(generate(json, { [`${ROOT}p.mjs`]: 'blob:1' })) as ImportMapJson);
    expect(resolve(map, '__proto__', BASE)).toBe('blob:1');
    expect(resolve(map, 'constructor', BASE)).toBe(`${ROOT}c.mjs`);
    expect(resolve(map, 'toString', BASE)).toBeUndefined();
  });

  it('lets the more specific scope decide for a module that runs outside its scopes', () => {
    const own = `${ROOT}-/modules/${HASH}/s/t/m.mjs`;
    const map = parse(
      generate(
        {
          scopes: {
            '/s/': { 'a/b/': '/far/', 'a/x': '/far.mjs', c: '/c.mjs' },
            '/s/t/': { 'a/': '/near/' },
          },
        },
        { [`${ROOT}s/t/m.mjs`]: own },
      ),
    );
    expect(resolve(map, 'a/b/d', own)).toBe(`${ROOT}near/b/d`);
    expect(resolve(map, 'a/x', own)).toBe(`${ROOT}near/x`);
    expect(resolve(map, 'c', own)).toBe(`${ROOT}c.mjs`);
  });

  it('differs for a specifier that is blocked only in a scope', () => {
    const resolver = new Resolver(
      parse({ imports: { '/x': '/y', z: '/x' }, scopes: { '/s/': { '/x': null } } }),
    );
    const blocked = resolver.written(`${ROOT}x`, `${ROOT}s/m.mjs`)!;
    const aliased = resolver.written('z', `${ROOT}m.mjs`)!;
    const map = parse(generateImportMap(SITE, resolver, [], () => undefined));
    expect(resolve(map, blocked, BLOB)).toBeUndefined();
    expect(resolve(map, aliased, BLOB)).toBe(`${ROOT}x`);
  });
});

it('the specifiers of this suite include some for which no rule can be written', () => {
  const plain = SPECIFIERS.filter(isPlain);
  expect(plain).toContain('a/b/c');
  expect(SPECIFIERS.filter((text) => !plain.includes(text))).toContain('a/../b');
});
