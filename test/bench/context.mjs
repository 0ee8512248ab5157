import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/**
 * What every bench gets.
 *
 * @typedef {object} BenchContext
 * @property {import('./options.mjs').Options} options
 * @property {string} directory a temporary one, removed at the end
 * @property {() => Promise<string>} makeDirectory an empty one in it
 * @property {(line: string) => void} progress
 * @property {(close: () => Promise<void>) => void} defer done at the end, latest first, also when the run is
 *   interrupted; may be something that has been done before
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
