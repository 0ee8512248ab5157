/**
 * Imports a git history of several hundred commits and compares the result with git: for every commit the
 * exported bytes and the changes since the previous commit. Prints counts and times.
 *
 *   node test/bench/git-history.mjs                      random edits of node_modules/lodash-es, 300 commits
 *   node test/bench/git-history.mjs --package preact     the newest 30 releases of a package, one commit each
 *   node test/bench/git-history.mjs --repo <dir> [--branch main]
 *   --commits <n>, --releases <n>, --path <folder>
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { openSqliteStore } from '../../dist/registry/index.js';
import { DEFAULT_FILTER, compileFilter } from '../../dist/registry/ingest/files.js';
import { exportDeploy } from '../../dist/registry/export/index.js';
import { importGit } from '../../dist/registry/git/index.js';
import { verifyStore } from '../../dist/registry/verify/index.js';

const { values } = parseArgs({
  options: {
    package: { type: 'string' },
    repo: { type: 'string' },
    branch: { type: 'string', default: 'HEAD' },
    path: { type: 'string', default: '' },
    commits: { type: 'string', default: '300' },
    releases: { type: 'string', default: '30' },
  },
});

const GIT_ENV = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  LC_ALL: 'C',
};
const work = mkdtempSync(path.join(tmpdir(), 'modcast-git-history-'));
const included = compileFilter(DEFAULT_FILTER);
/** @param {number} since */
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(2)} s`;

/**
 * @param {string} repository
 * @param {string[]} args
 * @param {string} [input]
 */
function git(repository, args, input) {
  const { status, stdout, stderr } = spawnSync('git', ['-C', repository, ...args], {
    env: GIT_ENV,
    input,
    maxBuffer: 1 << 30,
  });
  if (status !== 0) throw new Error(`git ${args[0]}: ${String(stderr)}`);
  return stdout;
}

let clock = Date.UTC(2020, 0, 1) / 1000;

/**
 * @param {string} repository
 * @param {string} message
 */
function commit(repository, message) {
  clock += 3600;
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'gc.auto=0'];
  git(repository, ['add', '-A', '-f']);
  git(
    repository,
    [...identity, 'commit', '-q', '--allow-empty', '--date', `${clock} +0000`, '-F', '-'],
    message,
  );
}

function newRepository() {
  const repository = path.join(work, 'repository');
  mkdirSync(repository);
  git(repository, ['init', '-q', '-b', 'main']);
  git(repository, ['config', 'core.autocrlf', 'false']);
  return repository;
}

/**
 * Pseudo-random numbers below `n`, the same in every run (mulberry32).
 *
 * @param {number} seed
 */
function random(seed) {
  return (/** @type {number} */ n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** @param {string} directory */
const listFiles = (directory) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('.git'));

/** @param {number} count */
function randomEdits(count) {
  const repository = newRepository();
  cpSync(new URL('../../node_modules/lodash-es', import.meta.url).pathname, repository, { recursive: true });
  commit(repository, 'lodash-es');
  const pick = random(4);
  for (let i = 1; i < count; i++) {
    const files = listFiles(repository);
    for (let edits = 1 + pick(5); edits > 0; edits--) {
      const file = path.join(repository, /** @type {string} */ (files[pick(files.length)]));
      const kind = pick(10);
      if (kind === 0) rmSync(file, { force: true });
      else if (kind === 1)
        writeFileSync(`${file.replace(/\.(\w+)$/, '')}-${i}.mjs`, `export default ${i};\n`);
      else {
        const lines = listFiles(path.dirname(file)).includes(path.basename(file))
          ? readFileSync(file, 'utf8').split('\n')
          : [];
        lines.splice(pick(lines.length + 1), pick(3), `// edit ${i}`);
        writeFileSync(file, lines.join('\n'));
      }
    }
    commit(repository, `edit ${i}`);
  }
  return repository;
}

/**
 * Uses npm, so that the user's npm settings apply.
 *
 * @param {string} name
 * @param {number} count
 */
async function releases(name, count) {
  const npm = promisify(execFile);
  const { stdout } = await npm('npm', ['view', name, 'versions', '--json']);
  const versions = [JSON.parse(stdout)]
    .flat()
    .filter((version) => !version.includes('-'))
    .slice(-count);
  const repository = newRepository();
  for (const version of versions) {
    const packed = await npm('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', work]);
    for (const file of readdirSync(repository))
      if (file !== '.git') rmSync(path.join(repository, file), { recursive: true });
    const archive = path.join(work, packed.stdout.trim().split('\n').at(-1) ?? '');
    execFileSync('tar', ['-xzf', archive, '-C', repository, '--strip-components=1']);
    rmSync(archive);
    commit(repository, version);
  }
  return repository;
}

/**
 * Maps path → git object for the regular files that the import includes.
 *
 * @param {string} repository
 * @param {string} name
 * @param {string} folder
 */
function treeOf(repository, name, folder) {
  const tree = new Map();
  const at = folder === '' ? name : `${name}:${folder}`;
  const rows = git(repository, ['ls-tree', '-r', '-z', at]).toString('utf8').split('\0');
  for (const row of rows) {
    const [, mode, object, file] = /^(\d+) \w+ (\w+)\t(.*)$/s.exec(row) ?? [];
    if (mode?.startsWith('100') && file !== undefined && included(file)) tree.set(file, object);
  }
  return tree;
}

