import { createDelta } from 'fossil-delta';
import { beforeEach, describe, expect, it } from 'vitest';
import { BlobPool } from '../../../../loader/cache/blob-pool.js';
import { hash } from '../../../../loader/hash.js';
import { lexModule } from '../../../../importmap/lex.js';
import { NO_LINKS, type Hash, type Link, type PackRecord } from '../../../../schema/index.js';
import { bytesOf, hashOf, recordOf } from '../fakes.js';

let pool: BlobPool;
let refused: [Hash, string][];
let hashed: number;

beforeEach(() => {
  refused = [];
  hashed = 0;
  pool = new BlobPool({
    hasher: (bytes) => (hashed++, hash(bytes)),
    onRefused: (name, from) => refused.push([name, from]),
  });
});

/** A record whose bytes do not match its hash. */
const damaged = (text: string) => ({ ...recordOf(text), bytes: bytesOf('damaged') });

const deltaOf = (base: string, text: string) => ({
  hash: hashOf(text),
  links: null,
  base: hashOf(base),
  bytes: new Uint8Array(createDelta(bytesOf(base), bytesOf(text))),
});

describe('blobs from the network', () => {
  it('are verified when they come, and returned', () => {
    const record = recordOf('a', NO_LINKS);
    expect(pool.addReceived([record])).toEqual([record]);
    expect(pool.get(record.hash)).toMatchObject({ bytes: record.bytes, links: NO_LINKS });
    expect(pool.has(record.hash)).toBe(true);
    expect(hashed).toBe(1);
  });

  it('are refused when they do not match their hash', () => {
    expect(pool.addReceived([damaged('a'), recordOf('b')])).toEqual([recordOf('b')]);
    expect(pool.has(hashOf('a'))).toBe(false);
    expect(refused).toEqual([[hashOf('a'), 'network']]);
  });

  it('are not new a second time, and not hashed again', () => {
    pool.addReceived([recordOf('a')]);
    expect(pool.addReceived([damaged('a')])).toEqual([]);
    expect(pool.get(hashOf('a'))?.bytes).toEqual(bytesOf('a'));
    expect(refused).toEqual([]);
    expect(hashed).toBe(1);
  });

  it('replace an unverified blob from the cache', () => {
    pool.addCached([damaged('a')]);
    expect(pool.addReceived([recordOf('a')])).toEqual([recordOf('a')]);
    expect(pool.get(hashOf('a'))?.bytes).toEqual(bytesOf('a'));
    expect(refused).toEqual([]);
  });
});

describe('blobs from the cache', () => {
  it('are hashed when they are first used, once', () => {
    pool.addCached([recordOf('a', NO_LINKS), recordOf('b')]);
    expect(hashed).toBe(0);
    expect(pool.get(hashOf('a'))).toMatchObject({ bytes: bytesOf('a'), links: NO_LINKS });
    pool.get(hashOf('a'));
    expect(hashed).toBe(1);
  });

  it('are dropped when they do not match their hash', () => {
    pool.addCached([damaged('a')]);
    expect(pool.get(hashOf('a'))).toBeUndefined();
    expect(pool.has(hashOf('a'))).toBe(false);
    expect(refused).toEqual([[hashOf('a'), 'cache']]);
  });

  it('do not replace verified ones', () => {
    pool.addReceived([recordOf('a')]);
    pool.addCached([damaged('a')]);
    expect(pool.get(hashOf('a'))?.bytes).toEqual(bytesOf('a'));
  });

  it('replace an earlier record of the same blob', () => {
    pool.addCached([damaged('a'), recordOf('a')]);
    expect(pool.has(hashOf('a'))).toBe(true);
    expect(refused).toEqual([]);
  });
});

describe('deltas', () => {
  const receive = async (records: PackRecord[]) => pool.addReceived(await pool.whole(records));
  const base = 'one two three four five six seven eight nine ten';
  const text = 'one two three FOUR five six seven eight nine ten';

  it('become whole blobs', async () => {
    await receive([recordOf(base)]);
    expect(await receive([deltaOf(base, text)])).toEqual([recordOf(text)]);
    expect(pool.get(hashOf(text))?.bytes).toEqual(bytesOf(text));
  });

  it('may be based on an earlier record of the same pack', async () => {
    expect(await receive([recordOf(base), deltaOf(base, text)])).toHaveLength(2);
  });

  it('are skipped without their base', async () => {
    expect(await receive([deltaOf(base, text)])).toEqual([]);
    expect(refused).toEqual([]);
  });

  it('are skipped when the base turns out to be damaged', async () => {
    pool.addCached([damaged(base)]);
    expect(await receive([deltaOf(base, text)])).toEqual([]);
    expect(refused).toEqual([[hashOf(base), 'cache']]);
  });

  it('are skipped when they are malformed', async () => {
    await receive([recordOf(base)]);
    expect(await receive([{ ...deltaOf(base, text), bytes: bytesOf('no delta') }])).toEqual([]);
    expect(refused).toEqual([]);
  });

  it('are refused when they make other bytes', async () => {
    await receive([recordOf(base)]);
    expect(await receive([{ ...deltaOf(base, text), hash: hashOf('other') }])).toEqual([]);
    expect(refused).toEqual([[hashOf('other'), 'network']]);
  });
});

it('retains only the given blobs', () => {
  pool.addReceived([recordOf('a'), recordOf('b')]);
  pool.addCached([recordOf('c')]);
  pool.retain(new Set([hashOf('b')]));
  expect(['a', 'b', 'c'].map((text) => pool.has(hashOf(text)))).toEqual([false, true, false]);
});

describe('idb-links-tamper: links from the cache', () => {
  const text = 'import "./dep-a.mjs"; import(x); import.meta.url;\n//# sourceMappingURL=a.map';
  const { list } = lexModule(bytesOf(text));
  const [named, dynamic, meta, map] = list as [Link, Link, Link, Link];

  it('are used when they are those of the bytes', () => {
    pool.addCached([recordOf(text, { state: 'linked', list })]);
    expect(pool.get(hashOf(text))?.links?.list).toEqual(list);
    expect(refused).toEqual([]);
  });

  const moved = (link: Link): Link => ({ ...link, start: link.start + 1, end: link.end + 1 });
  it.each<[string, Link[]]>([
    ['names another module', [{ ...named, specifier: './dep-c.mjs' } as Link, dynamic, meta, map]],
    ['names another source map', [named, dynamic, meta, { ...map, specifier: 'c.map' } as Link]],
    ['is one byte further', [named, dynamic, meta, moved(map)]],
    ['is a static import one byte further', [moved(named), dynamic, meta, map]],
    ['is an import() one byte further', [named, moved(dynamic), meta, map]],
    ['is an import.meta one byte further', [named, dynamic, moved(meta), map]],
    ['is an import.meta where a specifier is', [{ ...named, kind: 'meta' } as Link, dynamic, meta, map]],
    ['comes twice', [named, named]],
    ['comes too early', [dynamic, named]],
  ])('are refused with the blob when one %s', (_, changed) => {
    pool.addCached([recordOf(text, { state: 'linked', list: changed })]);
    expect(pool.get(hashOf(text))).toBeUndefined();
    expect(refused).toEqual([[hashOf(text), 'cache']]);
    expect(pool.addReceived([recordOf(text, { state: 'linked', list })])).toHaveLength(1);
  });
});
