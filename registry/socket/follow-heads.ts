import type { Catalog, Head } from '../content/catalog.js';
import type { Clock } from '../clock.js';

export interface FollowOptions {
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** Milliseconds between two looks, each of which costs a channel one look into an index. */
  readonly ms: number;
  readonly onRelease: (release: Head) => void;
  readonly onError: (error: unknown) => void;
}

/** Has the catalog take note of what other processes publish into its database. Close it before the store. */
export function followHeads({ catalog, clock, ms, onRelease, onError }: FollowOptions): {
  close(): Promise<void>;
} {
  let closed = false;
  let timer: { cancel(): void } | undefined;
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    try {
      for (const release of await catalog.refresh()) onRelease(release);
    } catch (error) {
      onError(error);
    }
    if (!closed) timer = clock.after(ms, () => (looking = look()));
  };
  timer = clock.after(ms, () => (looking = look()));
  return {
    async close() {
      closed = true;
      timer?.cancel();
      await looking;
    },
  };
}
