import type { Catalog, Head } from '../content/catalog.js';
import type { Clock } from '../clock.js';

export interface FollowHeadsOptions {
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** Milliseconds between two polls. A poll costs one indexed query for each channel. */
  readonly ms: number;
  readonly onHead: (head: Head) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Polls the store, so that the catalog learns of heads that other processes publish. Close it before the
 * store.
 */
export function followHeads({ catalog, clock, ms, onHead, onError }: FollowHeadsOptions): {
  close(): Promise<void>;
} {
  let closed = false;
  let timer: { cancel(): void } | undefined;
  let polling: Promise<void> = Promise.resolve();
  const poll = async () => {
    try {
      for (const head of await catalog.refresh()) onHead(head);
    } catch (error) {
      onError(error);
    }
    if (!closed) wait();
  };
  const wait = () => {
    timer = clock.after(ms, () => (polling = poll()));
  };
  wait();
  return {
    async close() {
      closed = true;
      timer?.cancel();
      await polling;
    },
  };
}
