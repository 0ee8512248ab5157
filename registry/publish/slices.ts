import { setImmediate } from 'node:timers/promises';

const SLICE = 1000;

/** Cuts a long list into slices, and lets other work run between two of them. */
export async function* inSlices<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let at = 0; at < items.length; at += SLICE) {
    if (at > 0) await setImmediate();
    yield items.slice(at, at + SLICE);
  }
}
