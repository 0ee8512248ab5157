import { expect, it } from 'vitest';
import { Quiet } from '../../../../registry/fuse/quiet.js';
import { FakeClock } from '../fake-clock.js';

/** What has come so far, in order. */
async function settled(log: readonly string[]): Promise<readonly string[]> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return log;
}

function setUp() {
  const clock = new FakeClock();
  const quiet = new Quiet(clock);
  const log: string[] = [];
  const wait = () => void quiet.wait().then(() => log.push('work'));
  return { clock, quiet, log, wait };
}

it('does not wait where nothing is disturbed', async () => {
  const { log, wait } = setUp();
  wait();
  expect(await settled(log)).toEqual(['work']);
});

it('waits until every page has booted', async () => {
  const { quiet, log, wait } = setUp();
  const [first, second] = [quiet.boots(), quiet.boots()];
  wait();
  first();
  first();
  expect(await settled(log)).toEqual([]);
  second();
  expect(await settled(log)).toEqual(['work']);
});

it('waits no longer than a boot may take for a page that says nothing', async () => {
  const { clock, quiet, log, wait } = setUp();
  const end = quiet.boots();
  wait();
  clock.advance(9_999);
  expect(await settled(log)).toEqual([]);
  clock.advance(1);
  expect(await settled(log)).toEqual(['work']);
  end();
  quiet.boots();
  wait();
  expect(await settled(log)).toEqual(['work']);
});

it('waits while pages apply a save', async () => {
  const { clock, quiet, log, wait } = setUp();
  quiet.saves();
  wait();
  clock.advance(49);
  expect(await settled(log)).toEqual([]);
  clock.advance(1);
  expect(await settled(log)).toEqual(['work']);
});

it('goes on under a steady load', async () => {
  const { clock, quiet, log, wait } = setUp();
  wait();
  quiet.boots();
  wait();
  for (let seconds = 0; seconds < 30; seconds += 5) {
    quiet.boots();
    clock.advance(5_000);
  }
  expect(await settled(log)).toEqual(['work', 'work']);
});

it('goes on at once when somebody needs the work', async () => {
  const { clock, quiet, log, wait } = setUp();
  quiet.boots();
  wait();
  quiet.hurry();
  expect(await settled(log)).toEqual(['work']);
  expect(clock.waiting).toBe(1);
});
