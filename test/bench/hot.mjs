import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { launchFresh } from './browser.mjs';
import { ratioCell, spreadCell } from './report.mjs';
import { makeSite } from './sites.mjs';
import { medianRatio, spread } from './statistics.mjs';
import { HOT_MS, HOT_PAGES_MS } from './targets.mjs';

/** @typedef {import('./subjects.mjs').Subject} Subject */
/** @typedef {import('./context.mjs').BenchContext} BenchContext */
/** @typedef {import('./browser.mjs').Browser} Browser */
/** @typedef {import('./bench-page.mjs').BenchPage} BenchPage */

const SITE = 'lodash-es';
const MODULE = 'hot.mjs';
const PAGES = 20;
/** Edits per round with one page. Many, because other load on the machine affects a single edit. */
const EDITS = 30;
/** Edits per round with all pages connected. */
const EDITS_OF_MANY = 10;
/** Longer than the pause that any watcher needs after a change. */
const REST_MS = 250;

/** @param {number} revision */
const hotModule = (revision) => `export const revision = ${revision};
globalThis.hot ??= {};
const now = () => performance.timeOrigin + performance.now();
globalThis.hot[revision] ??= now();
import.meta.hot?.accept((next) => {
  globalThis.hot[next.revision] = now();
  globalThis.accepted?.(next.revision);
});
`;

const now = () => performance.timeOrigin + performance.now();

/**
 * @typedef {object} Contestant
 * @property {Subject} subject
 * @property {string} directory
 * @property {import('./subjects.mjs').Server} server
 * @property {Browser} browser
 * @property {BenchPage} page
 * @property {number} revision
 */

/** Time from the write of a file to the accept callback of its module, in a page with all of lodash-es. */
export const hot = {
  name: 'hot',

  /** @param {BenchContext} bench */
  async run(bench) {
    const { rounds, subjects } = bench.options;
    const contestants = [];
    for (const subject of subjects.filter(({ keepsPages }) => keepsPages)) {
      contestants.push(await enter(bench, subject));
    }
    /** @type {Map<string, number[]>} */
    const times = new Map(contestants.map(({ subject }) => [subject.id, []]));
    // The first edit is not measured: it compiles and caches code.
    for (let edit = 0; edit <= rounds * EDITS; edit++) {
      // The order alternates, because background work of one subject can slow the next one.
      for (const contestant of edit % 2 === 0 ? contestants : contestants.toReversed()) {
        const [ms] = await editOnce(contestant, [contestant.page]);
        if (edit > 0) times.get(contestant.subject.id)?.push(/** @type {number} */ (ms));
      }
    }
    const sections = [section(contestants, times)];
    const own = contestants.find(({ subject }) => subject.id === 'modcast');
    if (own !== undefined) sections.push(await manyPages(bench, own));
    for (const { server } of contestants) await server.close();
    return sections;
  },
};

/**
 * @param {BenchContext} bench
 * @param {Subject} subject
 * @returns {Promise<Contestant>}
 */
async function enter(bench, subject) {
  const directory = path.join(bench.directory, `${subject.id}-hot`);
  await makeSite(SITE, directory);
  const main = path.join(directory, 'main.mjs');
  await writeFile(path.join(directory, MODULE), hotModule(0));
  await writeFile(
    main,
    `import './${MODULE}';\nimport * as namespace from './lodash-es/lodash.js';\nglobalThis.count = Object.keys(namespace).length;\n`,
  );
  const server = await subject.start({
    directory,
    scratch: await bench.makeDirectory(),
    certificate: bench.certificate,
  });
  bench.defer(server.close);
  const browser = await launchFresh({ engine: bench.options.engine, directory: bench.directory });
  bench.defer(browser.close);
  return { subject, directory, server, browser, page: await openPage(browser, server), revision: 0 };
}

/**
 * @param {Browser} browser
 * @param {import('./subjects.mjs').Server} server
 */
