import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LIMITS,
  ModcastError,
  PACK_HEADER_BYTES,
  PackDecoder,
  SEGMENT_HEADER_BYTES,
  decodeRecords,
  encodeLinks,
  encodePackHeader,
  encodeRecords,
  encodeSegment,
  type PackRecord,
  type Segment,
} from '../../../schema/index.js';
import { lexModule } from '../../../importmap/lex.js';
import { coded, hash, links } from './arbitraries.js';

const invalid = coded('pack-invalid');
const HASH = 'ab'.repeat(32);
const record = fc
  .record({
    hash,
    links: fc.option(links),
    bytes: fc.uint8Array({ maxLength: 60 }),
    base: fc.option(hash, { nil: undefined }),
  })
  .map(({ base, ...whole }): PackRecord => {
    const inside = whole.links?.list.filter(({ end }) => base !== undefined || end <= whole.bytes.length);
    const kept = inside === undefined ? null : { state: 'linked' as const, list: inside };
    return { ...whole, links: kept, ...(base === undefined ? {} : { base }) };
  });
/** A pack as a list of segments, each a list of records. */
const groups = fc.array(fc.array(record, { minLength: 1, maxLength: 4 }), { maxLength: 4 });

function segmentOf(records: readonly PackRecord[]): Segment {
  const body = encodeRecords(records);
  return { encoding: 'identity', count: records.length, rawLength: body.length, body };
}

function encode(pack: readonly (readonly PackRecord[])[]): Buffer {
  const count = pack.reduce((sum, records) => sum + records.length, 0);
  return Buffer.concat([
    encodePackHeader(count),
    ...pack.map((records) => encodeSegment(segmentOf(records))),
  ]);
}

