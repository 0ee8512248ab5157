import { readOptions, USAGE, type Options } from './options.js';
import { newDifferences, reportOf, reportText, type EngineReport } from './report.js';
import { runEngine } from './run-engine.js';
import { readSuite } from './suite.js';

export interface Output {
  write(text: string): void;
  progress(text: string): void;
}

/** @returns the exit code: 1 if a test differs that is not known to differ, 2 for wrong usage */
export async function run(args: readonly string[], output: Output): Promise<number> {
  let options: Options;
  let suite;
  try {
    options = readOptions(args);
    suite = await readSuite(options.suite, options.filter);
  } catch (error) {
    output.progress(`${(error as Error).message}\n\n${USAGE}\n`);
    return 2;
  }
  const total = suite.scenarios.length;
  const reports: EngineReport[] = [];
  for (const engine of options.engines) {
    const started = performance.now();
    const progress = (text: string) => output.progress(`${engine.name}: ${text}\n`);
    const runs = await runEngine(engine, suite, options.timeout, {
      onProgress: (done) => progress(`${done} of ${total}`),
      onHang: ({ file, mode }) => progress(`${file} (${mode}) hangs the browser, which is started again`),
    });
    const report = reportOf(engine.name, runs, (performance.now() - started) / 1000);
    reports.push(report);
    if (!options.json) output.write(`\n${reportText(report)}\n`);
  }
  if (options.json)
    output.write(`${JSON.stringify({ suite: options.suite, engines: reports }, undefined, 2)}\n`);
  return reports.some((report) => newDifferences(report).length > 0) ? 1 : 0;
}
