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
