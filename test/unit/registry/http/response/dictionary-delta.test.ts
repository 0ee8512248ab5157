import { expect, it } from 'vitest';
import { dictionaryDelta, dictionaryHash } from '../../../../../registry/http/response/dictionary-delta.js';

/** Decodes the frames that `dictionaryDelta` makes, and none other: see RFC 8878. */
function decode(delta: Uint8Array, dictionary: Uint8Array): Uint8Array {
  const bytes = Buffer.from(delta);
  expect(bytes.subarray(0, 8).toString('hex')).toBe('5e2a4d1820000000');
  expect(bytes.subarray(8, 40)).toEqual(dictionaryHash(dictionary));
  expect(bytes.subarray(40, 45).toString('hex')).toBe('28b52ffda0');
  const size = bytes.readUInt32LE(45);
  const out = [...dictionary];
  let isLast = false;
  let at = 49;
  while (!isLast) {
    const header = bytes.readUIntLE(at, 3);
    isLast = (header & 1) === 1;
    const block = bytes.subarray(at + 3, at + 3 + (header >> 3));
    at += 3 + block.length;
    if (((header >> 1) & 3) === 0) {
      for (const byte of block) out.push(byte);
      expect(block.length).toBeLessThanOrEqual(128 * 1024);
      continue;
    }
    expect([...block.subarray(0, 4)]).toEqual([0, 1, 0x54, 0]);
    const [ofCode, mlCode] = [block[4]!, block[5]!];
    // From the last bit down, without the one that marks it.
    const bits = [...block.subarray(6)].toReversed().map((byte) => byte.toString(2).padStart(8, '0'));
    const stream = bits.join('').replace(/^0*1/, '');
    expect(stream).toHaveLength(ofCode + mlCode - 36);
    const offset = 2 ** ofCode + Number.parseInt(stream.slice(0, ofCode) || '0', 2) - 3;
    const length = 2 ** (mlCode - 36) + Number.parseInt(stream.slice(ofCode) || '0', 2) + 3;
    expect(length).toBeLessThanOrEqual(128 * 1024);
    for (let count = 0; count < length; count++) out.push(out[out.length - offset]!);
  }
  expect(at).toBe(bytes.length);
  expect(out.length - dictionary.length).toBe(size);
  return Uint8Array.from(out.slice(dictionary.length));
}

/** A text in which no part repeats. */
const textOf = (bytes: number, seed = 1): string => {
  let text = '';
  for (let n = seed; text.length < bytes; n = (n * 48271) % 2147483647) text += `ä${n.toString(36)};`;
  return text;
};
const encode = (text: string) => new TextEncoder().encode(text);

const LONG = textOf(300_000);
it.each([
  ['the same text', LONG, LONG, 200],
  ['a changed place', LONG, LONG.replace(/(?<=^[^]{200000}).{9}/, 'changed'), 200],
  ['another start and end', LONG, `new ${LONG.slice(7, -7)} new`, 200],
  ['parts that have moved', LONG, LONG.slice(150_000) + LONG.slice(0, 150_000), 200],
  ['something in between', LONG, `${LONG.slice(0, 999)}${textOf(500, 7)}${LONG.slice(999)}`, 900],
  ['a part that is gone', LONG, LONG.slice(0, 999) + LONG.slice(1300), 200],
  ['just more than a block', LONG, LONG.slice(0, 100_000) + LONG.slice(100_001), 200],
  ['another text', textOf(5000), textOf(200_000, 7), Infinity],
  ['an empty dictionary', '', textOf(5000), Infinity],
  ['a text of one byte', LONG, 'a', 60],
])('tells a text by its dictionary: %s', (_, before, after, most) => {
  const [dictionary, text] = [encode(before), encode(after)];
  const delta = dictionaryDelta(text, { bytes: dictionary, hash: dictionaryHash(dictionary) });
  expect(Buffer.compare(decode(delta, dictionary), text)).toBe(0);
  expect(delta.length).toBeLessThan(most);
});