function* split(bytes: Uint8Array, cuts: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (const cut of [...cuts.map((n) => n % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)) {
    yield bytes.subarray(at, cut);
    at = cut;
  }
}

/** Reads a pack's bytes as a receiver does. */
function read(pieces: Iterable<Uint8Array>): PackRecord[][] {
  const decoder = new PackDecoder();
  const segments: Segment[] = [];
  for (const piece of pieces) segments.push(...decoder.push(piece));
  decoder.finish();
  return segments.map(({ body, count }) => decodeRecords(body, count));
}

const plain = (pack: readonly (readonly PackRecord[])[]) =>
  pack.map((records) => records.map((item) => ({ ...item, bytes: [...item.bytes] })));

describe('a pack', () => {
  it('is decoded wherever it was split', () => {
    fc.assert(
      fc.property(groups, fc.array(fc.nat(), { maxLength: 20 }), (pack, cuts) => {
        expect(plain(read(split(encode(pack), cuts)))).toEqual(plain(pack));
      }),
      { numRuns: 300 },
    );
  });

  it('is decoded byte by byte, each segment with its last byte', () => {
    fc.assert(
      fc.property(groups, (pack) => {
        const decoder = new PackDecoder();
        const ends = new Set<number>();
        let end = PACK_HEADER_BYTES;
        for (const records of pack) ends.add((end += SEGMENT_HEADER_BYTES + encodeRecords(records).length));
        const bytes = encode(pack);
        for (let at = 0; at < bytes.length; at++) {
          expect(decoder.push(bytes.subarray(at, at + 1)).length).toBe(ends.has(at + 1) ? 1 : 0);
        }
        expect(decoder.complete).toBe(true);
        expect(decoder.count).toBe(pack.flat().length);
      }),
      { numRuns: 50 },
    );
  });

  it('that ends at any earlier byte is truncated', () => {
    fc.assert(
      fc.property(groups, (pack) => {
        const bytes = encode(pack);
        for (let length = 0; length < bytes.length; length++) {
          const decoder = new PackDecoder();
          decoder.push(bytes.subarray(0, length));
          expect(decoder.complete).toBe(false);
          expect(() => decoder.finish()).toThrow(coded('pack-truncated'));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('reports how many blobs arrived', () => {
    const decoder = new PackDecoder();
    decoder.push(encodePackHeader(3));
    decoder.push(encodeSegment(segmentOf([{ hash: HASH, links: null, bytes: new Uint8Array(1) }])));
    expect(() => decoder.finish()).toThrow(expect.objectContaining({ expected: 3, found: 1 }));
  });

  it('without blobs is only a header', () => {
    expect(read([encodePackHeader(0)])).toEqual([]);
  });
});

describe('a damaged pack', () => {
  const bytes = () =>
    encode([[{ hash: HASH, links: { state: 'linked', list: [] }, bytes: Buffer.from('abc') }]]);
  const changed = (change: (bytes: Buffer) => void) => {
    const made = bytes();
    change(made);
    return made;
  };
  const at = PACK_HEADER_BYTES;

  it.each([
    ['the magic', changed((b) => b.writeUInt8(0x4e, 0))],
    ['the version', changed((b) => b.writeUInt8(2, 4))],
    ['a count beyond any manifest', changed((b) => b.writeUInt32BE(LIMITS.manifestModules + 1, 5))],
    ['an encoding there is not', changed((b) => b.writeUInt8(2, at))],
    ['a segment of no blobs', changed((b) => b.writeUInt32BE(0, at + 1))],
    ['more blobs than the pack has', changed((b) => b.writeUInt32BE(2, at + 1))],
    ['a raw length of no record', changed((b) => b.writeUInt32BE(34, at + 5))],
    ['a raw length beyond the limit', changed((b) => b.writeUInt32BE(LIMITS.segmentMaxBytes + 1, at + 5))],
    ['a length beyond the limit', changed((b) => b.writeUInt32BE(0xffffffff, at + 9))],
    ['two lengths that differ', changed((b) => b.writeUInt32BE(b.readUInt32BE(at + 5) + 1, at + 5))],
    ['bytes behind its end', Buffer.concat([bytes(), Buffer.from([0])])],
    ['a second pack behind its end', Buffer.concat([bytes(), bytes()])],
    ['anything behind none', Buffer.concat([encodePackHeader(0), Buffer.from([0])])],
  ])('is refused for %s', (_, made) => {
    expect(() => new PackDecoder().push(made)).toThrow(invalid);
  });

  it('cannot be used after an error', () => {
    const decoder = new PackDecoder();
    expect(() => decoder.push(Buffer.alloc(9))).toThrow(invalid);
    expect(() => decoder.push(bytes())).toThrow(invalid);
    expect(() => decoder.push(new Uint8Array(0))).toThrow(invalid);
    expect(() => decoder.finish()).toThrow(coded('pack-truncated'));
    expect(decoder.complete).toBe(false);
  });

  it('refuses bytes after the end, and ignores empty chunks', () => {
    const decoder = new PackDecoder();
    decoder.push(bytes());
    expect(decoder.push(new Uint8Array(0))).toEqual([]);
    expect(() => decoder.push(Uint8Array.of(0))).toThrow(invalid);
  });

  it('with bytes changed, added or removed is decoded or refused', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'insert', 'remove'));
    fc.assert(
      fc.property(groups, fc.array(change, { minLength: 1, maxLength: 5 }), (pack, changes) => {
        const made = [...encode(pack)];
        for (const [position, byte, how] of changes) {
          const place = position % (made.length + 1);
          made.splice(place, how === 'insert' ? 0 : 1, ...(how === 'remove' ? [] : [byte]));
        }
        try {
          read([Uint8Array.from(made)]);
        } catch (error) {
          expect(error).toBeInstanceOf(ModcastError);
          expect(['pack-invalid', 'pack-truncated', 'links-invalid']).toContain((error as ModcastError).code);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('records', () => {
  const bytes = new TextEncoder().encode('abc');
  const body = encodeRecords([{ hash: HASH, links: null, bytes }]);

  it('are views of the body', () => {
    const [only] = decodeRecords(body, 1);
    expect(only!.bytes.buffer).toBe(body.buffer);
  });

  it('are refused for an unknown form, a wrong count and wrong lengths', () => {
    const formed = Uint8Array.from(body);
    formed[32] = 2;
    expect(() => decodeRecords(formed, 1)).toThrow(invalid);
    expect(() => decodeRecords(body, 0)).toThrow(invalid);
    expect(() => decodeRecords(body, 2)).toThrow(invalid);
    for (const place of [33, 34]) {
      const longer = Uint8Array.from(body);
      longer[place]!++;
      expect(() => decodeRecords(longer, 1)).toThrow(ModcastError);
    }
  });

  it('are refused for links outside a whole blob; links of a delta lie in its result', () => {
    const link = { kind: 'meta', start: 10, end: 21 } as const;
    const linked = { hash: HASH, links: { state: 'linked', list: [link] }, bytes } as const;
    expect(() => decodeRecords(encodeRecords([linked]), 1)).toThrow(coded('links-invalid'));
    const delta = { ...linked, base: 'cd'.repeat(32) };
    expect(decodeRecords(encodeRecords([delta]), 1)).toEqual([delta]);
    const far = {
      ...delta,
      links: { state: 'linked', list: [{ ...link, end: LIMITS.blobBytes + 1 }] },
    } as const;
    expect(() => decodeRecords(encodeRecords([far]), 1)).toThrow(coded('links-invalid'));
  });
});

it('links-bit-flip: every changed bit of the links is refused', () => {
  const text = 'import "./dep-a.mjs"; import(x); import.meta.url;';
  const bytes = new TextEncoder().encode(text);
  const body = encodeRecords([{ hash: HASH, links: lexModule(bytes), bytes }]);
  const from = body.length - bytes.length - 4 - encodeLinks(lexModule(bytes)).length;
  for (let bit = from * 8; bit < (body.length - bytes.length - 4) * 8; bit++) {
    const flipped = Uint8Array.from(body);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    expect(() => decodeRecords(flipped, 1)).toThrow(ModcastError);
  }
});
