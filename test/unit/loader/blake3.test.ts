import { blake3 as reference } from '@noble/hashes/blake3.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blake3 } from '../../../loader/blake3.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** The input of the specification's test vectors. */
const counted = (length: number) => Uint8Array.from({ length }, (_, i) => i % 251);

test.each([
  [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
  [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
  [1025, 'd00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444'],
  [31744, '62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47'],
])('the hash of %i bytes is that of the official test vectors', (length, expected) => {
  expect(hex(blake3(counted(length)))).toBe(expected);
});

test('lengths around the ends of blocks, chunks and subtrees have the hashes of another implementation', () => {
  const ends = [64, 128, 960, ...Array.from({ length: 18 }, (_, i) => i * 1024), 65_536, 102_400];
  for (const length of ends.flatMap((end) => [end - 1, end, end + 1]).filter((n) => n >= 0))
    expect([length, hex(blake3(counted(length)))]).toEqual([length, hex(reference(counted(length)))]);
});

test('any bytes have the hash of another implementation, also as a part of a larger buffer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat(64), (bytes, offset) => {
      const buffer = new Uint8Array(offset + bytes.length + 7).fill(0xff);
      buffer.set(bytes, offset);
      expect(hex(blake3(buffer.subarray(offset, offset + bytes.length)))).toBe(hex(reference(bytes)));
    }),
  );
});
