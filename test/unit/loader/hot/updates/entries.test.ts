import { beforeEach, describe, expect, it } from 'vitest';
import { Entries } from '../../../../../loader/hot/updates/entries.js';

interface Run {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

let runs: Record<string, Run>;
let failed: [string, unknown][];
let timers: Set<() => void>;
let entries: Entries;

const IMPORTERS: Record<string, (string | null)[]> = {
  leaf: ['a', 'b'],
  a: ['main'],
  b: ['other', 'a'],
  main: [null],
  other: [null],
};
const importersOf = (url: string) => IMPORTERS[url] ?? [];
const settle = () => new Promise(setImmediate);

beforeEach(() => {
  runs = {};
  failed = [];
  timers = new Set();
  entries = new Entries((_ms, callback) => {
    timers.add(callback);
    return () => void timers.delete(callback);
  });
  entries.begin(
    ['main', 'other'],
    (url) => new Promise<void>((resolve, reject) => (runs[url] = { resolve, reject })),
    (url, error) => failed.push([url, error]),
  );
});

describe('an entry that failed', () => {
  it('is reported', async () => {
    expect(entries.hasFailed).toBe(false);
    runs['main']!.reject('no');
    await settle();
    expect(failed).toEqual([['main', 'no']]);
    expect(entries.hasFailed).toBe(true);
  });

  it('is found above a module that it imports indirectly', async () => {
    runs['main']!.resolve();
    runs['other']!.reject('no');
    await settle();
    expect(await entries.unfinishedAbove(['leaf'], importersOf)).toEqual(['leaf', 'b', 'other']);
    expect(await entries.unfinishedAbove(['main'], importersOf)).toBeNull();
    expect(timers.size).toBe(0);
  });
});

describe('an entry that still runs', () => {
  it('is found when it does not end in time', async () => {
    runs['other']!.resolve();
    await settle();
    const found = entries.unfinishedAbove(['a'], importersOf);
    await settle();
    for (const timer of timers) timer();
    expect(await found).toEqual(['a', 'main']);
  });

  it('is not found when it ends in time', async () => {
    runs['other']!.resolve();
    await settle();
    const found = entries.unfinishedAbove(['a'], importersOf);
    runs['main']!.resolve();
    expect(await found).toBeNull();
    expect(timers.size).toBe(0);
  });
});

it('entries that have all run are above nothing', async () => {
  runs['main']!.resolve();
  runs['other']!.resolve();
  await settle();
  expect(await entries.unfinishedAbove(['leaf'], () => expect.unreachable('not asked'))).toBeNull();
  expect(entries.hasFailed).toBe(false);
});
