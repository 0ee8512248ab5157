import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ratioCell, spreadCell } from './report.mjs';
import { makeSite } from './sites.mjs';
import { medianRatio, spread } from './statistics.mjs';
import { START_RATIO } from './targets.mjs';

/** @typedef {import('./subjects.mjs').Subject} Subject */
/** @typedef {import('./context.mjs').BenchContext} BenchContext */

const SITE = 'react';
const STATES = /** @type {const} */ (['nothing', 'what an earlier start left']);

/**
 * @typedef {object} Contestant
 * @property {Subject} subject
 * @property {string} directory
 * @property {Record<string, number[]>} times by state, one value per round
 */

/**
 * Time from the start of a dev server's process until an application in TypeScript has booted in a browser with
 * an empty profile: what a developer waits for in the morning.
 */
export const start = {
  name: 'start',

  /** @param {BenchContext} bench */
  async run(bench) {
    /** @type {Contestant[]} */
    const contestants = [];
    for (const subject of bench.options.subjects.filter(({ keepsPages }) => keepsPages)) {
      const directory = path.join(bench.directory, `${subject.id}-start`);
      await makeSite(SITE, directory);
      contestants.push({ subject, directory, times: {} });
    }
    for (let round = 0; round <= bench.options.rounds; round++) {
      for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
        const scratch = await bench.makeDirectory();
        await rm(path.join(contestant.directory, 'node_modules/.cache'), { recursive: true, force: true });
        for (const state of STATES) {
          const ms = await startOnce(bench, contestant, scratch);
          bench.progress(
            `start, round ${round}, ${contestant.subject.name}, with ${state}: ${ms.toFixed(0)}`,
          );
          // The first round is not measured: it reads the programs from the disk.
          if (round > 0) (contestant.times[state] ??= []).push(ms);
        }
      }
    }
    return [section(contestants)];
  },
};

/**
 * @param {BenchContext} bench
 * @param {Contestant} contestant
 * @param {string} scratch where the server keeps its caches
 * @returns {Promise<number>} milliseconds
 */
function startOnce(bench, { subject, directory }, scratch) {
  return bench.inFreshBrowser(async (browser) => {
    const page = await browser.newPage();
    const from = performance.timeOrigin + performance.now();
    const server = await subject.start({ directory, scratch, certificate: bench.certificate });
    try {
      await page.goto(`${server.origin}/`).catch(() => {});
      // Vite reloads a page when it has found more packages: the last boot counts.
      const to = await page.until(() => {
        const { bootedAt } = /** @type {any} */ (globalThis);
        return bootedAt === undefined ? undefined : performance.timeOrigin + bootedAt;
      }, undefined);
      await page.close();
      return to - from;
    } finally {
      await server.close();
    }
  });
}

/**
 * @param {Contestant[]} contestants
 * @returns {import('./report.mjs').Section}
 */
function section(contestants) {
  const own = contestants.find(({ subject }) => subject.id === 'modcast');
  const rows = contestants.map(({ subject, times }) => [
    subject.name,
    ...STATES.map((state) => spreadCell(spread(/** @type {number[]} */ (times[state])))),
  ]);
  const targets = [];
  for (const peer of own === undefined ? [] : contestants.filter((one) => one !== own)) {
    const ratios = STATES.map((state) =>
      medianRatio(/** @type {number[]} */ (own?.times[state]), /** @type {number[]} */ (peer.times[state])),
    );
    rows.push([`modcast / ${peer.subject.name}`, ...ratios.map(ratioCell)]);
    if (peer.subject.id !== 'vite') continue;
    for (const [index, state] of STATES.entries()) {
      const value = /** @type {number} */ (ratios[index]);
      targets.push({ what: `start with ${state}, against Vite`, value, atMost: START_RATIO, unit: '×' });
    }
  }
  return {
    title: `From the start of the server to the boot of ${SITE} (ms: median, min–max)`,
    header: ['', ...STATES.map((state) => `with ${state}`)],
    rows,
    targets,
    data: {
      bench: 'start',
      site: SITE,
      times: contestants.map(({ subject, times }) => ({ id: subject.id, times })),
    },
  };
}
