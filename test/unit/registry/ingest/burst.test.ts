import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { Burst } from '../../../../registry/ingest/burst.js';

interface Timer {
  readonly time: number;
  readonly callback: () => void;
}

let time: number;
let timers: Set<Timer>;
let expected: Set<string>;
let incomplete: Set<string>;
let ends: string[][];
let burst: Burst;

beforeEach(() => {
  time = 1000;
  timers = new Set();
  expected = new Set(['a', 'b', 'c', 'd']);
  incomplete = new Set();
  ends = [];
  burst = new Burst({
    clock: {
      after(ms, callback) {
        const timer = { time: time + ms, callback };
        timers.add(timer);
        return { cancel: () => void timers.delete(timer) };
      },
    },
    now: () => time,
    isExpected: (path) => expected.has(path),
    isComplete: (path) => !incomplete.has(path),
    onEnd: (paths) => ends.push(paths.toSorted()),
  });
});

/** Lets time pass; every timer runs late by so much. */
async function pass(ms: number, late = 0): Promise<void> {
  const end = time + ms;
  for (;;) {
    const next = [...timers].toSorted((a, b) => a.time - b.time)[0];
    if (next === undefined || next.time + late > end) break;
    timers.delete(next);
    time = Math.max(time, next.time + late);
    next.callback();
    // A burst looks at what came meanwhile first.
    await setImmediate();
  }
  time = end;
}

/** The file system reports a change, and the watcher finds it. */
function save(path: string): void {
  burst.report(path);
  burst.touch(path);
}

describe('a file alone', () => {
  it('is a burst after one millisecond', async () => {
    save('a');
    await pass(1);
    expect(ends).toEqual([['a']]);
  });

  it('is waited for while it seems to be incomplete', async () => {
    incomplete.add('a');
    save('a');
    await pass(24);
    expect(ends).toEqual([]);
    await pass(1);
    expect(ends).toEqual([['a']]);
  });

  it('is not alone soon after another one', async () => {
    save('a');
    await pass(1);
    save('b');
    await pass(24);
    expect(ends).toEqual([['a']]);
    await pass(1);
    expect(ends).toEqual([['a'], ['b']]);
  });

  it('saved again a moment later is a burst after one millisecond again', async () => {
    save('a');
    await pass(10);
    save('a');
    await pass(1);
    expect(ends).toEqual([['a'], ['a']]);
  });

  it('is not held up by a file that was written beside it and removed', async () => {
    burst.report('a.tmp');
    save('a');
    await pass(1);
    expect(ends).toEqual([['a']]);
  });
});

describe('several files', () => {
  it('are one burst, 25 ms after the last of them', async () => {
    save('a');
    save('b');
    await pass(20);
    save('c');
    await pass(24);
    expect(ends).toEqual([]);
    await pass(1);
    expect(ends).toEqual([['a', 'b', 'c']]);
  });

  it('are one burst when the watcher finds out late what the file system has reported', async () => {
    for (const path of ['a', 'b', 'c']) burst.report(path);
    burst.touch('a');
    await pass(100);
    burst.touch('b');
    await pass(100);
    expect(ends).toEqual([]);
    burst.touch('c');
    await pass(25);
    expect(ends).toEqual([['a', 'b', 'c']]);
  });

  it('do not wait for what the watcher never tells about, and take it in the end', async () => {
    for (const path of ['a', 'b', 'c']) burst.report(path);
    burst.touch('a');
    await pass(25);
    burst.touch('b');
    await pass(450);
    expect(ends).toEqual([]);
    await pass(50);
    expect(ends).toEqual([['a', 'b', 'c']]);
  });

  it('that the watcher never tells about are a burst after a second, if they are there', async () => {
    for (const path of ['a', 'gone', 'd']) burst.report(path);
    burst.dismiss('d');
    await pass(999);
    expect(ends).toEqual([]);
    await pass(100);
    expect(ends[0]).toEqual(['a']);
  });

  it('do not wait for a directory once the watcher has found it', async () => {
    burst.report('a');
    burst.report('d');
    burst.touch('a');
    await pass(25);
    expect(ends).toEqual([]);
    burst.dismiss('d');
    await pass(25);
    expect(ends).toEqual([['a']]);
  });

  it('that never rest are a burst every two seconds', async () => {
    for (let ms = 0; ms < 2000; ms += 10) {
      save('a');
      save('b');
      await pass(10);
    }
    expect(ends).toEqual([['a', 'b']]);
  });
});

describe('on a busy machine, where timers run late,', () => {
  it('a file is waited for as long as another one may be delayed', async () => {
    save('a');
    await pass(12, 10);
    expect(ends).toEqual([]);
    save('b');
    await pass(39, 10);
    expect(ends).toEqual([]);
    await pass(60, 10);
    expect(ends).toEqual([['a', 'b']]);
  });

  it('a burst ends all the same', async () => {
    save('a');
    save('b');
    await pass(1000, 200);
    expect(ends[0]).toEqual(['a', 'b']);
  });
});

it('reports all paths again, 100 ms after the last burst', async () => {
  save('a');
  await pass(1);
  save('b');
  await pass(25);
  await pass(99);
  expect(ends).toEqual([['a'], ['b']]);
  await pass(1);
  expect(ends).toEqual([['a'], ['b'], ['a', 'b']]);
  await pass(5000);
  expect(ends).toHaveLength(3);
});

it('reports nothing when it is closed', async () => {
  save('a');
  burst.close();
  await pass(5000);
  save('b');
  burst.close();
  await pass(5000);
  expect(ends).toEqual([]);
  expect(timers.size).toBe(0);
});
