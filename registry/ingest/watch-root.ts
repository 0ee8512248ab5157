import { statSync } from 'node:fs';
import { watchDirectory, type Watch, type WatchOptions } from './watch.js';

/** Milliseconds between two looks whether the directory is still the one that is watched. */
const LOOK_MS = 500;

export interface WatchRootOptions extends WatchOptions {
  /** It has gone. What that looks like from inside, all files deleted, is told to nobody. */
  readonly onGone: () => void;
  /** It is there again, or another one in its place: anything may have changed. */
  readonly onBack: () => Promise<void>;
}

/** Which directory is at a path: the watcher follows that one, and not the path. */
function identityOf(directory: string): string | undefined {
  try {
    const found = statSync(directory);
    return found.isDirectory() ? `${found.dev}:${found.ino}` : undefined;
  } catch {
    return undefined;
  }
}

/** Follows a directory also when it goes and comes back, as when it is mounted, checked out or generated anew. */
export function watchRoot(options: WatchRootOptions): Watch {
  const { directory, clock, onChange, onGone, onBack, onError } = options;
  let state: 'there' | 'gone' = 'there';
  let closed = false;
  let identity = identityOf(directory);
  let timer: { cancel(): void } | undefined;
  let moving: Promise<void> = Promise.resolve();
  const isThere = () => state === 'there' && identity !== undefined && identityOf(directory) === identity;
  const begin = () =>
    watchDirectory({
      ...options,
      onChange: (paths) => (isThere() ? onChange(paths) : Promise.resolve()),
      onRootGone: () => {
        identity = undefined;
      },
    });
  let watch = begin();

  const look = async () => {
    const now = identityOf(directory);
    if (now !== undefined && now === identity) return;
    if (state === 'there') {
      state = 'gone';
      await watch.close();
      if (!closed) onGone();
    }
    if (now === undefined || closed) return;
    identity = now;
    state = 'there';
    watch = begin();
    await watch.ready;
    if (!closed) await onBack();
  };
  const wait = () => {
    timer = clock.after(LOOK_MS, () => {
      moving = look()
        .catch(onError)
        .then(() => (closed ? undefined : wait()));
    });
  };
  wait();
  return {
    ready: watch.ready,
    async close() {
      closed = true;
      timer?.cancel();
      await watch.close();
      await moving;
      await watch.close();
    },
  };
}
