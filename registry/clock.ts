export interface Clock {
  /** Calls back after so many milliseconds unless cancelled. */
  after(ms: number, callback: () => void): { cancel(): void };
}

export const systemClock: Clock = {
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
