import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/**
 * The argument of every bench.
 *
 * @typedef {object} BenchContext
 * @property {import('./options.mjs').Options} options
 * @property {string} directory a temporary directory, removed at the end
 * @property {() => Promise<string>} makeDirectory creates an empty directory in it
 * @property {(line: string) => void} progress
 * @property {(close: () => Promise<void>) => void} defer registers a function that runs at the end or on an
 *   interrupt, last one first; it must tolerate a second call
 */

/**
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<BenchContext & { close: () => Promise<void> }>}
 */
export async function openContext(options) {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'modcast-bench-'));
  /** @type {(() => Promise<void>)[]} */
  const closers = [];
  return {
    options,
    directory,
    makeDirectory: () => mkdtemp(path.join(directory, 'scratch-')),
    progress: (line) => console.error(line),
    defer: (close) => closers.push(close),
    async close() {
      for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) {
        await closer().catch((error) => console.error(error));
      }
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
