import { networkName } from './relay.mjs';
import { kilobytes, ratioCell, spreadCell } from './report.mjs';
import { median, medianRatio, spread } from './statistics.mjs';
import { bootTargets } from './targets.mjs';

/**
 * What a browser has before a visit: nothing; the whole site; all but one edited line, which the server
 * already serves; an open page, whose file is saved and which is reloaded at once.
 */
export const STATES = /** @type {const} */ (['cold', 'warm', 'changed', 'saved']);
const STATE_TITLES = {
  cold: 'cold',
  warm: 'warm',
  changed: 'one changed line',
  saved: 'reload after a save',
};

/** @typedef {typeof STATES[number]} State */

/**
 * What a subject took in each state, one value per round. A state that it does not have is missing.
 *
 * @typedef {object} Taken
 * @property {string} id of the subject
 * @property {string} name
 * @property {Partial<Record<State, number[]>>} ms
 * @property {Partial<Record<State, number[]>>} bytes that the browser has received, in kB, with what comes after
 *   the boot; missing without a relay
 * @property {number} retries how many reloads after a save showed the old version, and needed another reload
 */

/**
 * @typedef {object} BootResult
 * @property {string} site
 * @property {string} title of the site
 * @property {import('./relay.mjs').Network} network
 * @property {Taken[]} taken
 */

/** @typedef {Partial<Record<State, number>>} Ratios */
/** @typedef {Record<string, Record<string, { ms: Ratios, bytes: Ratios }>>} AllRatios own subject → peer */

/**
 * The medians of the ratios of each own subject to each other one that has the same state.
 *
 * @param {Taken[]} taken
 * @param {readonly string[]} own ids
 * @returns {AllRatios}
 */
export function ratiosOf(taken, own) {
  /** @type {AllRatios} */
  const all = {};
  for (const ours of taken.filter(({ id }) => own.includes(id))) {
    const peers = taken.filter(({ id }) => !own.includes(id));
    all[ours.id] = Object.fromEntries(
      peers.map((theirs) => [
        theirs.id,
        { ms: stateRatios(ours.ms, theirs.ms), bytes: stateRatios(ours.bytes, theirs.bytes) },
      ]),
    );
  }
  return all;
}

/**
 * @param {Partial<Record<State, number[]>>} ours
 * @param {Partial<Record<State, number[]>>} theirs
 * @returns {Ratios}
 */
const stateRatios = (ours, theirs) =>
  Object.fromEntries(
    STATES.flatMap((state) => {
      const [one, other] = [ours[state], theirs[state]];
      return one === undefined || other === undefined ? [] : [[state, medianRatio(one, other)]];
    }),
  );

/**
 * A table of times, one of bytes where they were counted, and one of ratios for each own subject.
 *
 * @param {BootResult} result
 * @param {readonly string[]} own ids of the subjects that are compared with the others
 * @returns {import('./report.mjs').Section[]}
 */
export function bootSections(result, own) {
  const { site, network, taken } = result;
  const where = `${site}, ${networkName(network)}`;
  const ratios = ratiosOf(taken, own);
  const titles = STATES.map((state) => STATE_TITLES[state]);
  const nameOf = (/** @type {string} */ id) => taken.find((one) => one.id === id)?.name ?? id;
  const table = (
    /** @type {string} */ title,
    /** @type {'ms' | 'bytes'} */ what,
    /** @type {(values: number[]) => string} */ cell,
  ) => ({
    title,
    header: ['', ...titles],
    rows: taken.map((one) => [
      one.name,
      ...STATES.map((state) => {
        const values = one[what][state];
        if (values === undefined) return '–';
        return (
          cell(values) +
          (what === 'ms' && state === 'saved' && one.retries > 0 ? `, ${one.retries} reloaded again` : '')
        );
      }),
    ]),
    targets: [],
  });
  const times = {
    ...table(`Boot of ${where} (ms: median, min–max)`, 'ms', (values) => spreadCell(spread(values))),
    targets: bootTargets(result, ratios),
    // JSON has no Infinity: no limit is null.
    data: { bench: 'boot', ...result, ratios },
    boot: result,
  };
  const counted = taken.some(({ bytes }) => Object.keys(bytes).length > 0);
  const bytes = {
    ...table(`Received, ${where} (kB)`, 'bytes', (values) => kilobytes(median(values))),
    data: undefined,
  };
  const compared = Object.entries(ratios)
    .filter(([, peers]) => Object.keys(peers).length > 0)
    .map(([id, peers]) => ({
      title: `${nameOf(id)} / others, ${where} (time${counted ? ', bytes' : ''}: median of ratios)`,
      header: ['', ...titles],
      rows: Object.entries(peers).map(([peer, { ms, bytes: received }]) => [
        nameOf(peer),
        ...STATES.map((state) => {
          const cells = [ms[state], received[state]].flatMap((ratio) =>
            ratio === undefined ? [] : [ratioCell(ratio)],
          );
          return cells.join(', ') || '–';
        }),
      ]),
      targets: [],
      data: undefined,
    }));
  return [times, ...(counted ? [bytes] : []), ...compared];
}
