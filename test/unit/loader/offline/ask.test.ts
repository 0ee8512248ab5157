import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { askToKeep } from '../../../../loader/offline/ask.js';
import { RECEIVED, type KeepProgress, type KeepRequest } from '../../../../loader/offline/messages.js';

/** Delivers before the next timer, so that a test can wait for all messages. */
class PromptChannel {
  readonly port1: { onmessage?: (event: { data: unknown }) => void; close(): void } = { close() {} };
  readonly port2 = { postMessage: (data: unknown) => queueMicrotask(() => this.port1.onmessage?.({ data })) };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('MessageChannel', PromptChannel);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const REQUEST = { modcast: 'keep', used: [] } as unknown as KeepRequest;
const TOTAL = 4;

/** A service worker that ends after so many answers to each request, and continues where it stopped. */
function workerThatEnds(...answers: number[]) {
  let kept = 0;
  let requests = 0;
  const worker = {
    scriptURL: 'offline.js',
    postMessage(_: unknown, [port]: [MessagePort]) {
      const end = Math.min(TOTAL, kept + (answers[requests++] ?? 0));
      // What is kept is found again.
      for (let done = 0; done <= end; done++) port.postMessage({ done, total: TOTAL, failed: 0 });
      kept = end;
    },
  };
  return { worker: worker as unknown as ServiceWorker, requests: () => requests };
}

async function keep(worker: ServiceWorker) {
  const seen: number[] = [];
  let ended = false;
  const kept = askToKeep(worker, REQUEST, ({ done }: KeepProgress) => seen.push(done)).finally(
    () => (ended = true),
  );
  kept.catch(() => {});
  while (!ended) {
    await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(60_000);
  }
  return { kept, seen };
}

it('a service worker that the browser ends is asked again, and progress does not go back', async () => {
  const { worker, requests } = workerThatEnds(1, 2, 4);
  const { kept, seen } = await keep(worker);
  expect(await kept).toEqual({ done: TOTAL, total: TOTAL, failed: 0 });
  expect(seen).toEqual([0, 1, 2, 3, 4]);
  expect(requests()).toBe(3);
});

it('one that gets no further is not asked forever', async () => {
  const { worker, requests } = workerThatEnds(1, 0, 0, 0);
  await expect((await keep(worker)).kept).rejects.toThrow('does not answer');
  expect(requests()).toBe(2);
});

it('one that never answers is asked once', async () => {
  let requests = 0;
  const worker = { scriptURL: 'sw.js', postMessage: () => void requests++ } as unknown as ServiceWorker;
  await expect((await keep(worker)).kept).rejects.toThrow('does not answer');
  expect(requests).toBe(1);
});

it('one that has received the request may take long to answer, and does not count as one that knows it not', async () => {
  const answers: unknown[] = [RECEIVED, { done: 0, total: 0, failed: 0 }];
  const worker = {
    scriptURL: 'offline.js',
    postMessage(_: unknown, [port]: [MessagePort]) {
      port.postMessage(answers.shift());
      setTimeout(() => port.postMessage(answers.shift()), 59_000);
    },
  } as unknown as ServiceWorker;
  const kept = askToKeep(worker, REQUEST, undefined);
  await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(59_000);
  expect(await kept).toEqual({ done: 0, total: 0, failed: 0 });
});
