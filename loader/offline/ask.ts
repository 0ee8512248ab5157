import { RECEIVED, type KeepProgress, type KeepRequest, type ToServiceWorker } from './messages.js';
import type { OfflineOptions } from './offline-api.js';

/**
 * Asks a service worker to keep files.
 *
 * @returns null from that of another registry
 * @throws Error when it does not answer
 */
export async function askToKeep(
  worker: ServiceWorker,
  request: KeepRequest,
  onProgress: OfflineOptions['onProgress'],
): Promise<KeepProgress | null> {
  let best = -1;
  const isLast = (progress: KeepProgress | null) => {
    if (progress === null) return true;
    if (progress.done > best) onProgress?.(progress);
    best = Math.max(best, progress.done);
    return progress.done === progress.total;
  };
  for (;;) {
    const before = best;
    try {
      return await ask(worker, request, isLast);
    } catch (error) {
      // The browser may have ended it. It starts again, and what it has kept stays.
      if (best <= before) throw error;
    }
  }
}

/**
 * Milliseconds to the first answer of a service worker, which may have to start. That of the site may not
 * know the question.
 */
const FIRST_ANSWER_MS = 20_000;

/** Milliseconds to each other answer. The browser may end a service worker that works for long. */
const NEXT_ANSWER_MS = 60_000;

/**
 * Sends a message to a service worker.
 *
 * @param isLast says of each answer whether it is the last
 * @returns the last answer
 */
export function ask<T>(
  worker: ServiceWorker,
  message: ToServiceWorker,
  isLast: (answer: T) => boolean,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    const wait = (ms: number, reason: string) =>
      setTimeout(() => {
        port1.close();
        reject(new Error(`${worker.scriptURL} does not answer; ${reason}`));
      }, ms);
    let timer = wait(FIRST_ANSWER_MS, 'it has to import the registry’s offline.js');
    port1.onmessage = ({ data }: MessageEvent<T | typeof RECEIVED>) => {
      clearTimeout(timer);
      if (data === RECEIVED || !isLast(data as T)) {
        timer = wait(NEXT_ANSWER_MS, 'call offline() again to go on');
        return;
      }
      port1.close();
      resolve(data as T);
    };
    worker.postMessage(message, [port2]);
  });
}
