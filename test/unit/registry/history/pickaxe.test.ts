import { expect, it } from 'vitest';
import { pickaxe, type Wanted } from '../../../../registry/history/pickaxe.js';
import type { Change } from '../../../../registry/history/comparison.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import { blobOf } from '../../../contract/store-fixture.js';

/** Whether a change from one text to another is selected. Null: no file. */
async function isSelected(wanted: Wanted, before: string | null, after: string | null): Promise<boolean> {
  const store = await openMemoryStore();
  const side = (text: string | null) =>
    text === null ? null : { hash: blobOf(text).hash, size: text.length, type: 'text/javascript' };
  await store.putBlobs([before, after].flatMap((text) => (text === null ? [] : [blobOf(text)])));
  const change: Change = {
    status: 'modified',
    path: 'a.mjs',
    oldPath: null,
    before: side(before),
    after: side(after),
    similarity: null,
  };
  return pickaxe(store, wanted)(change);
}

it.each([
  ['x', null, 'a x b', true],
  ['x', 'a x b', null, true],
  ['x', 'x\ny\n', 'y\nx\n', false],
  ['x', 'x', 'x x', true],
  ['aa', 'aaa', 'aa', false],
  ['x.y', 'x-y', '', false],
  ['new\nline', 'new line', 'new\nline', true],
  ['é', 'e', 'é', true],
  ['x', '\0', 'x\0', true],
])('-S %j from %j to %j: %s', async (text, before, after, expected) => {
  expect(await isSelected({ text }, before, after)).toBe(expected);
});

it.each([
  [/^x/, null, 'x\n', true],
  [/^x/, 'x\n', null, true],
  [/x/, 'x\nb\n', 'x\nc\n', false],
  // A moved line is a deleted and an added line.
  [/^x/, 'x\na\nb\n', 'a\nb\nx\n', true],
  [/b$/, 'a\r\n', 'b\r\n', true],
  [/X/i, 'a', 'x', true],
  [/x/, '\0', 'x\0', false],
])('-G %s from %j to %j: %s', async (line, before, after, expected) => {
  expect(await isSelected({ line }, before, after)).toBe(expected);
});
