import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Patience } from '../../../../../../loader/hot/updates/stalled/patience.js';

let timers: Map<() => void, number>;
let listeners: Set<() => void>;
let hasNewer: boolean;
let isOver: boolean;
let patience: Patience;

const after = (ms: number, callback: () => void) => {
  timers.set(callback, ms);
  return () => void timers.delete(callback);
};

/** Lets the timers of so many milliseconds pass. */
const pass = (ms: number) => {
  for (const [callback, at] of timers) if (at === ms) callback();
};

const newer = () => {
  hasNewer = true;
  for (const listener of listeners) listener();
};

const settle = () => new Promise(setImmediate);

beforeEach(() => {
  vi.spyOn(console, 'info').mockImplementation(() => {});
  timers = new Map();
  listeners = new Set();
  hasNewer = isOver = false;
  const turns = {
    get hasNewer() {
      return hasNewer;
    },
    onNewer: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  patience = new Patience(after, turns, () => 'a.mjs');
  void patience.over.then(() => (isOver = true));
});

afterEach(() => void vi.restoreAllMocks());

it('waits without end when nothing newer is queued', async () => {
  pass(1000);
  pass(5000);
  await settle();
  expect(isOver).toBe(false);
});

it('gives up after a second when something newer was queued before', async () => {
  newer();
  await settle();
  expect(isOver).toBe(false);
  pass(1000);
  await settle();
  expect(isOver).toBe(true);
});

it('gives up at once when something newer is queued after a second', async () => {
  pass(1000);
  newer();
  await settle();
  expect(isOver).toBe(true);
});

it('says after five seconds which module it waits for', () => {
  const info = vi.mocked(console.info);
  pass(1000);
  expect(info).not.toHaveBeenCalled();
  pass(5000);
  expect(info.mock.calls).toEqual([
    ['modcast: a.mjs still waits at a top-level await; the next change will not wait for it'],
  ]);
});

it('ends without a timer or listener left', async () => {
  patience.end();
  expect([timers.size, listeners.size]).toEqual([0, 0]);
});
