import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ModcastError, NO_LINKS, UNPARSED, decodeLinks, encodeLinks } from '../../../schema/index.js';
import { coded, links } from './arbitraries.js';

const refused = coded('links-invalid');
const decode = (bytes: number[], size = 100) => decodeLinks(Uint8Array.from(bytes), size);

it('decoding returns the encoded links', () => {
  fc.assert(
    fc.property(links, (value) => {
      const size = value.list.at(-1)?.end ?? 0;
      expect(decodeLinks(encodeLinks(value), size)).toEqual(value);
    }),
    { numRuns: 500 },
  );
});

it('no links and unparsed differ, and take two bytes each', () => {
  expect([...encodeLinks(NO_LINKS)]).toEqual([0, 0]);
  expect([...encodeLinks(UNPARSED)]).toEqual([1, 0]);
  expect(decode([0, 0])).toEqual(NO_LINKS);
  expect(decode([1, 0])).toEqual(UNPARSED);
});

it('a link outside the blob is refused', () => {
  fc.assert(
    fc.property(
      links.filter(({ list }) => list.length > 0 && list.at(-1)!.end > 0),
      (value) => {
        expect(() => decodeLinks(encodeLinks(value), value.list.at(-1)!.end - 1)).toThrow(refused);
      },
    ),
  );
});

it.each([
  ['nothing', []],
  ['another state', [2, 0]],
  ['no count', [0]],
  ['more links than bytes', [0, 100]],
  ['fewer links than it says', [0, 2, 3, 0, 1]],
  ['more bytes than links', [0, 0, 0]],
  ['a kind there is not', [0, 1, 6, 0, 1]],
  ['a flag there is not', [0, 1, 0x23, 0, 1]],
  ['a static import without a specifier', [0, 1, 0, 0, 1]],
  ['a source map without an address', [0, 1, 4, 0, 1]],
  ['import.meta with a specifier', [0, 1, 0x13, 0, 1, 0]],
  ['a source URL with a specifier', [0, 1, 0x15, 0, 1, 0]],
  ['a specifier longer than the bytes', [0, 1, 0x10, 0, 1, 5, 0x61]],
  ['a start of 2^53 and more', [0, 1, 3, ...Array<number>(7).fill(0x80), 0x10, 1]],
  [
    'two lengths whose sum is not a safe integer',
    [0, 1, 3, ...Array<number>(7).fill(0xff), 0x0f, ...Array<number>(7).fill(0xff), 0x0f],
  ],
])('%s is refused', (_, bytes) => {
  expect(() => decode(bytes)).toThrow(refused);
});

it('truncated, changed or random bytes decode to links in order, or are refused', () => {
  const changed = fc.tuple(links, fc.nat(), fc.nat(255), fc.boolean()).map(([value, position, byte, cut]) => {
    const bytes = encodeLinks(value);
    const at = position % bytes.length;
    if (cut) return bytes.slice(0, at);
    bytes[at] = byte;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 40 })), fc.nat(2000), (bytes, size) => {
      try {
        let last = 0;
        for (const { start, end } of decodeLinks(bytes, size).list) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(end).toBeLessThanOrEqual(size);
          last = end;
        }
      } catch (error) {
        expect(error).toBeInstanceOf(ModcastError);
        expect(error).toEqual(refused);
      }
    }),
    { numRuns: 2000 },
  );
});

it('every truncation is refused', () => {
  fc.assert(
    fc.property(links, (value) => {
      const bytes = encodeLinks(value);
      for (let length = 0; length < bytes.length; length++) {
        expect(() => decodeLinks(bytes.subarray(0, length), 1e9)).toThrow(refused);
      }
    }),
    { numRuns: 50 },
  );
});
