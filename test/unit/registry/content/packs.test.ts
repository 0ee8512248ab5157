import { randomBytes } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { VerifiedBlobs } from '../../../../registry/content/verified-blobs.js';
import { blake3 } from '../../../../registry/hash.js';
import { Packs } from '../../../../registry/content/packs.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import type { Store } from '../../../../registry/store/store.js';
import {
  NO_LINKS,
  PackDecoder,
  decodeRecords,
  encodePackHeader,
  type Hash,
} from '../../../../schema/index.js';

let store: Store;
let reads: number;
let blobs: VerifiedBlobs;
beforeEach(async () => {
  store = await openMemoryStore();
  reads = 0;
  const counted = Object.create(store, {
    blobs: {
      value: (hashes: Hash[]) => {
        reads++;
        return store.blobs(hashes);
      },
    },
  }) as Store;
  blobs = new VerifiedBlobs({ store: counted, channel: 'dev', directory: null, onDamaged: () => {} });
});

async function put(bytes: Uint8Array): Promise<Hash> {
  const hash = blake3(bytes);
  await store.putBlobs([{ hash, bytes, links: NO_LINKS }]);
  return hash;
}

function decode(segment: Uint8Array, count: number) {
  const decoder = new PackDecoder();
  decoder.push(encodePackHeader(count));
  return decoder.push(segment).flatMap(({ encoding, body, count: own }) => {
    const raw = encoding === 'deflate' ? inflateSync(body) : body;
    return decodeRecords(raw, own).map((record) => ({
      ...record,
      bytes: Buffer.from(record.bytes),
      encoding,
    }));
  });
}

describe('a plan', () => {
  const size = (hash: Hash) => Number(hash);
  const plan = (sizes: number[], first: number) =>
    new Packs(blobs, { segmentBytes: 10 }).plan(sizes.map(String), size, first);
  it.each<[number[], number, string[][]]>([
    [[], 0, []],
    [[3, 3, 3, 3], 4, [['3', '3', '3'], ['3']]],
    [
      [3, 3, 3, 3],
      2,
      [
        ['3', '3'],
        ['3', '3'],
      ],
    ],
    [[3, 3], 0, [['3', '3']]],
    [[99, 1, 99], 3, [['99'], ['1'], ['99']]],
    [[10, 0, 1], 3, [['10', '0'], ['1']]],
  ])('of %j, the first %i apart, is %j', (sizes, first, segments) => {
    expect(plan(sizes, first)).toEqual({
      segments,
      count: sizes.length,
      bytes: sizes.reduce((sum, one) => sum + one, 0),
    });
  });
});

it('a segment has the blobs in the given order, compressed where that is smaller', async () => {
  const text = await put(Buffer.from('export default 1;'.repeat(100)));
  const noise = await put(randomBytes(4000));
  const packs = new Packs(blobs);
  expect(decode(await packs.segment([text]), 1)).toMatchObject([
    { hash: text, encoding: 'deflate', links: NO_LINKS },
  ]);
  expect(decode(await packs.segment([noise]), 1)).toMatchObject([{ hash: noise, encoding: 'identity' }]);
  expect(decode(await packs.segment([noise, text]), 2).map(({ hash }) => hash)).toEqual([noise, text]);
});

it('a large blob is compressed only if its middle shrinks', async () => {
  const packs = new Packs(blobs);
  const noise = randomBytes(2_000_000);
  const text = Buffer.alloc(2_000_000, 'const answer = 42;\n');
  // A video or an image may have a header and a trailer that would shrink.
  const video = Buffer.concat([text.subarray(0, 300_000), noise, text.subarray(0, 300_000)]);
  for (const [bytes, encoding] of [
    [video, 'identity'],
    [text, 'deflate'],
    [Buffer.from(noise.toString('base64')), 'deflate'],
  ] as const) {
    const [blob] = decode(await packs.segment([await put(bytes)]), 1);
    expect([blob!.encoding, blob!.bytes.equals(bytes)]).toEqual([encoding, true]);
  }
});

it('a missing blob has no bytes, and the segment is made again once the blob exists', async () => {
  const there = await put(Buffer.from('there'));
  const gone = blake3(Buffer.from('gone'));
  const packs = new Packs(blobs);
  expect(decode(await packs.segment([gone, there]), 2)).toMatchObject([
    { hash: gone, links: null, bytes: Buffer.alloc(0) },
    { hash: there, bytes: Buffer.from('there') },
  ]);
  await put(Buffer.from('gone'));
  expect(decode(await packs.segment([gone, there]), 2)[0]!.bytes.toString()).toBe('gone');
});

it('makes a segment once for all requests, at the same time or later', async () => {
  const hash = await put(Buffer.from('x'));
  const packs = new Packs(blobs);
  const [one, two] = await Promise.all([packs.segment([hash]), packs.segment([hash])]);
  expect(two).toBe(one);
  expect(await packs.segment([hash])).toBe(one);
  expect(reads).toBe(1);
});

it('drops the least recently used segment when the memory is full', async () => {
  const [a, b, c] = [
    await put(randomBytes(1000)),
    await put(randomBytes(1000)),
    await put(randomBytes(1000)),
  ];
  const packs = new Packs(blobs, { cacheBytes: 2500 });
  for (const hash of [a, b, a, c]) await packs.segment([hash]);
  expect(reads).toBe(3);
  await packs.segment([a]);
  expect(reads).toBe(3);
  await packs.segment([b]);
  expect(reads).toBe(4);
});

it('makes a segment again after a failure', async () => {
  const hash = await put(Buffer.from('x'));
  const packs = new Packs(blobs);
  const { blobs: read } = store;
  store.blobs = () => Promise.reject(new Error('busy'));
  await expect(packs.segment([hash])).rejects.toThrow('busy');
  store.blobs = read;
  expect(decode(await packs.segment([hash]), 1)[0]!.bytes.toString()).toBe('x');
});
