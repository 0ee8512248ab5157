import type { Observations } from '../harness.js';

/** What of modcast a page can tell in one engine. Each entry is tested to be still there. */
export interface EngineDifferences {
  /** Differences that stay, by the names of their fixtures. */
  readonly known: Readonly<Record<string, KnownDifference>>;
  /** Fixtures that do not finish natively in this engine. */
  readonly unfinished: Readonly<Record<string, UnfinishedFixture>>;
  /** Fixtures that still differ and should not. A repair removes its line. */
  readonly open: readonly string[];
}

/** What modcast does not hide from a page, and what of the observations is the same all the same. */
export interface KnownDifference {
  readonly reason: string;
  /** Leaves out the difference, and nothing else. */
  readonly same: (observations: Observations) => unknown;
  /** Whether it need not be there in each run, because the engine itself behaves differently from run to run. */
  readonly varies?: true;
}

export interface UnfinishedFixture {
  readonly reason: string;
  /** Whether what keeps the fixture from finishing has happened. */
  readonly stopped: (observations: Observations) => boolean;
  /** Whether it finishes in some runs, because the engine itself behaves differently from run to run. */
  readonly varies?: true;
}
