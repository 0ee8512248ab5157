/**
 * `node history-store.mjs [deploys] [modules] [changed]` (default 10000 5000 5), after a build: fills a store
 * with a long history and prints its size and the time of each query as Markdown. The manifest hashes are
 * made up, because the store does not check them.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { blake3 } from '../../dist/registry/hash.js';
import { openSqliteStore } from '../../dist/registry/store/sqlite.js';
import { markdownTable } from './report.mjs';
import { spread } from './statistics.mjs';

const [deployCount = 10_000, moduleCount = 5000, changedCount = 5] = process.argv.slice(2).map(Number);
const SAMPLES = 20;
const CHANNEL = 'dev';

const directory = await mkdtemp(path.join(tmpdir(), 'modcast-bench-'));
const file = path.join(directory, 'modcast.db');

/** @param {number} index @param {number} edition */
function makeBlob(index, edition) {
  const specifiers = [1, 2, 3].map((i) => `./module-${(index + i) % moduleCount}.mjs`);
  const imports = specifiers.map((specifier) => `import ${JSON.stringify(specifier)};\n`).join('');
  const bytes = Buffer.from(`${imports}export default ${index * 1_000_000 + edition};\n`);
  let end = 0;
  const list = specifiers.map((specifier) => {
    const start = bytes.indexOf('"', end);
    end = start + specifier.length + 2;
    return { kind: /** @type {const} */ ('static'), start, end, specifier };
  });
  return { hash: blake3(bytes), bytes, links: { state: /** @type {const} */ ('linked'), list } };
}

/** @param {number} index */
const pathOf = (index) => `packages/part-${index % 50}/source/module-${index}.mjs`;

/** @param {number} number */
const manifestHash = (number) => createHash('sha256').update(String(number)).digest('hex');

/** @param {number} number */
const timeOf = (number) => 1_700_000_000_000 + number * 60_000;

/** @type {Map<string, { hash: string, size: number, type: string }>} */
const modules = new Map();
const entries = [pathOf(0)];
const importMap = { imports: { lib: '/lib/index.mjs' } };

/** @type {number[]} */
const commits = [];
let store = await openSqliteStore(file);
for (let number = 1; number <= deployCount; number++) {
  const blobs = Array.from({ length: number === 1 ? moduleCount : changedCount }, (_, i) => {
    const index = number === 1 ? i : (number * changedCount + i) % moduleCount;
    const blob = makeBlob(index, number);
    modules.set(pathOf(index), { hash: blob.hash, size: blob.bytes.length, type: 'text/javascript' });
    return blob;
  });
  await store.putBlobs(blobs);
  const start = performance.now();
  await store.commit({
    channel: CHANNEL,
    manifest: { modules, entries, importMap },
    hash: manifestHash(number),
    expected: number === 1 ? null : number - 1,
    time: timeOf(number),
    author: 'Ada Lovelace',
    message: `change ${changedCount} modules of the site`,
    commit: manifestHash(-number).slice(0, 40),
  });
  commits.push(performance.now() - start);
  if (number % 1000 === 0) process.stderr.write(`${number} deploys\n`);
}
await store.close();

const db = new Database(file, { readonly: true });
const sizes = /** @type {{ name: string, bytes: number }[]} */ (
  db.prepare('SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name ORDER BY bytes DESC').all()
);
db.close();
const mebibytes = (/** @type {number} */ bytes) => (bytes / 1024 / 1024).toFixed(1);
const names = sizes.filter(({ name }) => name !== 'content');
console.log(`${deployCount} deploys of ${moduleCount} modules, ${changedCount} changed in each\n`);
console.log(
  markdownTable(
    ['table or index', 'MiB'],
    [
      ...names.filter(({ bytes }) => bytes >= 50_000).map(({ name, bytes }) => [name, mebibytes(bytes)]),
      ['**all but the blobs’ bytes**', `**${mebibytes(names.reduce((sum, { bytes }) => sum + bytes, 0))}**`],
    ],
  ),
);

