import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { spreadCell } from './report.mjs';
import { spread } from './statistics.mjs';
import { makeModules } from './synthetic-modules.mjs';
import { INGEST_SECONDS } from './targets.mjs';

const COUNT = 10_000;
const SIZE = 8 * 1024;
const ONCE = fileURLToPath(new URL('./ingest-once.mjs', import.meta.url));
const run = promisify(execFile);

/** How long a registry takes to read a directory: one it has never seen, and one that has not changed since. */
export const ingest = {
  name: 'ingest',

  /** @param {import('./context.mjs').BenchContext} bench */
  async run(bench) {
    const directory = await bench.makeDirectory();
    bench.progress(`ingest: writing ${COUNT} modules of ${SIZE / 1024} KB`);
    await makeModules(directory, { count: COUNT, size: SIZE });

    /** @type {{ new: number[], unchanged: number[] }} in milliseconds */
    const times = { new: [], unchanged: [] };
    for (let round = 1; round <= bench.options.rounds; round++) {
      const scratch = await bench.makeDirectory();
      const database = path.join(scratch, 'modcast.db');
      const fresh = await once(directory, database);
      const again = await once(directory, database);
      if (fresh.modules !== COUNT || again.modules !== COUNT || again.deploy !== fresh.deploy) {
        throw new Error(`ingest went wrong: ${JSON.stringify({ fresh, again })}`);
      }
      times.new.push(fresh.ms);
      times.unchanged.push(again.ms);
      bench.progress(
        `ingest, round ${round}/${bench.options.rounds}: new ${fresh.ms.toFixed(0)}, unchanged ${again.ms.toFixed(0)}`,
      );
      await rm(scratch, { recursive: true });
    }
    const states = /** @type {const} */ (['new', 'unchanged']);
    return [
      {
        title: `Reading ${COUNT} modules of ${SIZE / 1024} KB (ms: median, min–max)`,
        header: ['', 'modcast'],
        rows: states.map((state) => [state, spreadCell(spread(times[state]))]),
        targets: states.map((state) => ({
          what: `ingest, ${state}`,
          value: spread(times[state]).median / 1000,
          atMost: INGEST_SECONDS[state],
          unit: 's',
        })),
        data: { bench: 'ingest', count: COUNT, size: SIZE, times },
      },
    ];
  },
};

/**
 * In a process of its own, as every start of a server is: neither code that is warm nor a heap that is full.
 *
 * @param {string} directory
 * @param {string} database
 * @returns {Promise<{ ms: number, deploy: number, modules: number }>}
 */
async function once(directory, database) {
  const { stdout } = await run(process.execPath, [ONCE, directory, database]);
  return JSON.parse(stdout);
}
