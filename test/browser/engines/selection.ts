import { chromium } from './chromium.js';
import type { Engine } from './engine.js';
import { firefox } from './firefox.js';
import { webkit } from './webkit.js';

/** All engines, in the order of the suites and reports. */
export const ENGINES: readonly Engine[] = [chromium, firefox, webkit];

export interface Selection {
  /** The engines to test. A named one may be missing: launching it then fails with the reason. */
  readonly engines: readonly Engine[];
  /** For each engine that was not named and is not installed, how to install it. */
  readonly missing: readonly string[];
}

const nameOf = ({ name }: Engine): string => name.toLowerCase();

/**
 * @param named names of engines, separated by commas, as in the environment variable BROWSERS. Without it:
 *   Chromium and all others that are installed.
 * @throws Error if it names an engine that does not exist, or none
 */
export function selectEngines(named = process.env['BROWSERS'] ?? '', known = ENGINES): Selection {
  if (named.trim() === '') {
    const missing = known.map((engine) => [engine, whyMissing(engine)] as const);
    return {
      engines: missing.flatMap(([engine, why]) => (why === null || engine === chromium ? [engine] : [])),
      missing: missing.flatMap(([, why]) => why ?? []),
    };
  }
  const names = named.split(',').map((name) => name.trim().toLowerCase());
  const unknown = names.find((name) => !known.some((engine) => nameOf(engine) === name));
  if (unknown !== undefined) {
    throw new Error(
      `BROWSERS names “${unknown}”, which is no known browser. Known are: ${known.map(nameOf).join(', ')}.`,
    );
  }
  return { engines: known.filter((engine) => names.includes(nameOf(engine))), missing: [] };
}

/** What `find` says if the engine is not installed, else null. */
export function whyMissing(engine: Engine): string | null {
  try {
    engine.find();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
