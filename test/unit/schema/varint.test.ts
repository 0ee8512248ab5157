import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../schema/varint.js';
import { coded } from './arbitraries.js';

const write = (value: number): Uint8Array => {
  const out = new ByteWriter(0);
  out.varint(value);
  return out.done();
};
const reader = (...bytes: number[]) => new ByteReader(Uint8Array.from(bytes), 'pack-invalid');

describe('an integer', () => {
  it.each([
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 1]],
    [300, [0xac, 2]],
    [2 ** 32, [0x80, 0x80, 0x80, 0x80, 0x10]],
    [Number.MAX_SAFE_INTEGER, [...Array<number>(7).fill(0xff), 0x0f]],
  ])('%i is LEB128', (value, bytes) => {
    expect([...write(value)]).toEqual(bytes);
    expect(reader(...bytes).varint()).toBe(value);
  });

  it('of up to 53 bits is the same after encoding and decoding', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const input = new ByteReader(write(value), 'pack-invalid');
        expect(input.varint()).toBe(value);
        input.end();
      }),
    );
  });

  it.each([
    ['54 bits', [...Array<number>(7).fill(0xff), 0x1f]],
    ['2^53', [...Array<number>(7).fill(0x80), 0x10]],
    ['no end', Array<number>(20).fill(0x80)],
    ['more than eight bytes', [...Array<number>(8).fill(0x80), 0]],
    ['nothing', []],
    ['an end in the middle', [0x80]],
  ])('is refused with %s', (_, bytes) => {
    expect(() => reader(...bytes).varint()).toThrow(coded('pack-invalid'));
  });
});

describe('bytes', () => {
  it('are read in the order of writing, also after the buffer grew', () => {
    const item = fc.oneof(
      fc.record({ kind: fc.constant('byte' as const), value: fc.nat(255) }),
      fc.record({ kind: fc.constant('uint32' as const), value: fc.nat(0xffffffff) }),
      fc.record({ kind: fc.constant('varint' as const), value: fc.maxSafeNat() }),
      fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 400 }) }),
    );
    fc.assert(
      fc.property(fc.array(item), fc.nat(20), (items, capacity) => {
        const out = new ByteWriter(capacity);
        for (const part of items) {
          if (part.kind === 'bytes') out.bytes(part.value);
          else out[part.kind](part.value);
        }
        expect(out.length).toBe(out.done().length);
        const input = new ByteReader(out.done(), 'pack-invalid');
        for (const part of items) {
          if (part.kind === 'bytes') expect([...input.bytes(part.value.length)]).toEqual([...part.value]);
          else expect(input[part.kind]()).toBe(part.value);
        }
        input.end();
        expect(input.left).toBe(0);
      }),
    );
  });

  it('beyond the end are refused, and so are remaining bytes', () => {
    expect(() => reader(1, 2).bytes(3)).toThrow(coded('pack-invalid'));
    expect(() => reader(1, 2).bytes(Number.MAX_SAFE_INTEGER)).toThrow(coded('pack-invalid'));
    expect(() => reader(1, 2, 3).uint32()).toThrow(coded('pack-invalid'));
    expect(() => reader().byte()).toThrow(coded('pack-invalid'));
    expect(() => reader(1).end()).toThrow(coded('pack-invalid'));
  });
});