store = await openSqliteStore(file);
const middle = Math.ceil(deployCount / 2);
const anywhere = (/** @type {number} */ i) => 1 + Math.floor((i * (deployCount - 1)) / (SAMPLES - 1));
const hashes = [...modules.values()].map(({ hash }) => hash);
const pathAt = (/** @type {number} */ i) => pathOf((i * 97) % moduleCount);

/** @type {[what: string, ask: (i: number) => Promise<unknown>][]} */
const queries = [
  ['manifest of the first deploy', () => store.manifest(1)],
  ['manifest of the middle deploy', () => store.manifest(middle)],
  ['manifest of the last deploy', () => store.manifest(deployCount)],
  ['manifest of any deploy', (i) => store.manifest(anywhere(i))],
  ['delta between adjacent deploys', (i) => store.delta(Math.max(1, anywhere(i) - 1), anywhere(i))],
  ['delta from the first to the last', () => store.delta(1, deployCount)],
  ['delta from the last to the first', () => store.delta(deployCount, 1)],
  ['history of a path', (i) => store.versions(CHANNEL, pathAt(i))],
  ['changes of a deploy', (i) => store.changes(anywhere(i))],
  ['deploy at a time', (i) => store.deployAt(CHANNEL, timeOf(anywhere(i)))],
  ['hash by its first 6 digits', (i) => store.resolveHash(manifestHash(anywhere(i)).slice(0, 6))],
  ['page of 100 deploys', (i) => store.deploys({ channel: CHANNEL, before: anywhere(i) + 1 })],
  [`which of ${hashes.length} blobs are missing`, () => store.missing(hashes)],
  [`which of ${hashes.length} blobs are visible`, () => store.visible(CHANNEL, hashes)],
  ['path of a blob', (i) => store.pathOf(CHANNEL, /** @type {string} */ (hashes[i]))],
];

const cell = (/** @type {number[]} */ values) => {
  const { median, min, max } = spread(values);
  return [median, min, max].map((value) => value.toFixed(2));
};
const rows = [
  ['first commit', ...cell(commits.slice(0, 1))],
  [`commit of ${changedCount} changed modules`, ...cell(commits.slice(1))],
];
for (const [what, ask] of queries) {
  const times = [];
  for (let i = 0; i < SAMPLES; i++) {
    const start = performance.now();
    await ask(i);
    times.push(performance.now() - start);
  }
  rows.push([what, ...cell(times)]);
}
console.log(`\n${markdownTable(['ms', 'median', 'min', 'max'], rows)}`);

const main = fileURLToPath(new URL('../../dist/bin/modcast.js', import.meta.url));
const commands = [
  ['log', pathOf(7), '--channel', CHANNEL],
  ['show', String(middle)],
  ['diff', String(middle - 1), String(middle), '--stat'],
  ['diff', '1', String(deployCount), '--name-status'],
];
const commandRows = commands.map((args) => {
  const times = Array.from({ length: 7 }, () => {
    const begun = performance.now();
    const { status } = spawnSync(process.execPath, [main, ...args, '--db', file]);
    if (status !== 0) throw new Error(`modcast ${args.join(' ')} exited with status ${status}`);
    return performance.now() - begun;
  });
  return [`modcast ${args.join(' ')}`, ...cell(times)];
});
console.log(`\n${markdownTable(['ms, whole process', 'median', 'min', 'max'], commandRows)}`);

const options = { keep: Math.ceil(deployCount / 10), olderThan: Infinity, now: 0 };
let start = performance.now();
await store.collect({ ...options, dryRun: true });
const forecastMs = performance.now() - start;
start = performance.now();
let collecting = true;
const collection = store.collect({ ...options, dryRun: false }).finally(() => {
  collecting = false;
});
let longest = 0;
for (let last = start; collecting;) {
  await setImmediate();
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
}
const { deploys, blobs } = await collection;
const collectMs = performance.now() - start;
console.log(
  `\n${markdownTable(
    ['garbage collection of 90 %', ''],
    [
      ['dropped', `${deploys} deploys, ${blobs} blobs`],
      ['total time', `${collectMs.toFixed(0)} ms`],
      ['longest step', `${longest.toFixed(1)} ms`],
      ['dry run', `${forecastMs.toFixed(1)} ms`],
    ],
  )}`,
);
await store.close();
await rm(directory, { recursive: true });
