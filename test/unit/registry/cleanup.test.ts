import { expect, it } from 'vitest';
import { Cleanup } from '../../../registry/cleanup.js';

it('runs the steps one after the other, the last one first', async () => {
  const cleanup = new Cleanup();
  const log: string[] = [];
  for (const name of ['store', 'sockets', 'directory']) {
    cleanup.add(async () => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${name} ends`);
    });
  }
  await cleanup.run();
  expect(log).toEqual([
    'directory begins',
    'directory ends',
    'sockets begins',
    'sockets ends',
    'store begins',
    'store ends',
  ]);
});

it('runs each step once', async () => {
  const cleanup = new Cleanup();
  let runs = 0;
  cleanup.add(() => runs++);
  await cleanup.run();
  await cleanup.run();
  expect(runs).toBe(1);
});

it('runs the other steps when some fail, and then throws the first error', async () => {
  const cleanup = new Cleanup();
  const log: string[] = [];
  cleanup.add(() => log.push('store'));
  cleanup.add(() => Promise.reject(new Error('second')));
  cleanup.add(() => {
    throw new Error('first');
  });
  await expect(cleanup.run()).rejects.toThrow('first');
  expect(log).toEqual(['store']);
});
