import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { launchFresh } from './browser.mjs';
import { startRelay } from './relay.mjs';
import { ratioCell, spreadCell } from './report.mjs';
import { editLeaf, makeSite } from './sites.mjs';
import { medianRatio, spread } from './statistics.mjs';
import { bootTargets } from './targets.mjs';
import { visit } from './visit.mjs';

/** @typedef {import('./subjects.mjs').Subject} Subject */
/** @typedef {import('./context.mjs').BenchContext} BenchContext */

/** What the browser has cached before a visit: nothing, the whole site, all but one edited module. */
const STATES = /** @type {const} */ (['cold', 'warm', 'changed']);
const STATE_TITLES = { cold: 'cold', warm: 'warm', changed: 'one changed file' };
const EDIT_LIMIT_MS = 30_000;

/** @typedef {typeof STATES[number]} State */
/** @typedef {Record<State, number[]>} Times one value per round, in milliseconds */

/**
 * A subject with its own copy of the site, so that an edit does not trigger the watcher of another subject.
 *
 * @typedef {object} Contestant
 * @property {Subject} subject
 * @property {string} directory
 * @property {import('./subjects.mjs').Server} server
 * @property {Map<number, string>} origins by round-trip time
 * @property {number} revision of its leaf
 */

/** Boot times: from the start of a navigation to the last statement of the page's main module. */
export const boot = {
  name: 'boot',

  /** @param {BenchContext} bench */
  async run(bench) {
    const sections = [];
    for (const site of bench.options.sites) sections.push(...(await runSite(bench, site)));
    return sections;
  },
};

/**
 * @param {BenchContext} bench
 * @param {string} site
 */
async function runSite(bench, site) {
  const { options } = bench;
  const contestants = [];
  for (const subject of options.subjects) contestants.push(await enter(bench, subject, site));

  // A warm-up visit that is not measured: some servers transform modules on the first request.
  for (const contestant of contestants) {
    const { exports, requests } = await inFreshBrowser(bench, (context) =>
      visit(context, `${contestant.server.origin}/`, contestant.subject),
    );
    bench.progress(`${site}, ${contestant.subject.name}: ${exports} exports, ${requests} HTTP requests`);
  }

  const sections = [];
  for (const roundTrip of options.roundTrips) {
    /** @type {Map<string, Times>} */
    const times = new Map(
      contestants.map(({ subject }) => [subject.id, { cold: [], warm: [], changed: [] }]),
    );
    for (let round = 1; round <= options.rounds; round++) {
      for (const contestant of contestants) {
        const measured = await runRound(bench, contestant, roundTrip);
        const all = /** @type {Times} */ (times.get(contestant.subject.id));
        for (const state of STATES) all[state].push(measured[state].ms);
        bench.progress(
          `${site}, ${roundTrip} ms, round ${round}/${options.rounds}, ${contestant.subject.name}: ` +
            STATES.map((state) => `${state} ${describe(measured[state])}`).join(', '),
        );
      }
    }
    sections.push(section(site, roundTrip, contestants, times));
  }
  for (const { server } of contestants) await server.close();
  return sections;
}

/**
 * @param {BenchContext} bench
 * @param {Subject} subject
 * @param {string} site
 * @returns {Promise<Contestant>}
 */
async function enter(bench, subject, site) {
  const directory = path.join(bench.directory, `${subject.id}-${site}`);
  await makeSite(site, directory);
  const server = await subject.start({ directory, scratch: await bench.makeDirectory() });
  bench.defer(server.close);
  // Without latency there is no relay: the browser connects to the server.
  const origins = new Map([[0, server.origin]]);
  for (const roundTrip of bench.options.roundTrips.filter((time) => time > 0)) {
    const relay = await startRelay({ target: server.origin, roundTrip });
    bench.defer(relay.close);
    origins.set(roundTrip, relay.origin);
  }
  return { subject, directory, server, origins, revision: 0 };
}

/**
 * Three visits of one visitor, each in a new page: with an empty cache, with a full cache, and after an edit.
 *
 * @param {BenchContext} bench
 * @param {Contestant} contestant
 * @param {number} roundTrip
 * @returns {Promise<Record<State, import('./visit.mjs').Visit>>}
 */
function runRound(bench, contestant, roundTrip) {
  const { subject, origins } = contestant;
  const url = `${origins.get(roundTrip)}/`;
  return inFreshBrowser(bench, async (context) => {
    const bootAt = async (/** @type {number} */ revision) => {
      const visited = await visit(context, url, subject);
      if (visited.leaf !== revision) {
        throw new Error(`${subject.name} ran revision ${visited.leaf} of the leaf, not ${revision}`);
      }
      return visited;
    };
    const cold = await bootAt(contestant.revision);
    const warm = await bootAt(contestant.revision);
    await edit(contestant);
    const changed = await bootAt(contestant.revision);
    return { cold, warm, changed };
  });
}

/** @param {import('./visit.mjs').Visit} visit */
const describe = ({ ms, from }) => ms.toFixed(0) + (from === undefined ? '' : ` (${from})`);

/**
 * Edits the leaf and waits until the server serves it. No page is open, so there is no hot reload.
 *
 * @param {Contestant} contestant
 */
async function edit(contestant) {
  const { subject, server, directory } = contestant;
  const before = await server.revision();
  contestant.revision += 1;
  await editLeaf(directory, contestant.revision);
  await server.publish?.();
  const limit = performance.now() + EDIT_LIMIT_MS;
  while ((await server.revision()) === before) {
    if (performance.now() > limit) throw new Error(`${subject.name} did not serve the edited module in time`);
    await delay(20);
  }
}

/**
 * @template T
 * @param {BenchContext} bench
 * @param {(context: import('playwright-core').BrowserContext) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function inFreshBrowser(bench, use) {
  const browser = await launchFresh(bench.directory);
  bench.defer(browser.close);
  try {
    return await use(browser.context);
  } finally {
    await browser.close();
  }
}

/**
 * @param {string} site
 * @param {number} roundTrip
 * @param {Contestant[]} contestants
 * @param {Map<string, Times>} times
 * @returns {import('./report.mjs').Section}
 */
function section(site, roundTrip, contestants, times) {
  const subjects = contestants.map(({ subject }) => subject);
  const own = times.get('modcast');
  const peers = own === undefined ? [] : subjects.filter(({ id }) => id !== 'modcast');
  const of = (/** @type {Subject} */ subject, /** @type {State} */ state) =>
    /** @type {Times} */ (times.get(subject.id))[state];

  /** @type {Record<string, Record<string, number>>} peer → state → ratio */
  const ratios = {};
  for (const peer of peers) {
    ratios[peer.id] = Object.fromEntries(
      STATES.map((state) => [state, medianRatio(/** @type {Times} */ (own)[state], of(peer, state))]),
    );
  }
  return {
    title: `Boot of ${site}, ${roundTrip} ms round trip (ms: median, min–max)`,
    header: ['', ...subjects.map(({ name }) => name), ...peers.map(({ name }) => `modcast / ${name}`)],
    rows: STATES.map((state) => [
      STATE_TITLES[state],
      ...subjects.map((subject) => spreadCell(spread(of(subject, state)))),
      ...peers.map(({ id }) => ratioCell(/** @type {number} */ (ratios[id]?.[state]))),
    ]),
    targets: bootTargets(site, roundTrip, ratios),
    data: { bench: 'boot', site, roundTrip, times: Object.fromEntries(times), ratios },
  };
}
