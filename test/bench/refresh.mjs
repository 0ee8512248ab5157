import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { launchFresh } from './browser.mjs';
import { saveComponent } from './react-site.mjs';
import { ratioCell, spreadCell } from './report.mjs';
import { makeSite } from './sites.mjs';
import { medianRatio, spread } from './statistics.mjs';
import { REFRESH_RATIO } from './targets.mjs';

/** @typedef {import('./subjects.mjs').Subject} Subject */
/** @typedef {import('./context.mjs').BenchContext} BenchContext */
/** @typedef {import('./bench-page.mjs').BenchPage} BenchPage */

const SITE = 'react';
/** Edits per round. Many, because other load on the machine affects a single edit. */
const EDITS = 10;
/** Longer than the pause that any watcher needs after a change. */
const REST_MS = 250;

/**
 * @typedef {object} Contestant
 * @property {Subject} subject
 * @property {string} directory
 * @property {import('./subjects.mjs').Server} server
 * @property {BenchPage} page
 * @property {number[]} times
 */

/** Time from the save of a component in TypeScript until the open page shows it, with the state that it had. */
export const refresh = {
  name: 'refresh',

  /** @param {BenchContext} bench */
  async run(bench) {
    /** @type {Contestant[]} */
    const contestants = [];
    for (const subject of bench.options.subjects.filter(({ keepsPages, bundles }) => keepsPages && !bundles))
      contestants.push(await enter(bench, subject));
    // The first edits are not measured: they compile and cache code.
    for (let edit = 1; edit <= (bench.options.rounds + 1) * EDITS; edit++) {
      for (const contestant of edit % 2 === 0 ? contestants : contestants.toReversed()) {
        const ms = await editOnce(contestant, edit);
        if (edit > EDITS) contestant.times.push(ms);
      }
    }
    for (const { server } of contestants) await server.close();
    return [section(contestants)];
  },
};

/**
 * @param {BenchContext} bench
 * @param {Subject} subject
 * @returns {Promise<Contestant>}
 */
async function enter(bench, subject) {
  const directory = path.join(bench.directory, `${subject.id}-refresh`);
  await makeSite(SITE, directory);
  const scratch = await bench.makeDirectory();
  const server = await subject.start({ directory, scratch, certificate: bench.certificate });
  bench.defer(server.close);
  const browser = await launchFresh({ engine: bench.options.engine, directory: bench.directory });
  bench.defer(browser.close);
  const page = await browser.newPage();
  await page.goto(`${server.origin}/`).catch(() => {});
  await page.until(() => /** @type {any} */ (globalThis).lastShown, undefined);
  await page.evaluate(() => /** @type {any} */ (globalThis).modcast?.idle(), undefined);
  return { subject, directory, server, page, times: [] };
}

/**
 * @param {Contestant} contestant
 * @param {number} revision
 * @returns {Promise<number>} milliseconds
 * @throws if the component lost its state
 */
async function editOnce({ directory, subject, page }, revision) {
  const shown = page.evaluate(
    (wanted) =>
      new Promise((/** @type {(found: { at: number, instance: number }) => void} */ resolve) => {
        const scope = /** @type {any} */ (globalThis);
        scope.shown = (/** @type {number} */ seen, /** @type {number} */ instance) => {
          if (seen === wanted) resolve({ at: performance.timeOrigin + performance.now(), instance });
        };
      }),
    revision,
  );
  await delay(REST_MS);
  const saved = await saveComponent(directory, revision);
  // In a page that reloads instead, the promise rejects.
  const { at, instance } = await shown;
  if (instance !== 1) throw new Error(`${subject.name}: the component lost its state`);
  return at - saved;
}

/**
 * @param {Contestant[]} contestants
 * @returns {import('./report.mjs').Section}
 */
function section(contestants) {
  const own = contestants.find(({ subject }) => subject.id === 'modcast');
  const peers = own === undefined ? [] : contestants.filter((one) => one !== own);
  const ratios = peers.map(({ times }) => medianRatio(/** @type {Contestant} */ (own).times, times));
  return {
    title: `From the save of a component to its new version, with its state, in ${SITE} (ms: median, min–max)`,
    header: [
      '',
      ...contestants.map(({ subject }) => subject.name),
      ...peers.map(({ subject }) => `modcast / ${subject.name}`),
    ],
    rows: [
      ['one page', ...contestants.map(({ times }) => spreadCell(spread(times))), ...ratios.map(ratioCell)],
    ],
    targets: peers.flatMap(({ subject }, index) => {
      const value = /** @type {number} */ (ratios[index]);
      return subject.id === 'vite'
        ? [{ what: 'save of a component, against Vite', value, atMost: REFRESH_RATIO, unit: '×' }]
        : [];
    }),
    data: {
      bench: 'refresh',
      site: SITE,
      times: Object.fromEntries(contestants.map(({ subject, times }) => [subject.id, times])),
    },
  };
}