async function openPage(browser, server) {
  const page = await browser.newPage();
  await page.goto(`${server.origin}/`);
  await page.until(() => /** @type {any} */ (globalThis).count || undefined, undefined);
  await page.evaluate(() => /** @type {any} */ (globalThis).modcast?.idle(), undefined);
  return page;
}

/**
 * @param {Contestant} contestant
 * @param {BenchPage[]} pages
 * @returns {Promise<number[]>} milliseconds until each page's callback
 */
async function editOnce(contestant, pages) {
  const { directory, subject } = contestant;
  const revision = ++contestant.revision;
  const draft = `${directory}.draft`;
  // A callback instead of polling: twenty polling pages would distort the measurement.
  const accepted = pages.map((page) =>
    page.evaluate(
      (n) =>
        new Promise((/** @type {(at: number) => void} */ resolve) => {
          const scope = /** @type {any} */ (globalThis);
          scope.accepted = (/** @type {number} */ seen) => {
            if (seen === n) resolve(scope.hot[n]);
          };
        }),
      revision,
    ),
  );
  await delay(REST_MS);
  await writeFile(draft, hotModule(revision));
  const written = now();
  await rename(draft, path.join(directory, MODULE));
  // In a page that reloads instead, the promise rejects.
  const times = (await Promise.all(accepted)).map((at) => at - written);
  if (times.some((ms) => ms <= 0))
    throw new Error(`${subject.name}: the clocks of the page and of the bench differ`);
  return times;
}

/**
 * @param {Contestant[]} contestants
 * @param {Map<string, number[]>} times
 * @returns {import('./report.mjs').Section}
 */
function section(contestants, times) {
  const own = times.get('modcast');
  const of = (/** @type {Contestant} */ { subject }) => /** @type {number[]} */ (times.get(subject.id));
  const peers = own === undefined ? [] : contestants.filter(({ subject }) => subject.id !== 'modcast');
  const ratios = peers.map((peer) => medianRatio(/** @type {number[]} */ (own), of(peer)));
  return {
    title: `Hot reload: from write to accept(), with ${SITE} in the page (ms: median, min–max)`,
    header: [
      '',
      ...contestants.map(({ subject }) => subject.name),
      ...peers.map(({ subject }) => `modcast / ${subject.name}`),
    ],
    rows: [['one page', ...contestants.map((one) => spreadCell(spread(of(one)))), ...ratios.map(ratioCell)]],
    targets: [
      ...(own === undefined
        ? []
        : [{ what: 'hot reload, one page, median', value: spread(own).median, atMost: HOT_MS, unit: 'ms' }]),
      ...peers.flatMap(({ subject }, index) =>
        subject.id === 'vite'
          ? [
              {
                what: `hot reload against ${subject.name}`,
                value: /** @type {number} */ (ratios[index]),
                atMost: 1,
                unit: '×',
              },
            ]
          : [],
      ),
    ],
    data: { bench: 'hot', site: SITE, times: Object.fromEntries(times) },
  };
}

/**
 * @param {BenchContext} bench
 * @param {Contestant} contestant
 * @returns {Promise<import('./report.mjs').Section>}
 */
async function manyPages(bench, contestant) {
  const pages = [contestant.page];
  while (pages.length < PAGES) pages.push(await openPage(contestant.browser, contestant.server));
  const last = [];
  for (let edit = 0; edit <= bench.options.rounds * EDITS_OF_MANY; edit++) {
    const slowest = Math.max(...(await editOnce(contestant, pages)));
    if (edit > 0) last.push(slowest);
  }
  return {
    title: `The last of ${PAGES} pages (ms: median, min–max)`,
    header: ['', contestant.subject.name],
    rows: [[`${PAGES} pages`, spreadCell(spread(last))]],
    targets: [
      {
        what: `hot reload, the last of ${PAGES} pages`,
        value: spread(last).median,
        atMost: HOT_PAGES_MS,
        unit: 'ms',
      },
    ],
    data: { bench: 'hot-pages', site: SITE, pages: PAGES, times: last },
  };
}
