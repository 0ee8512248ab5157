import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hashFromBytes, hashToBytes, isHash, parseHash } from '../../../schema/index.js';
import { coded, hash } from './arbitraries.js';

it('a hash converts to bytes and back', () => {
  fc.assert(
    fc.property(hash, (text) => {
      expect(isHash(text)).toBe(true);
      expect(parseHash(text)).toBe(text);
      expect(Buffer.from(hashToBytes(text)).toString('hex')).toBe(text);
      expect(hashFromBytes(hashToBytes(text))).toBe(text);
    }),
  );
});

it.each([
  '',
  'a'.repeat(63),
  'a'.repeat(65),
  'A'.repeat(64),
  'g'.repeat(64),
  `${'a'.repeat(64)}\n`,
  ` ${'a'.repeat(63)}`,
  '٠'.repeat(64),
])('%j is not a hash', (text) => {
  expect(isHash(text)).toBe(false);
  expect(() => parseHash(text)).toThrow(coded('hash-invalid'));
  expect(() => hashToBytes(text)).toThrow(coded('hash-invalid'));
});

it('only a string is a hash', () => {
  for (const value of [null, undefined, 1, ['a'.repeat(64)], { length: 64 }])
    expect(isHash(value)).toBe(false);
});

it.each([0, 31, 33])('%i bytes are not a hash', (length) => {
  expect(() => hashFromBytes(new Uint8Array(length))).toThrow(coded('hash-invalid'));
});
