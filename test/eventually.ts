import { vi } from 'vitest';

/** On a busy machine, what takes a second elsewhere can take tens of seconds. In milliseconds. */
const DEADLINE = 60_000;

/** Checks again and again until the check passes. Its last error is the test's when that takes too long. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: DEADLINE, interval: 10 });
