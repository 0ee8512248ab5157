import { beforeEach, expect, it, vi } from 'vitest';
import { sharing } from './shared-process.js';

let atEnd: (() => Promise<unknown>)[];
/** What happened to each process, in the order of their starts. */
let processes: string[][];
let isHanging: boolean;

beforeEach(() => {
  atEnd = [];
  processes = [];
  isHanging = false;
  vi.stubGlobal('beforeWorkerEnds', atEnd);
});

/** A browser that only tells. */
async function start() {
  const events: string[] = [];
  processes.push(events);
  let contexts = 0;
  return {
    async newContext() {
      const number = ++contexts;
      return {
        async close() {
          if (isHanging) await new Promise(() => {});
          events.push(`closed context ${number}`);
        },
      };
    },
    isConnected: () => !events.includes('ended'),
    close: async () => void events.push('ended'),
  };
}

it('several users have one process, and each closes the contexts that it has left open', async () => {
  const open = sharing(start);
  const [one, other] = await Promise.all([open(), open()]);
  const [first] = [await one.newContext(), await other.newContext(), await one.newContext()];
  await first.close();
  await one.close();
  expect(processes).toEqual([['closed context 1', 'closed context 3']]);
  await other.close();
  expect(processes).toEqual([['closed context 1', 'closed context 3', 'closed context 2']]);
});

it('the process ends with the worker', async () => {
  const open = sharing(start);
  await (await open()).close();
  await (await open()).close();
  expect(processes).toEqual([[]]);
  for (const end of atEnd) await end();
  expect(processes).toEqual([['ended']]);
});

it('a process that has ended is replaced', async () => {
  const open = sharing(start);
  await open();
  processes[0]!.push('ended');
  await open();
  expect(processes).toEqual([['ended'], []]);
});

it('a process that could not start is replaced', async () => {
  const failing = vi.fn(start).mockRejectedValueOnce(new Error('no display'));
  const open = sharing(failing);
  await expect(open()).rejects.toThrow('no display');
  await open();
  expect(processes).toEqual([[]]);
});

it('a process whose contexts do not close is ended and replaced', async () => {
  const open = sharing(start, 1);
  const share = await open();
  await share.newContext();
  isHanging = true;
  await share.close();
  expect(processes).toEqual([['ended']]);
  await open();
  expect(processes).toEqual([['ended'], []]);
});

it('where nothing tells the end of the worker, each user has a process, and ends it', async () => {
  vi.stubGlobal('beforeWorkerEnds', undefined);
  const open = sharing(start);
  const [one] = [await open(), await open()];
  await one.close();
  expect(processes).toEqual([['ended'], []]);
});
