/** @typedef {import('./report.mjs').Target} Target */

/**
 * Targets for modcast's boot time, relative to a peer's boot time.
 *
 * @type {{ roundTrip: number, state: 'cold' | 'warm', peer: string, atMost: number }[]}
 */
const BOOT = [
  { roundTrip: 0, state: 'cold', peer: 'plain', atMost: 0.8 },
  { roundTrip: 40, state: 'cold', peer: 'plain', atMost: 0.3 },
  { roundTrip: 40, state: 'cold', peer: 'vite', atMost: 0.3 },
  { roundTrip: 40, state: 'warm', peer: 'plain', atMost: 0.3 },
  { roundTrip: 40, state: 'warm', peer: 'vite', atMost: 0.3 },
];

export const LOADER_KILOBYTES = 30;
/** Time from the write of a file to the accept callback, in one page and in the last of many pages. */
export const HOT_MS = 60;
export const HOT_PAGES_MS = 250;
export const INGEST_SECONDS = { new: 6, unchanged: 1 };

/**
 * @param {string} site
 * @param {number} roundTrip
 * @param {Record<string, Record<string, number>>} ratios peer → state → modcast's time / peer's time
 * @returns {Target[]}
 */
export function bootTargets(site, roundTrip, ratios) {
  return BOOT.filter((target) => target.roundTrip === roundTrip).flatMap(({ state, peer, atMost }) => {
    const value = ratios[peer]?.[state];
    return value === undefined
      ? []
      : [{ what: `${site}, ${state} at ${roundTrip} ms, against ${peer}`, value, atMost, unit: '×' }];
  });
}