/**
 * Lets git hash many files in one call.
 *
 * @param {string} repository
 * @param {string} directory
 * @param {string[]} files
 */
function objectsOf(repository, directory, files) {
  const input = files.map((file) => `${path.join(directory, file)}\n`).join('');
  const out = git(repository, ['hash-object', '--no-filters', '--stdin-paths'], input).toString('latin1');
  return out.trim().split('\n');
}

/**
 * @param {string} repository
 * @param {string} before
 * @param {string} after
 * @param {string} folder
 */
function nameStatus(repository, before, after, folder) {
  const relative = folder === '' ? [] : [`--relative=${folder}/`];
  const fields = git(repository, ['diff', '--name-status', '--no-renames', '-z', ...relative, before, after])
    .toString('utf8')
    .split('\0');
  const changes = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    // Skips changes of mode, which do not change bytes, and of type: the import excludes symlinks.
    const file = fields[i + 1] ?? '';
    if (included(file)) changes.push(`${fields[i]} ${file}`);
  }
  return changes.toSorted();
}

/** @param {{ path: string, before: unknown, after: unknown }} change */
const statusOf = ({ path: file, before, after }) =>
  `${before === null ? 'A' : after === null ? 'D' : 'M'} ${file}`;

/**
 * @param {string} repository
 * @param {import('../../dist/registry/index.js').Store} store
 * @param {string} folder
 */
async function compare(repository, store, folder) {
  const names = git(repository, ['rev-list', '--first-parent', '--reverse', values.branch])
    .toString()
    .trim()
    .split('\n');
  const byCommit = new Map();
  /** @type {number | undefined} */
  let before;
  for (;;) {
    const page = await store.deploys(before === undefined ? {} : { before });
    if (page.length === 0) break;
    for (const deploy of page) byCommit.set(deploy.commit, deploy);
    before = page.at(-1)?.number;
  }
  const counted = { commits: names.length, deploys: byCommit.size, files: 0, changes: 0, wrong: 0 };
  const wrong = (/** @type {string} */ what) => {
    counted.wrong++;
    console.log(`  differs: ${what}`);
  };
  /** @type {Map<string, string> | undefined} */
  let current;
  let previous = git(repository, ['hash-object', '-t', 'tree', '/dev/null']).toString().trim();
  for (const name of names) {
    const deploy = byCommit.get(name);
    const tree = treeOf(repository, name, folder);
    const own =
      deploy === undefined ? [] : ((await store.changes(deploy.number)) ?? []).map(statusOf).toSorted();
    const theirs = nameStatus(repository, previous, name, folder).filter((change) => {
      const file = change.slice(2);
      return !change.startsWith('M') || tree.get(file) !== current?.get(file);
    });
    counted.changes += theirs.length;
    if (own.join('\n') !== theirs.join('\n')) wrong(`changes of ${name}`);
    if (deploy !== undefined) {
      const directory = path.join(work, 'out');
      await exportDeploy({ store, deploy: deploy.number, directory, force: false });
      const files = listFiles(directory).map((file) => file.split(path.sep).join('/'));
      const objects = objectsOf(repository, directory, files);
      counted.files += files.length;
      const same = files.length === tree.size && files.every((file, i) => tree.get(file) === objects[i]);
      if (!same) wrong(`files of ${name}`);
      rmSync(directory, { recursive: true });
    }
    current = tree;
    previous = name;
  }
  return counted;
}

try {
  let started = performance.now();
  const repository =
    values.repo !== undefined
      ? path.resolve(values.repo)
      : values.package !== undefined
        ? await releases(values.package, Number(values.releases))
        : randomEdits(Number(values.commits));
  if (values.repo === undefined) console.log(`repository created in ${seconds(started)}`);
  const store = await openSqliteStore(path.join(work, 'registry.db'));
  const run = () =>
    importGit({
      store,
      repository,
      folder: values.path,
      channel: 'main',
      branch: values.branch,
      since: null,
      filter: DEFAULT_FILTER,
      now: Date.now,
    });
  started = performance.now();
  const first = await run();
  console.log(`first import: ${first.commits} commits, ${first.deploys} deploys in ${seconds(started)}`);
  started = performance.now();
  const second = await run();
  console.log(`second import: ${second.deploys} deploys in ${seconds(started)}`);
  started = performance.now();
  const counted = await compare(repository, store, values.path);
  console.log(
    `compared with git in ${seconds(started)}: ${counted.commits} commits, ${counted.deploys} exports of ` +
      `${counted.files.toLocaleString('en')} files, ${counted.changes.toLocaleString('en')} changes between commits; ` +
      `${counted.wrong} differ`,
  );
  const verified = await verifyStore({ store, source: null });
  console.log(
    `verify: ${verified.sound ? 'intact' : 'damaged'}, ${verified.blobs} blobs, ${verified.bytes} bytes`,
  );
  await store.close();
  if (counted.wrong > 0 || second.deploys > 0 || !verified.sound) process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
