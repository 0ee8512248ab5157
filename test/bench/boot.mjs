import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bootSections } from './boot-result.mjs';
import { isDirect, networkName, startRelay } from './relay.mjs';
import { SITES, editLeaf, makeSite } from './sites.mjs';
import { OWN_SUBJECTS } from './subjects.mjs';
import { reloadAfterSave, visit } from './visit.mjs';

/** @typedef {import('./subjects.mjs').Subject} Subject */
/** @typedef {import('./context.mjs').BenchContext} BenchContext */
/** @typedef {import('./relay.mjs').Network} Network */
/** @typedef {import('./boot-result.mjs').State} State */
/** @typedef {import('./boot-result.mjs').Taken} Taken */
/** @typedef {import('./visit.mjs').Visit & { kilobytes: number | undefined }} Measured */

const EDIT_LIMIT_MS = 30_000;

/**
 * A subject with its own copy of the site, so that an edit does not trigger the watcher of another subject.
 *
 * @typedef {object} Contestant
 * @property {Subject} subject
 * @property {string} directory
 * @property {import('./subjects.mjs').Server} server
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
  const { title, cannotBundle, usesPackages } = /** @type {import('./sites.mjs').Site} */ (SITES[site]);
  const { options } = bench;
  const contestants = [];
  for (const subject of options.subjects) {
    if (subject.bundles && cannotBundle) bench.progress(`${site}: ${subject.name} cannot bundle it`);
    else if (subject.isPlain && usesPackages) bench.progress(`${site}: ${subject.name} cannot run it`);
    else contestants.push(await enter(bench, subject, site));
  }
  // A warm-up visit that is not measured: some servers transform modules on the first request.
  for (const { server, subject } of contestants) {
    const { exports, requests } = await bench.inFreshBrowser((browser) =>
      visit(browser, `${server.origin}/`, subject),
    );
    bench.progress(`${site}, ${subject.name}: ${exports} exports, ${requests} HTTP requests`);
  }
  const sections = [];
  for (const network of options.networks) {
    const taken = await runNetwork(bench, site, contestants, network);
    sections.push(...bootSections({ site, title, network, taken }, OWN_SUBJECTS));
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
  const { certificate } = bench;
  const server = await subject.start({ directory, scratch: await bench.makeDirectory(), certificate });
  bench.defer(server.close);
  return { subject, directory, server, revision: 0 };
}

/**
 * @param {BenchContext} bench
 * @param {string} site
 * @param {Contestant[]} contestants
 * @param {Network} network
 * @returns {Promise<Taken[]>}
 */
async function runNetwork(bench, site, contestants, network) {
  const { rounds } = bench.options;
  const runs = [];
  for (const contestant of contestants) {
    const { subject, server } = contestant;
    // Without a relay, the browser connects to the server.
    const relay = isDirect(network) ? undefined : await startRelay({ target: server.origin, ...network });
    if (relay !== undefined) bench.defer(relay.close);
    /** @type {Taken} */
    const taken = { id: subject.id, name: subject.name, ms: {}, bytes: {}, retries: 0 };
    runs.push({ contestant, relay, taken });
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { contestant, relay, taken } of runs) {
      const measured = await runRound(bench, contestant, relay);
      for (const [state, { ms, kilobytes, retries = 0 }] of measured) {
        taken.retries += retries;
        (taken.ms[state] ??= []).push(ms);
        if (kilobytes !== undefined) (taken.bytes[state] ??= []).push(kilobytes);
      }
      bench.progress(
        `${site}, ${networkName(network)}, round ${round}/${rounds}, ${taken.name}: ` +
          Array.from(measured, ([state, one]) => `${state} ${describe(one)}`).join(', '),
      );
    }
  }
  for (const { relay } of runs) await relay?.close();
  return runs.map(({ taken }) => taken);
}

/**
 * The visits of one visitor, each in a new page.
 *
 * @param {BenchContext} bench
 * @param {Contestant} contestant
 * @param {import('./relay.mjs').Relay | undefined} relay
 * @returns {Promise<Map<State, Measured>>}
 */
function runRound(bench, contestant, relay) {
  const { subject, server, directory } = contestant;
  const url = `${(relay ?? server).origin}/`;
  const received = async () => (relay === undefined ? undefined : (await relay.counts()).down / 1000);

  return bench.inFreshBrowser(async (browser) => {
    /** @type {Map<State, Measured>} */
    const measured = new Map();
    /** @type {number | undefined} */
    let before;
    const measure = async (
      /** @type {State} */ state,
      /** @type {() => Promise<import('./visit.mjs').Visit>} */ run,
    ) => {
      before = await received();
      const visited = await run();
      const after = await received();
      if (visited.leaf !== contestant.revision)
        throw new Error(`${subject.name} ran revision ${visited.leaf}, not ${contestant.revision}: ${state}`);
      const kilobytes = before === undefined || after === undefined ? undefined : after - before;
      measured.set(state, { ...visited, kilobytes });
    };
    const boots = () => visit(browser, url, subject);
    await measure('cold', boots);
    await measure('warm', boots);
    await edit(contestant);
    await measure('changed', boots);
    // What was published changes with a publish, not with a save.
    if (server.publish === undefined) {
      await measure('saved', () =>
        reloadAfterSave(browser, url, subject, async () => {
          // Only what comes after the save counts.
          before = await received();
          const at = performance.timeOrigin + performance.now();
          contestant.revision += 1;
          await editLeaf(directory, contestant.revision);
          return { at, revision: contestant.revision };
        }),
      );
    }
    return measured;
  });
}

/** @param {Measured} measured */
const describe = ({ ms, from, kilobytes, retries = 0 }) =>
  ms.toFixed(0) +
  (from === undefined ? '' : ` (${from})`) +
  (kilobytes === undefined ? '' : ` ${kilobytes.toFixed(1)} kB`) +
  (retries === 0 ? '' : `, reloaded ${retries} more times`);

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
