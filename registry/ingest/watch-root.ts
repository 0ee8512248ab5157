import { realpathSync, statSync } from 'node:fs';
import { watchDirectory, type Watch, type WatchOptions } from './watch.js';

/** Milliseconds between two checks that the path still leads to the watched directory. */
export const CHECK_MS = 500;

export interface WatchRootOptions extends Omit<WatchOptions, 'onRootGone'> {
  /** Absolute. It may be a link. */
  readonly directory: string;
  /** The directory has gone. The watcher then sees every file deleted: `onChange` is not called for that. */
  readonly onGone: () => void;
  /** A directory is at the path again, the same one or another: any file may have changed. */
  readonly onBack: () => Promise<void>;
}

/**
 * Which directory is at a path. With its time of creation: file systems reuse the inode number of a deleted
 * directory for the next one.
 */
function identityOf(directory: string): string | undefined {
  try {
    const found = statSync(directory, { bigint: true });
    return found.isDirectory() ? `${found.dev}:${found.ino}:${found.birthtimeNs}` : undefined;
  } catch {
    return undefined;
  }
}

/** A watcher follows a real directory: it would not notice that a link leads to another one. */
function realPathOf(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    // It has just gone, which the next check finds.
    return directory;
  }
}

/**
 * Follows a directory that may go and come back (it is mounted, checked out or generated again), or that is a
 * link which is pointed to another one.
 */
export function watchRoot(options: WatchRootOptions): Watch {
  const { directory, clock, onChange, onGone, onBack, onError } = options;
  /** Of the directory that the watcher follows, which holds on to a directory and not to a path. */
  let followed = identityOf(directory);
  let state: 'there' | 'gone' = 'there';
  let closed = false;
  let timer: { cancel(): void } | undefined;
  let checking: Promise<void> = Promise.resolve();

  const begin = (): Watch =>
    watchDirectory({
      ...options,
      directory: realPathOf(directory),
      onChange: async (paths) => {
        if (followed !== undefined && identityOf(directory) === followed) await onChange(paths);
      },
      onRootGone: () => {
        followed = undefined;
      },
    });
  let watch = begin();
  const { ready } = watch;

  const comeBack = async (started: Watch) => {
    await started.ready;
    if (!closed && watch === started && state === 'there') await onBack();
  };
  const check = async () => {
    const found = identityOf(directory);
    if (state === 'there') {
      if (found !== undefined && found === followed) return;
      state = 'gone';
      followed = undefined;
      await watch.close();
      if (!closed) onGone();
    }
    if (found === undefined || closed) return;
    followed = found;
    state = 'there';
    watch = begin();
    // Not awaited: a watcher whose directory goes while it starts may never be ready.
    comeBack(watch).catch(onError);
  };
  const checkLater = () => {
    timer = clock.after(CHECK_MS, () => {
      checking = check()
        .catch(onError)
        .then(() => (closed ? undefined : checkLater()));
    });
  };
  checkLater();

  return {
    ready,
    async close() {
      closed = true;
      timer?.cancel();
      await watch.close();
      await checking;
      await watch.close();
    },
  };
}
