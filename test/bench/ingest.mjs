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

/** @typedef {{ new: number[], unchanged: number[] }} Times in milliseconds */

/** Time to read a directory into a registry: a new directory, and one without changes since the last time. */
export const ingest = {
  name: 'ingest',

  /** @param {import('./context.mjs').BenchContext} bench */
  async run(bench) {
    const directory = await bench.makeDirectory();
    bench.progress(`ingest: writing ${COUNT} modules of ${SIZE / 1024} KB`);
    await makeModules(directory, { count: COUNT, size: SIZE });

    const { baseline, rounds } = bench.options;
    const readers = [{ name: 'modcast', script: ONCE }];
    if (baseline !== undefined) {
      readers.push({ name: 'baseline', script: path.resolve(baseline, 'test/bench/ingest-once.mjs') });
    }
    /** @type {Times[]} one per reader */
    const all = readers.map(() => ({ new: [], unchanged: [] }));
    for (let round = 1; round <= rounds; round++) {
      for (const [index, { name, script }] of readers.entries()) {
        const measured = await runRound(bench, script, directory);
        all[index]?.new.push(measured.new);
        all[index]?.unchanged.push(measured.unchanged);
        bench.progress(
          `ingest, round ${round}/${rounds}, ${name}: ` +
            `new ${measured.new.toFixed(0)}, unchanged ${measured.unchanged.toFixed(0)}`,
        );
      }
    }
    const [times] = /** @type {[Times]} */ (all);
    const states = /** @type {const} */ (['new', 'unchanged']);
    return [
      {
        title: `Reading ${COUNT} modules of ${SIZE / 1024} KB (ms: median, min–max)`,
        header: ['', ...readers.map(({ name }) => name)],
        rows: states.map((state) => [state, ...all.map((one) => spreadCell(spread(one[state])))]),
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
 * Reads into a new database, and then again into the same one.
 *
 * @param {import('./context.mjs').BenchContext} bench
 * @param {string} script
 * @param {string} directory
 * @returns {Promise<{ new: number, unchanged: number }>} milliseconds
 */
async function runRound(bench, script, directory) {
  const scratch = await bench.makeDirectory();
  const database = path.join(scratch, 'modcast.db');
  const fresh = await once(script, directory, database);
  const again = await once(script, directory, database);
  if (fresh.modules !== COUNT || again.modules !== COUNT || again.deploy !== fresh.deploy) {
    throw new Error(`ingest returned an unexpected result: ${JSON.stringify({ fresh, again })}`);
  }
  await rm(scratch, { recursive: true });
  return { new: fresh.ms, unchanged: again.ms };
}

/**
 * Runs in a new process, like every start of a server: no compiled code and an empty heap.
 *
 * @param {string} script
 * @param {string} directory
 * @param {string} database
 * @returns {Promise<{ ms: number, deploy: number, modules: number }>}
 */
async function once(script, directory, database) {
  const { stdout } = await run(process.execPath, [script, directory, database]);
  return JSON.parse(stdout);
}
