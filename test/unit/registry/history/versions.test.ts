import { expect, it } from 'vitest';
import { moduleLog } from '../../../../registry/history/log.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import { publish } from '../../../contract/store-fixture.js';

async function history(path: string, upTo = Infinity): Promise<string[]> {
  const store = await openMemoryStore();
  await publish(store, [['a.mjs', 'one']]);
  await publish(store, [['b.mjs', 'one']]);
  await publish(store, [['c.mjs', 'one']]);
  await publish(store, [['c.mjs', 'two']]);
  await publish(store, [['other.mjs', 'other']]);
  await publish(store, [['c.mjs', 'three']]);
  const found: string[] = [];
  for await (const { number, change, last } of moduleLog(store, 'dev', path, upTo, true)) {
    found.push(`${number} ${change.status} ${change.path} ${last ?? 'head'}`);
  }
  return found;
}

it('a module is followed through moves in consecutive deploys', async () => {
  expect(await history('c.mjs', 4)).toEqual([
    '4 modified c.mjs head',
    '3 renamed c.mjs 3',
    '2 renamed b.mjs 2',
    '1 added a.mjs 1',
  ]);
});

it('the log of a module that was deleted and came back has both', async () => {
  expect((await history('c.mjs')).slice(0, 3)).toEqual([
    '6 added c.mjs head',
    '5 deleted c.mjs head',
    '4 modified c.mjs 4',
  ]);
});

it('the log up to a deploy has no later versions', async () => {
  expect((await history('c.mjs', 5))[0]).toBe('5 deleted c.mjs head');
  expect(await history('b.mjs', 2)).toEqual(['2 renamed b.mjs head', '1 added a.mjs 1']);
});
