import type { EngineName } from '../browser/engines/engine.js';

/** Tests that do not run through modcast as they run natively, and why that stays so. */
export interface KnownDifference {
  /** Matches the path of the test. */
  readonly test: RegExp;
  readonly engines: readonly EngineName[];
  readonly reason: string;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [];
