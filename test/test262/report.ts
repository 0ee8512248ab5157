import type { EngineName } from '../browser/engines/engine.js';
import { KNOWN_DIFFERENCES, type KnownDifference } from './known-differences.js';
import type { Run } from './run-engine.js';
import type { Mode } from './suite.js';
import { describeRun, isPassed, signature } from './verdict.js';

export interface Difference {
  readonly test: string;
  readonly mode: Mode;
  /** What the test did, for reading. */
  readonly native: string;
  readonly modcast: string;
  /** Why it stays, if it is a known one. */
  readonly known: string | null;
}

export interface EngineReport {
  readonly engine: EngineName;
  /** Runs of tests: a script without a mode of its own runs twice. */
  readonly runs: number;
  readonly passed: { readonly native: number; readonly modcast: number };
  readonly differences: readonly Difference[];
  readonly seconds: number;
}

export function reportOf(
  engine: EngineName,
  runs: readonly Run[],
  seconds: number,
  known: readonly KnownDifference[] = KNOWN_DIFFERENCES,
): EngineReport {
  const passed = (side: 'native' | 'modcast') =>
    runs.filter((run) => isPassed(run.scenario, run[side])).length;
  const reasonOf = (file: string) =>
    known.find(({ engines, test }) => engines.includes(engine) && test.test(file))?.reason ?? null;
  const differing = runs.filter(
    ({ scenario, native, modcast }) => signature(scenario, native) !== signature(scenario, modcast),
  );
  const differences = differing.map(({ scenario, native, modcast }) => ({
    test: scenario.file,
    mode: scenario.mode,
    native: describeRun(scenario, native),
    modcast: describeRun(scenario, modcast),
    known: reasonOf(scenario.file),
  }));
  return {
    engine,
    runs: runs.length,
    passed: { native: passed('native'), modcast: passed('modcast') },
    differences,
    seconds,
  };
}

export const newDifferences = ({ differences }: EngineReport): Difference[] =>
  differences.filter(({ known }) => known === null);

/** The report of one engine, as lines of text. */
export function reportText(report: EngineReport): string {
  const { engine, runs, passed, differences, seconds } = report;
  const unknown = newDifferences(report).length;
  const counts =
    `${runs} runs in ${seconds.toFixed(0)} s: ${passed.native} pass natively, ${passed.modcast} through modcast; ` +
    `${differences.length} differ: ${differences.length - unknown} known, ${unknown} new`;
  const parts = differences.map(
    ({ test, mode, native, modcast, known }) => `
  ${known === null ? 'new   ' : 'known '} ${test} (${mode})
    natively: ${native}
    modcast:  ${modcast}${known === null ? '' : `\n    because:  ${known}`}
`,
  );
  return `${engine}: ${counts}\n${parts.join('')}`;
}
