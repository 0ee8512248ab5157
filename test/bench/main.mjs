import { writeFile } from 'node:fs/promises';
import { boot } from './boot.mjs';
import { browserVersion } from './browser.mjs';
import { openContext } from './context.mjs';
import { hot } from './hot.mjs';
import { ingest } from './ingest.mjs';
import { loaderSize } from './loader-size.mjs';
import { machineLine } from './machine.mjs';
import { readOptions, usage } from './options.mjs';
import { refresh } from './refresh.mjs';
import { plot } from './plot.mjs';
import { isMet, markdownReport } from './report.mjs';
import { start } from './start.mjs';
import { OWN_SUBJECTS } from './subjects.mjs';

/**
 * @typedef {object} Bench
 * @property {string} name for `--only`
 * @property {(bench: import('./context.mjs').BenchContext) => Promise<import('./report.mjs').Section[]>} run
 */

/** @type {Bench[]} */
const BENCHES = [loaderSize, ingest, boot, hot, start, refresh];

const names = BENCHES.map(({ name }) => name);

/** @param {import('./options.mjs').Options} options */
async function main(options) {
  const bench = await openContext(options);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.once(signal, () => void bench.close().finally(() => process.exit(1)));
  }
  try {
    const machine = await machineLine(options.engine, bench.directory);
    const sections = [];
    for (const { name, run } of BENCHES) {
      if (options.only.includes(name)) sections.push(...(await run(bench)));
    }
    process.stdout.write(markdownReport(machine, sections));
    if (options.json !== undefined) {
      const results = sections.map(({ data, targets }) => ({
        .../** @type {object} */ (data),
        targets: targets.map((target) => ({ ...target, met: isMet(target) })),
      }));
      const { rounds, engine } = options;
      const report = { time: new Date().toISOString(), machine, engine, rounds, results };
      await writeFile(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
    }
    if (options.svg !== undefined) {
      const results = sections.flatMap(({ boot }) => boot ?? []);
      const browser = await browserVersion(options.engine, bench.directory);
      await writeFile(options.svg, plot(results, { rounds: options.rounds, browser, own: OWN_SUBJECTS }));
    }
  } finally {
    await bench.close();
  }
}

/** @type {import('./options.mjs').Options | undefined} */
let options;
try {
  options = readOptions(process.argv.slice(2), names);
} catch (error) {
  console.error(`${/** @type {Error} */ (error).message}\n\n${usage(names)}`);
  process.exitCode = 2;
}
if (options !== undefined) await main(options);
