import { parseArgs } from 'node:util';
import type { Engine } from '../browser/engines/engine.js';
import { ENGINES, selectEngines } from '../browser/engines/selection.js';

export interface Options {
  /** Directory of a test262 checkout. */
  readonly suite: string;
  readonly engines: readonly Engine[];
  /** Only tests whose path contains this text. Empty: all. */
  readonly filter: string;
  /** Milliseconds that a test has to end. */
  readonly timeout: number;
  readonly json: boolean;
}

const NAMES = ENGINES.map(({ name }) => name.toLowerCase());

export const USAGE = `npm run test262 -- --suite <checkout> [options]

  --suite <checkout>  directory of a clone of https://github.com/tc39/test262
  --engine <list>     ${NAMES.join(',')} (default: all that are installed)
  --filter <text>     only tests whose path contains this text
  --timeout <seconds> that a test has to end (default: 10)
  --json              print the result as one JSON document`;

/** @throws Error that names the wrong option or value */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      suite: { type: 'string' },
      engine: { type: 'string' },
      filter: { type: 'string', default: '' },
      timeout: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
    },
  });
  const { suite, engine, filter, timeout, json } = values;
  if (suite === undefined)
    throw new Error('--suite is missing: it names the directory of a test262 checkout.');
  return { suite, engines: enginesOf(engine), filter, timeout: millisecondsOf(timeout), json };
}

function millisecondsOf(seconds: string): number {
  if (/^\d+(?:\.\d+)?$/.test(seconds) && Number(seconds) > 0) return Number(seconds) * 1000;
  throw new Error(`--timeout does not accept “${seconds}”. Give seconds, such as 10 or 2.5.`);
}

function enginesOf(list: string | undefined): readonly Engine[] {
  if (list === undefined) return selectEngines('').engines;
  const names = list.split(',').map((name) => name.trim().toLowerCase());
  const wrong = names.find((name) => !NAMES.includes(name));
  if (wrong === undefined) return selectEngines(list).engines;
  throw new Error(`--engine does not accept “${wrong}”. Valid values: ${NAMES.join(', ')}.`);
}
