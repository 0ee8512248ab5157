import fc from 'fast-check';
import type { ImportMap, ImportMapJson } from '../../../importmap/import-map.js';

/**
 * A small alphabet, so that keys, specifiers, scopes and referrers of random maps often match: relative,
 * absolute and bare names, prefixes of each other, several spellings of one URL, names of Object.prototype.
 */
export const SPECIFIERS = words(`
  a a/ a/b a/b/ a/b/c ab a//b a/../b a/%2e%2e/b a/?q a/#f a/b/.. a\\b @s/p @s/p/ @s/p/x.js 1 é
  __proto__ __proto__/ __proto__/x constructor toString
  . .. ./ ../ / ./a ./a/ ./a/b ./a/./b ../a ../a/ /a /a/ /a/b /A ./%61 ./a?v=1 ./a#x ./#x ./?q
  /app/a /app/a/ /app/a/b /app/lib/ /app/lib/b.mjs
  https://other.test https://other.test/ https://other.test/x https://other.test/x/ https://other.test/x/y
  HTTPS://Other.test:443/x/../x/y //other.test/x http:a https:// http://[ :
  data:text/javascript,1 data:text/ node:fs node:fs/ node:fs/promises mailto:a@b x://h/ x://h/y
  blob:https://other.test/ blob:https://other.test/1 file:///a/ file:///a/b ws://h/ ws://h/y`);

const ADDRESSES = words(`
  /t.mjs /t/ ./t/ ../t/u/ t . /a /a/ https://cdn.test https://cdn.test/ https://cdn.test/x
  https://cdn.test/?/ https://cdn.test/#/ data:text/ x://h/t/ mailto:t/ node:t http://[`);

const SCOPES = words(`
  ./ / ../ . /app/ /app ./lib/ lib/ lib /app/lib/ ./lib/b.mjs /app/lib/b.mjs /app/lib/b /probe.mjs
  /app/lib/deep/ /app/%6cib/ https://other.test/ http://[ data:, __proto__`);

/** Paths of importers. Scopes name some of them exactly, and the directories of others. */
export const REFERRERS = words('/probe.mjs /app/a.mjs /app/lib/b.mjs /app/lib/deep/c.mjs /app/lib/');

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

export const specifier = fc.constantFrom(...SPECIFIERS);
const address = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom<unknown[]>(...ADDRESSES, '') },
  { weight: 1, arbitrary: fc.constantFrom<unknown[]>(null, 1, false, {}, ['/t.mjs']) },
);
const key = fc.constantFrom(...SPECIFIERS, '');
const rules = (maxKeys: number) => fc.dictionary(key, address, { maxKeys, noNullPrototype: true });
const scopes = fc.dictionary(fc.constantFrom(...SCOPES, ''), rules(6), { maxKeys: 5, noNullPrototype: true });
const integrity = fc.dictionary(key, fc.constantFrom<unknown[]>('sha384-a', 'sha384-b', null), {
  maxKeys: 4,
  noNullPrototype: true,
});

/** Import maps as authors write them, with mistakes that the standard tolerates. */
export const authoredMap = fc.record(
  { imports: rules(12), scopes, integrity },
  { requiredKeys: [], noNullPrototype: true },
) as fc.Arbitrary<ImportMapJson>;

/** A parsed map as JSON, as in a page. */
export function toJson(map: ImportMap): ImportMapJson {
  return {
    imports: Object.fromEntries(map.imports),
    scopes: Object.fromEntries([...map.scopes].map(([scope, rules]) => [scope, Object.fromEntries(rules)])),
    integrity: Object.fromEntries(map.integrity),
  };
}
