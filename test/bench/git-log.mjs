/**
 * Imports a git history and compares what the commands of the history print with git: `log` with each filter and of
 * moved files, `grep`, `blame -L` and `-w`, `ls`, `diff` with `-w`, `--word-diff`, `-M50%` and `--binary`, `status`.
 * Prints counts of checks and the differences, and exits with 1 if there are any. Expected ones: deploys have the times
 * of authors, and git selects by those of committers; `git log --follow` also follows copies; in a file with hundreds
 * of changes git gives up the search for the shortest difference earlier; `grep` prints no carriage return.
 *
 *   node test/bench/git-log.mjs --repo <dir> [--branch HEAD]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pc from 'picocolors';
import { run } from '../../dist/cli/program.js';
import { SITE_FILTER, compileFilter } from '../../dist/registry/ingest/files.js';

const { values } = parseArgs({
  options: { repo: { type: 'string' }, branch: { type: 'string', default: 'HEAD' } },
});
if (values.repo === undefined) throw new Error('--repo <dir> names a repository');
const repository = path.resolve(values.repo);
const work = mkdtempSync(path.join(tmpdir(), 'modcast-git-log-'));
const database = path.join(work, 'registry.db');
const included = compileFilter(SITE_FILTER);
const ENV = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', LC_ALL: 'C' };

/** @param {string[]} args @param {{ cwd?: string, input?: Uint8Array, status?: number[] }} [options] */
function git(args, { cwd = repository, input, status = [0] } = {}) {
  const done = spawnSync('git', ['-c', 'core.quotePath=false', ...args], {
    cwd,
    env: ENV,
    input,
    maxBuffer: 1 << 30,
  });
  if (!status.includes(done.status ?? -1)) throw new Error(`git ${args.join(' ')}: ${String(done.stderr)}`);
  return done.stdout;
}

/** @param {string[]} args */
async function modcast(...args) {
  /** @type {Uint8Array[]} */
  const out = [];
  let err = '';
  const code = await run([...args, '--db', database], {
    write: (data) => void out.push(Buffer.from(data)),
    error: (text) => void (err += text),
    tty: false,
    columns: Infinity,
    colours: pc.createColors(false),
    cwd: work,
    env: ENV,
    now: Date.now,
    exitCode: 0,
    failureCode: 1,
  });
  return { code, out: Buffer.concat(out), err };
}

/** @type {Map<string, { checks: number, differences: string[] }>} */
const results = new Map();

/** @param {string} kind @param {string} what @param {unknown} ours @param {unknown} theirs */
function check(kind, what, ours, theirs) {
  const result = results.get(kind) ?? { checks: 0, differences: [] };
  results.set(kind, result);
  result.checks++;
  if (JSON.stringify(ours) !== JSON.stringify(theirs)) result.differences.push(what);
}

/** Publishing a site with TypeScript adds this file. An import does not. */
const RECIPE = /\bmodcast\.recipe\.json$/;

const linesOf = (/** @type {Uint8Array} */ bytes) => String(bytes).split('\n').filter(Boolean);

/**
 * The hunks of each file in a patch. Headers differ in modes, which are not imported.
 *
 * @param {Uint8Array} patch
 */
const bodies = (patch) =>
  new Map(
    Buffer.from(patch)
      .toString('latin1')
      .split(/^diff --git /m)
      .slice(1)
      .map((part) => {
        const at = part.search(/^@@ /m);
        return /** @type {const} */ ([part.slice(0, part.indexOf('\n')), at === -1 ? '' : part.slice(at)]);
      }),
  );

/** @param {string[]} list @param {number} count */
const some = (list, count) =>
  list.filter((_, index) => index % Math.max(1, Math.floor(list.length / count)) === 0).slice(0, count);

