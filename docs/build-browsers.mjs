// Writes the results of the browser tests into docs/browsers.md, from vitest's JSON report of a run in all engines.
// `node docs/build-browsers.mjs <report.json>` fails if the page had other results before.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'oxfmt';

const ENGINES = ['Chromium', 'Firefox', 'WebKit'];

const PARITY = 'Parity with the native page';

/** @type {readonly [string, RegExp][]} suites by their place below test/browser */
const SUITES = [
  [PARITY, /^parity\/\w+\.test/],
  ['Fallback', /^fallback/],
  ['Damaged data', /^damage/],
  ['Packages', /^packages/],
  ['Static export', /^static-export/],
  ['Hot reload', /^hot\//],
  ['Faults of servers, proxies and pages', /^faults\//],
  ['The interface of the engines itself', /^(?:engines\/|parity\/harness)/],
];

const FILE = new URL('browsers.md', import.meta.url);
const PART = /(<!-- results of the tests: begin -->\n).*(<!-- results of the tests: end -->)/s;

/**
 * @typedef {{ knownDifference?: string, openDifference?: boolean }} Meta
 * @typedef {{ ancestorTitles: string[], status: string, meta: Meta }} Result
 * @typedef {{ testResults: { name: string, assertionResults: Result[] }[] }} Report vitest's
 * @typedef {Meta & { suite: string, engine: string, status: string, fixture: string | undefined }} Test
 */

/**
 * The tests that ran in an engine, with their suite.
 *
 * @param {Report} report
 * @returns {Test[]}
 */
export function readTests({ testResults }) {
  return testResults.flatMap(({ name, assertionResults }) => {
    const file = name.replaceAll(path.sep, '/').split('/test/browser/')[1];
    const suite = file && SUITES.find(([, place]) => place.test(file))?.[0];
    if (suite === undefined) return [];
    return assertionResults.flatMap(({ ancestorTitles, status, meta }) => {
      const engine = ENGINES.find((one) => ancestorTitles[0] === `${one}:`);
      if (engine === undefined || !['passed', 'failed'].includes(status)) return [];
      return [{ suite, engine, status, fixture: ancestorTitles[1], ...meta }];
    });
  });
}

/**
 * @param {Test[]} tests
 * @returns {string} Markdown
 */
export function resultsOf(tests) {
  const row = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const table = [row(['suite', ...ENGINES]), row(Array(ENGINES.length + 1).fill('---'))];
  for (const [suite] of SUITES) {
    const good = suite === PARITY ? 'same' : 'passed';
    const cells = ENGINES.map((engine) =>
      cellOf(
        tests.filter((test) => test.suite === suite && test.engine === engine),
        good,
      ),
    );
    table.push(row([suite, ...cells]));
  }
  const different = tests.filter((test) => test.knownDifference !== undefined);
  const known = [row(['what a page can tell', 'in', 'where']), row(['---', '---', '---'])];
  for (const reason of new Set(different.map((test) => test.knownDifference))) {
    const entries = different.filter((test) => test.knownDifference === reason);
    const engines = ENGINES.filter((engine) => entries.some((entry) => entry.engine === engine));
    const fixtures = [...new Set(entries.map(({ fixture }) => `\`${fixture}\``))].toSorted();
    known.push(row([`${reason}`, engines.join(', '), fixtures.join(', ')]));
  }
  return `${table.join('\n')}\n\n### Known differences\n\n${known.join('\n')}\n`;
}

/** @param {Test} test */
const isFailed = ({ status }) => status === 'failed';

/**
 * @param {Test[]} tests
 * @param {string} good what a passed test is
 */
function cellOf(tests, good) {
  const count = (/** @type {(test: Test) => boolean} */ is) => tests.filter(is).length;
  const known = count((test) => test.knownDifference !== undefined && test.status === 'passed');
  const open = count((test) => test.openDifference === true && test.status === 'passed');
  const failed = count(isFailed);
  if (tests.length === 0) return 'not run';
  return [
    `${tests.length - known - open - failed} ${good}`,
    ...(known > 0 ? [`${known} known ${known === 1 ? 'difference' : 'differences'}`] : []),
    ...(open > 0 ? [`${open} to be repaired`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(', ');
}

/** The text of the page with these results. */
const replacePart = (/** @type {string} */ text, /** @type {Test[]} */ tests) =>
  text.replace(
    PART,
    (_all, /** @type {string} */ begin, /** @type {string} */ end) => `${begin}\n${resultsOf(tests)}\n${end}`,
  );

/** @param {string} report its path */
async function main(report) {
  const tests = readTests(JSON.parse(readFileSync(report, 'utf8')));
  const absent = ENGINES.filter((engine) => tests.every((test) => test.engine !== engine));
  const reason =
    absent.length > 0 ? `no test ran in ${absent.join(' and ')}` : tests.some(isFailed) && 'tests failed';
  if (reason) {
    console.warn(`docs/browsers.md was not compared with the results, because ${reason}.`);
    return;
  }
  const before = readFileSync(FILE, 'utf8');
  const { code: after } = await format('browsers.md', replacePart(before, tests));
  if (before === after) return;
  writeFileSync(FILE, after);
  console.error('docs/browsers.md had other results. It has those of this run now: commit it.');
  process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) await main(process.argv[2] ?? '');
