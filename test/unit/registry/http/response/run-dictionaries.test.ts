import { describe, expect, it } from 'vitest';
import { dictionaryHash } from '../../../../../registry/http/response/dictionary-delta.js';
import { RunDictionaries } from '../../../../../registry/http/response/run-dictionaries.js';

const lines = (seed: number) =>
  Array.from({ length: 500 }, (_, index) => `const v${index} = ${Math.sin(seed + index)};`).join('\n');
const bytesOf = (text: string) => new TextEncoder().encode(text);

const before = bytesOf(`${lines(1)}\nexport const n = 1;`);
const after = bytesOf(`${lines(1)}\nexport const n = 2;`);
const unrelated = bytesOf(lines(10_000));

/** A request of a browser that has a dictionary. */
const requestWith = (dictionary: Uint8Array, encodings = 'gzip, dcz') =>
  new Request('http://a.test/', {
    headers: {
      'Accept-Encoding': encodings,
      'Available-Dictionary': `:${dictionaryHash(dictionary).toString('base64')}:`,
    },
  });

describe('what has changed since a version', () => {
  const dictionaries = new RunDictionaries();
  dictionaries.learn(before);
  dictionaries.learn(unrelated);

  it('is small, and made once', () => {
    const delta = dictionaries.delta(requestWith(before), after);
    expect(delta!.length).toBeLessThan(after.length / 20);
    expect(dictionaries.delta(requestWith(before), after)).toBe(delta);
  });

  it('is not sent where it saves little', () => {
    expect(dictionaries.delta(requestWith(unrelated), after)).toBeUndefined();
  });

  it('is not sent for a version that is not known, nor to a client that does not take it', () => {
    expect(dictionaries.delta(requestWith(bytesOf('other')), after)).toBeUndefined();
    expect(dictionaries.delta(requestWith(before, 'gzip, dcz;q=0'), after)).toBeUndefined();
    expect(dictionaries.delta(new Request('http://a.test/'), after)).toBeUndefined();
  });
});
