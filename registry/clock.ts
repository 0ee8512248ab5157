/** Timers, replaceable in tests. */
export interface Clock {
  /** Calls back once after `ms` milliseconds, unless cancelled. */
  after(ms: number, callback: () => void): { cancel(): void };
}

/** Node's timers. They do not keep the process running. */
export const systemClock: Clock = {
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** What the work resolves to, or null if that takes longer than `ms` milliseconds. It must not reject. */
export function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | null> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, () => resolve(null));
    void work.then((result) => {
      timer.cancel();
      resolve(result);
    });
  });
}
