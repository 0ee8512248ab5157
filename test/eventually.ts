import { vi } from 'vitest';

/** Checks again and again until the check passes. Its last error is the test's when that takes too long. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 20_000, interval: 10 });
