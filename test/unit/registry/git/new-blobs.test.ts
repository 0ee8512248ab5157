import { expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import { newBlobs } from '../../../../registry/git/import.js';

it('finds links and makes bytes only of files that are not stored yet', () => {
  const asked: string[] = [];
  const file = (name: string) => ({
    hash: blake3(Buffer.from(name)),
    size: 1,
    get links() {
      asked.push(`links of ${name}`);
      return null;
    },
    bytes() {
      asked.push(`bytes of ${name}`);
      return Buffer.from(name);
    },
  });
  const stored = new Set([file('a').hash]);
  const found = [...newBlobs([file('a'), file('b'), file('b')], stored)];
  expect(found).toEqual([{ hash: file('b').hash, bytes: Buffer.from('b'), links: null }]);
  expect(asked.toSorted()).toEqual(['bytes of b', 'links of b']);
  expect([...newBlobs([file('b')], stored)]).toEqual([]);
});
