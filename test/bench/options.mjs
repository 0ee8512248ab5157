import { parseArgs } from 'node:util';
import { ENGINES } from './browser.mjs';
import { SITES } from './sites.mjs';
import { DEFAULT_SUBJECTS, SUBJECTS, baselineOf } from './subjects.mjs';

/**
 * @typedef {object} Options
 * @property {number} rounds
 * @property {string[]} sites
 * @property {import('./relay.mjs').Network[]} networks each round-trip time with each bandwidth
 * @property {import('./subjects.mjs').Subject[]} subjects in the order of SUBJECTS
 * @property {string} engine one of ENGINES
 * @property {string[]} only the benches to run
 * @property {string | undefined} baseline directory of a built checkout of another commit
 * @property {string | undefined} json file for the results as JSON
 * @property {string | undefined} svg file for a plot of the boot times
 */

const SUBJECT_IDS = SUBJECTS.map(({ id }) => id);
const DEFAULT_SITES = ['lodash-es', 'three'];
/** Mbit/s of a network with latency. The one without is this machine, which has no limit. */
const DEFAULT_MBIT = 50;
const ALL = 'all';

/** @param {string[]} benches every bench's name */
export const usage = (benches) => `node test/bench/main.mjs [flags]
  --rounds <n>       rounds of every measurement (5)
  --sites <list>     ${Object.keys(SITES).join(',')} or all (${DEFAULT_SITES.join(',')})
  --rtt <list>       round-trip times in ms (0,40)
  --mbit <list>      bandwidths in Mbit/s, or none (none at 0 ms, else ${DEFAULT_MBIT})
  --subjects <list>  ${SUBJECT_IDS.join(',')} or all
                     (${DEFAULT_SUBJECTS.join(',')})
  --engine <name>    ${Object.keys(ENGINES).join(' or ')} (chromium)
  --only <list>      ${benches.join(',')}
  --baseline <dir>   also measure another built checkout of modcast, in the same run
  --json <file>      also write the results as JSON
  --svg <file>       also plot the boot times`;

/**
 * @param {string[]} args
 * @param {string[]} benches every bench's name
 * @returns {Options}
 * @throws {TypeError | RangeError} for an unknown flag or value; the message lists the valid ones
 */
export function readOptions(args, benches) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      sites: { type: 'string', default: DEFAULT_SITES.join(',') },
      rtt: { type: 'string', default: '0,40' },
      mbit: { type: 'string' },
      subjects: { type: 'string', default: DEFAULT_SUBJECTS.join(',') },
      engine: { type: 'string', default: 'chromium' },
      only: { type: 'string', default: benches.join(',') },
      baseline: { type: 'string' },
      json: { type: 'string' },
      svg: { type: 'string' },
    },
  });
  const ids = chosen('--subjects', values.subjects, SUBJECT_IDS);
  const only = chosen('--only', values.only, benches);
  if (values.svg !== undefined && !only.includes('boot'))
    throw new RangeError('--svg plots boot times, which --only leaves out.');
  return {
    rounds: wholeNumber('--rounds', values.rounds, 1),
    sites: chosen('--sites', values.sites, Object.keys(SITES)),
    networks: networks(values.rtt, values.mbit),
    subjects: [
      ...SUBJECTS.filter(({ id }) => ids.includes(id)),
      ...(values.baseline === undefined ? [] : [baselineOf(values.baseline)]),
    ],
    engine: oneOf('--engine', values.engine, Object.keys(ENGINES)),
    only,
    baseline: values.baseline,
    json: values.json,
    svg: values.svg,
  };
}

/**
 * @param {string} rtt
 * @param {string | undefined} mbit
 * @returns {import('./relay.mjs').Network[]}
 */
function networks(rtt, mbit) {
  const bandwidths = mbit?.split(',').map(bandwidth);
  return rtt
    .split(',')
    .map((time) => wholeNumber('--rtt', time, 0))
    .flatMap((roundTrip) =>
      (bandwidths ?? [roundTrip === 0 ? Infinity : DEFAULT_MBIT]).map((limit) => ({
        roundTrip,
        mbit: limit,
      })),
    );
}

/** @param {string} text */
const bandwidth = (text) => (text.trim() === 'none' ? Infinity : wholeNumber('--mbit', text, 1));

/**
 * @param {string} flag
 * @param {string} list
 * @param {string[]} known
 */
function chosen(flag, list, known) {
  if (list.trim() === ALL) return known;
  return list.split(',').map((name) => oneOf(flag, name.trim(), known));
}

/**
 * @param {string} flag
 * @param {string} name
 * @param {string[]} known
 */
function oneOf(flag, name, known) {
  if (known.includes(name)) return name;
  throw new RangeError(`${flag} does not accept ${JSON.stringify(name)}. Valid values: ${known.join(', ')}.`);
}

/**
 * @param {string} flag
 * @param {string} text
 * @param {number} least
 */
function wholeNumber(flag, text, least) {
  const number = Number(text);
  if (text.trim() === '' || !Number.isInteger(number) || number < least)
    throw new RangeError(
      `${flag} must be a whole number of at least ${least}, but is ${JSON.stringify(text)}.`,
    );
  return number;
}
