import { expect, test } from 'vitest';
import { SerialQueue } from '../../../schema/serial-queue.js';

test('runs one job at a time, in the order of the calls', async () => {
  const queue = new SerialQueue();
  const log: string[] = [];
  const work = (name: string, steps: number) => async () => {
    log.push(`${name} starts`);
    for (let i = 0; i < steps; i++) await Promise.resolve();
    log.push(`${name} ends`);
    return name;
  };
  const results = await Promise.all([queue.run(work('a', 5)), queue.run(work('b', 1))]);
  expect(results).toEqual(['a', 'b']);
  expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends']);
});

test('passes a failure to the caller and runs the next job', async () => {
  const queue = new SerialQueue();
  const failed = queue.run(() => {
    throw new Error('no');
  });
  await expect(failed).rejects.toThrow('no');
  await expect(queue.run(() => 'yes')).resolves.toBe('yes');
});

test('idle waits for jobs that were added while it waited', async () => {
  const queue = new SerialQueue();
  let done = false;
  void queue.run(() => {
    void queue.run(async () => {
      await Promise.resolve();
      done = true;
    });
  });
  await queue.idle();
  expect(done).toBe(true);
});

test('waits for the promise that it was created with', async () => {
  let start!: () => void;
  const queue = new SerialQueue(new Promise<void>((resolve) => (start = resolve)));
  const log: string[] = [];
  const work = queue.run(() => log.push('work'));
  await Promise.resolve();
  log.push('start');
  start();
  await work;
  expect(log).toEqual(['start', 'work']);
});
