import { parseArgs } from 'node:util';
import { SITES } from './sites.mjs';
import { SUBJECTS, baselineOf } from './subjects.mjs';

/**
 * @typedef {object} Options
 * @property {number} rounds
 * @property {string[]} sites
 * @property {number[]} roundTrips in milliseconds
 * @property {import('./subjects.mjs').Subject[]} subjects in the order of SUBJECTS
 * @property {string[]} only the benches to run
 * @property {string | undefined} baseline directory of a built checkout of another commit
 * @property {string | undefined} json file for the results as JSON
 */

/** @param {string[]} benches every bench's name */
export const usage = (benches) => `node test/bench/main.mjs [flags]
  --rounds <n>       rounds of every measurement (5)
  --sites <list>     ${Object.keys(SITES).join(',')}
  --rtt <list>       round-trip times in ms (0,40)
  --subjects <list>  ${SUBJECTS.map(({ id }) => id).join(',')}
  --only <list>      ${benches.join(',')}
  --baseline <dir>   also measure another built checkout of modcast, in the same run
  --json <file>      also write the results as JSON`;

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
      sites: { type: 'string', default: Object.keys(SITES).join(',') },
      rtt: { type: 'string', default: '0,40' },
      subjects: { type: 'string', default: SUBJECTS.map(({ id }) => id).join(',') },
      only: { type: 'string', default: benches.join(',') },
      baseline: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const ids = chosen(
    '--subjects',
    values.subjects,
    SUBJECTS.map(({ id }) => id),
  );
  return {
    rounds: wholeNumber('--rounds', values.rounds, 1),
    sites: chosen('--sites', values.sites, Object.keys(SITES)),
    roundTrips: values.rtt.split(',').map((time) => wholeNumber('--rtt', time, 0)),
    subjects: [
      ...SUBJECTS.filter(({ id }) => ids.includes(id)),
      ...(values.baseline === undefined ? [] : [baselineOf(values.baseline)]),
    ],
    only: chosen('--only', values.only, benches),
    baseline: values.baseline,
    json: values.json,
  };
}

/**
 * @param {string} flag
 * @param {string} list
 * @param {string[]} known
 */
function chosen(flag, list, known) {
  const names = list.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined)
    throw new RangeError(
      `${flag} does not accept ${JSON.stringify(wrong)}. Valid values: ${known.join(', ')}.`,
    );
  return names;
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