try {
  const imported = await modcast(
    'import',
    '--git',
    repository,
    '--branch',
    values.branch,
    '--channel',
    'main',
  );
  if (imported.code !== 0) throw new Error(imported.err);
  const deploys = linesOf((await modcast('deploys', '--json')).out).map((line) => JSON.parse(line));
  /** @type {Map<number, string>} */
  const commitOf = new Map(deploys.map(({ number, commit }) => [number, commit]));
  const isDeploy = new Set(commitOf.values());
  const last = String(deploys[0].commit);
  const files = linesOf(git(['ls-tree', '-r', '--name-only', last])).filter(included);
  console.log(`${deploys.length} deploys, ${files.length} files in the newest`);

  /** @param {string} kind @param {string[]} args @param {string[]} [theirs] @param {string[]} [paths] */
  async function checkLog(kind, args, theirs = args, paths = []) {
    const { out } = await modcast('log', ...args, '--oneline', ...paths);
    const ours = linesOf(out).map((line) => commitOf.get(Number.parseInt(line, 10)));
    // Commits that changed no file of the import are no deploys.
    const select = ['--first-parent', '--diff-merges=first-parent', ...theirs, last, '--', ...paths];
    // With the files of each commit that are selected: one of them has to be imported.
    const wanted = String(git(['log', '--format=%x00%H', '--name-only', ...select]))
      .split('\0')
      .slice(1)
      .map((one) => one.split('\n').filter(Boolean))
      .filter(([commit = '', ...names]) => isDeploy.has(commit) && names.some(included))
      .map(([commit]) => commit);
    check(kind, `${args.join(' ')} ${paths.join(' ')}`, ours, wanted);
  }

  /**
   * Compares the patch of each file. Those that agree are compared in words, too.
   *
   * @param {string} number @param {string} before @param {string} after
   */
  async function checkPatches(number, before, after) {
    /** @param {string[]} options */
    const both = async (options) => {
      const ours = (await modcast('diff', `${number}~1`, number, '--no-renames', ...options)).out;
      const theirs = git(['diff', '--no-renames', ...options, before, after]);
      return [bodies(ours), bodies(theirs)];
    };
    const [ours, theirs] = await both([]);
    const same = [...(ours?.keys() ?? [])].filter((file) => {
      check('diff, patch of a file', `${number} ${file}`, ours?.get(file), theirs?.get(file));
      return ours?.get(file) === theirs?.get(file) && ours?.get(file) !== '';
    });
    for (const mode of ['plain', 'porcelain']) {
      const [words, gitWords] = await both([`--word-diff=${mode}`]);
      for (const file of same)
        check(`diff --word-diff=${mode}`, `${number} ${file}`, words?.get(file), gitWords?.get(file));
    }
  }

  const times = some(
    deploys.map(({ time }) => time),
    12,
  );
  for (const time of times) {
    await checkLog('log --since', ['--since', time]);
    await checkLog('log --until', ['--until', time]);
  }
  for (const author of new Set(deploys.map(({ author }) => String(author)))) {
    const plain = author.replace(/[.[\]()*+?\\^$|{}]/g, '.');
    await checkLog('log --author', ['--author', plain], ['--perl-regexp', `--author=^${plain} <`]);
  }
  const directories = [
    ...new Set(files.filter((file) => file.includes('/')).map((file) => path.dirname(file))),
  ];
  for (const directory of directories) await checkLog('log <dir>', [], ['--no-renames'], [directory]);

  const words = new Set();
  for (const file of some(
    files.filter((name) => /\.[mc]?[jt]sx?$/.test(name)),
    8,
  )) {
    const text = String(git(['show', `${last}:${file}`]));
    for (const word of some([...new Set(text.match(/[A-Za-z_]{5,}/g) ?? [])], 5)) words.add(word);
  }
  for (const word of words) {
    await checkLog('log -S', ['-S', word]);
    await checkLog('log -G', ['-G', word]);
    for (const flags of [['-n'], ['-l'], ['-c'], ['-n', '-w'], ['-n', '-i']]) {
      const ours = linesOf((await modcast('grep', ...flags, word)).out);
      const theirs = linesOf(git(['grep', ...flags, '-I', word, last], { status: [0, 1] }))
        .map((line) => line.slice(last.length + 1))
        .filter((line) => included(line.split(':')[0] ?? ''));
      check(
        'grep',
        `${flags.join(' ')} ${word}`,
        ours.filter((line) => !line.startsWith('Binary file')),
        theirs,
      );
    }
  }

  const texts = files.filter(
    (file) =>
      !git(['show', `${last}:${file}`])
        .subarray(0, 8000)
        .includes(0),
  );
  for (const file of some(texts, 25)) {
    for (const flags of [[], ['-w'], ['-L', '1,+3']]) {
      const { out, code } = await modcast('blame', file, ...flags, '--json');
      if (code !== 0) continue;
      const { lines } = JSON.parse(String(out));
      const ours = lines.map((/** @type {{ deploy: number }} */ line) => commitOf.get(line.deploy));
      const blame = git(['blame', '--first-parent', '-l', '-s', '--root', ...flags, last, '--', file], {
        status: [0, 128],
      });
      const theirs = linesOf(blame).map((line) => line.slice(0, 40));
      for (let at = 0; at < Math.max(ours.length, theirs.length); at++)
        check(`blame ${flags[0] ?? ''}, lines`, `${file}:${at + 1}`, ours[at], theirs[at]);
    }
  }

  // Moves: the names and similarities of each deploy, then the versions of each file that has ever moved.
  const status = (/** @type {string} */ text) =>
    linesOf(Buffer.from(text))
      .map((line) => line.split('\t').join(' '))
      .toSorted();
  /** @type {Set<string>} */
  const moved = new Set();
  for (const { number, commit, parent } of deploys) {
    if (parent === null) continue;
    const before = commitOf.get(parent) ?? '';
    const theirs = String(git(['diff', '-M50%', '--name-status', before, commit]));
    const names = linesOf(Buffer.from(theirs)).map((line) => line.split('\t').slice(1));
    if (!/^R/m.test(theirs)) continue;
    for (const [, to = ''] of names) if (to !== '') moved.add(to);
    // git may take a file for a source that is not imported.
    if (names.flat().some((name) => !included(name))) continue;
    const { out } = await modcast('diff', String(parent), String(number), '--name-status', '--packages');
    check('diff -M50%, moves', String(number), status(String(out)), status(theirs));
  }
  for (const file of files.filter((name) => moved.has(name))) {
    const ours = linesOf((await modcast('log', file, '--oneline')).out).map((line) =>
      commitOf.get(Number.parseInt(line, 10)),
    );
    const theirs = linesOf(
      git([
        'log',
        '--follow',
        '-M50%',
        '--first-parent',
        '--diff-merges=first-parent',
        '--format=%H',
        last,
        '--',
        file,
      ]),
    ).filter((commit) => isDeploy.has(commit));
    check('log --follow', file, ours, theirs);
  }

  const sizes = new Map(
    linesOf(git(['ls-tree', '-r', '-l', last])).map((line) => {
      const [, size = '', file = ''] = /^\S+ \S+ \S+ +(\S+)\t(.*)$/.exec(line) ?? [];
      return /** @type {const} */ ([file, Number(size)]);
    }),
  );
  for (const { path: file, size } of JSON.parse(String((await modcast('ls', '-r', '--json')).out)))
    check('ls', file, size, sizes.get(file));

  const pairs = some(
    deploys.slice(0, -1).map(({ number }) => String(number)),
    40,
  );
  for (const number of pairs) {
    const [before, after] = [commitOf.get(Number(number) - 1) ?? '', commitOf.get(Number(number)) ?? ''];
    const stat = (/** @type {string[]} */ lines) => lines.map((line) => line.trim()).toSorted();
    const { changes } = JSON.parse(
      String((await modcast('diff', `${number}~1`, number, '-w', '--no-renames', '--json')).out),
    );
    const ours = changes.map(
      (/** @type {any} */ one) => `${one.added ?? '-'}\t${one.deleted ?? '-'}\t${one.path}`,
    );
    const theirs = linesOf(git(['diff', '-w', '--no-renames', '--numstat', before, after])).filter((line) =>
      included(line.split('\t')[2] ?? ''),
    );
    check('diff -w', number, stat(ours), stat(theirs));
    await checkPatches(number, before, after);
    // git applies the patch to the files of the deploy before.
    const tree = path.join(work, 'tree');
    await modcast('export', `${number}~1`, tree);
    const { out } = await modcast('diff', `${number}~1`, number, '--binary');
    if (out.length > 0) git(['apply', '--whitespace=nowarn'], { cwd: tree, input: out });
    const rest = linesOf((await modcast('diff', number, tree, '--name-status')).out);
    const different = rest.filter((line) => !RECIPE.test(line));
    check('diff --binary, git apply', number, different, []);
    rmSync(tree, { recursive: true });
  }

  const tree = path.join(work, 'status');
  git(['clone', '-q', '--no-hardlinks', repository, tree]);
  git(['checkout', '-q', '--detach', last], { cwd: tree });
  const [first = '', second = ''] = some(texts, 2);
  rmSync(path.join(tree, first));
  writeFileSync(path.join(tree, second), 'changed\n');
  mkdirSync(path.join(tree, 'added'));
  writeFileSync(path.join(tree, 'added/new.mjs'), 'export {};\n');
  git(['add', '-A', '-f'], { cwd: tree });
  const theirs = linesOf(git(['status', '--porcelain', '--no-renames'], { cwd: tree }))
    .filter((line) => included(line.slice(3)))
    .map((line) => `${line[0]}  ${line.slice(3)}`);
  const ours = linesOf((await modcast('status', tree, '-s')).out).filter((line) => !RECIPE.test(line));
  check('status', 'status', ours.toSorted(), theirs.toSorted());

  let differences = 0;
  for (const [kind, result] of results) {
    console.log(
      `${kind.padEnd(26)} ${String(result.checks).padStart(5)} checks, ${result.differences.length} differ`,
    );
    for (const what of result.differences.slice(0, 10)) console.log(`  differs: ${what}`);
    differences += result.differences.length;
  }
  if (differences > 0) process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
