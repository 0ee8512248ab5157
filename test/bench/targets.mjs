/** @typedef {import('./report.mjs').Target} Target */
/** @typedef {import('./boot-result.mjs').State} State */

/**
 * What a user of a large site would take today: modcast's boot is compared with that.
 *
 * @type {{ own: string, peer: string, roundTrips: number[], state: State, what: 'ms' | 'bytes', atMost: number }[]}
 */
const BOOT = [
  { own: 'modcast', peer: 'vite-bundled', roundTrips: [0, 40], state: 'warm', what: 'ms', atMost: 1 },
  { own: 'modcast', peer: 'vite', roundTrips: [0], state: 'cold', what: 'ms', atMost: 1 },
  { own: 'modcast', peer: 'vite', roundTrips: [0], state: 'warm', what: 'ms', atMost: 1 },
  { own: 'modcast', peer: 'plain', roundTrips: [0, 40], state: 'warm', what: 'ms', atMost: 0.25 },
  { own: 'production', peer: 'build-h2', roundTrips: [0, 40], state: 'warm', what: 'ms', atMost: 1.2 },
  { own: 'production', peer: 'build-h2', roundTrips: [40], state: 'cold', what: 'ms', atMost: 1.2 },
  { own: 'production', peer: 'build-h2', roundTrips: [40], state: 'changed', what: 'ms', atMost: 1 },
  { own: 'production', peer: 'build-h2', roundTrips: [40], state: 'changed', what: 'bytes', atMost: 0.02 },
];

export const LOADER_KILOBYTES = 30;
/** Time from the write of a file to the accept callback, in one page and in the last of many pages. */
export const HOT_MS = 60;
export const HOT_PAGES_MS = 250;
/** modcast's time divided by Vite's: from the start of the server to a boot, and from a save to the new component. */
export const START_RATIO = 1;
export const REFRESH_RATIO = 1.2;
export const INGEST_SECONDS = { new: 6, unchanged: 1 };

/**
 * @param {import('./boot-result.mjs').BootResult} result
 * @param {import('./boot-result.mjs').AllRatios} ratios
 * @returns {Target[]}
 */
export function bootTargets({ site, network }, ratios) {
  return BOOT.filter(({ roundTrips }) => roundTrips.includes(network.roundTrip)).flatMap(
    ({ own, peer, state, what, atMost }) => {
      const value = ratios[own]?.[peer]?.[what][state];
      const subject = `${site}, ${own}, ${state}${what === 'bytes' ? ', bytes' : ''}, against ${peer}`;
      return value === undefined ? [] : [{ what: subject, value, atMost, unit: '×' }];
    },
  );
}
