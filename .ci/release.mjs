// `npm run release -- <patch|minor|major|x.y.z> [--dry-run] [--skip-checks]`
// Checks, moves the changelog's "Unreleased" to the version, packs and tries the tarball, commits and tags.
// It neither pushes nor publishes: it prints the commands for that.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const USAGE = 'npm run release -- <patch|minor|major|x.y.z> [--dry-run] [--skip-checks]';
const RELEASED_FILES = ['CHANGELOG.md', 'package.json', 'package-lock.json'];

class ReleaseError extends Error {}

function run(command, args, { cwd = ROOT, stdout = 'inherit' } = {}) {
  try {
    return execFileSync(command, args, { cwd, stdio: ['ignore', stdout, 'inherit'], encoding: 'utf8' });
  } catch {
    throw new ReleaseError(`This command failed, and nothing was released: ${command} ${args.join(' ')}`);
  }
}
const output = (command, args, cwd) => run(command, args, { cwd, stdout: 'pipe' }).trim();
const read = (file) => readFileSync(path.join(ROOT, file), 'utf8');

function readArguments() {
  const options = { 'dry-run': { type: 'boolean' }, 'skip-checks': { type: 'boolean' } };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (positionals.length === 1) {
      return { bump: positionals[0], dryRun: values['dry-run'], skipChecks: values['skip-checks'] };
    }
  } catch (error) {
    throw new ReleaseError(`${error.message}\nUsage: ${USAGE}`);
  }
  throw new ReleaseError(`Usage: ${USAGE}`);
}

/** The version to release: a bump of the current one, or the one given. */
function nextVersion(current, bump) {
  const [major, minor, patch] = current.split('.').map(Number);
  const bumped = {
    major: `${major + 1}.0.0`,
    minor: `${major}.${minor + 1}.0`,
    patch: `${major}.${minor}.${patch + 1}`,
  };
  const version = Object.hasOwn(bumped, bump) ? bumped[bump] : bump;
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new ReleaseError(`"${bump}" is not a version.\nUsage: ${USAGE}`);
  return version;
}

/** The changelog with the entries of "Unreleased" under the version, and what they are. */
function releaseChangelog(changelog, version, date) {
  const [, before, entries, after] = /^(.*?\n)## Unreleased\n(.*?)((?:\n## .*)?)$/s.exec(changelog) ?? [];
  if (entries === undefined) throw new ReleaseError('CHANGELOG.md has no section "## Unreleased".');
  if (entries.trim() === '') throw new ReleaseError('CHANGELOG.md has no entries under "Unreleased".');
  const text = `${before}## Unreleased\n\n## ${version} (${date})\n${entries}${after}`;
  return { text, entries: entries.trim() };
}

function checkRepository(tag) {
  const changed = output('git', ['status', '--porcelain']);
  if (changed !== '') throw new ReleaseError(`Commit or stash these changes first:\n${changed}`);
  const branch = output('git', ['rev-parse', '--abbrev-ref', 'HEAD']);
  if (branch !== 'main') throw new ReleaseError(`Releases are made on main, and this is ${branch}.`);
  if (output('git', ['tag', '--list', tag]) !== '') throw new ReleaseError(`The tag ${tag} exists already.`);
}

/** Packs, and uses the tarball in an empty folder as a project would. */
function packAndTry(version) {
  const [{ filename }] = JSON.parse(output('npm', ['pack', '--json', '--silent']).replace(/^[^[]*/, ''));
  const tarball = path.join(ROOT, filename);
  const folder = mkdtempSync(path.join(tmpdir(), 'modcast-release-'));
  try {
    const project = { private: true, type: 'module', allowScripts: { 'better-sqlite3': true } };
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify(project));
    run('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: folder });
    const found = output('npx', ['--no-install', 'modcast', '--version'], folder);
    if (found !== version) throw new ReleaseError(`The packed command says it is ${found}, not ${version}.`);
    const use = `import { createRegistry } from 'modcast';
      const registry = createRegistry({ database: ':memory:', directory: '.' });
      await registry.ready;
      await registry.close();`;
    run(process.execPath, ['--input-type=module', '--eval', use], { cwd: folder });
  } catch (error) {
    rmSync(tarball, { force: true });
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return filename;
}

function release({ bump, dryRun, skipChecks }) {
  const version = nextVersion(JSON.parse(read('package.json')).version, bump);
  const tag = `v${version}`;
  const date = new Date().toISOString().slice(0, 10);
  const changelog = releaseChangelog(read('CHANGELOG.md'), version, date);
  if (dryRun) {
    try {
      checkRepository(tag);
    } catch (error) {
      console.log(`Would stop now: ${error.message}\n`);
    }
    console.log(`Would release ${tag} with these entries:\n\n${changelog.entries}\n`);
    console.log(
      `Would run .ci/run, change ${RELEASED_FILES.join(', ')}, pack, try the tarball, commit and tag.`,
    );
    return;
  }
  checkRepository(tag);
  if (skipChecks) console.log('Skipping .ci/run (--skip-checks).');
  else run('.ci/run', []);
  let tarball;
  try {
    writeFileSync(path.join(ROOT, 'CHANGELOG.md'), changelog.text);
    run('npm', ['version', version, '--no-git-tag-version', '--allow-same-version']);
    tarball = packAndTry(version);
    run('git', ['commit', '--quiet', '--message', `Release ${version}`, '--', ...RELEASED_FILES]);
  } catch (error) {
    run('git', ['checkout', '--quiet', 'HEAD', '--', ...RELEASED_FILES]);
    throw error;
  }
  run('git', [
    'tag',
    '--annotate',
    '--cleanup=verbatim',
    tag,
    '--message',
    `modcast ${version}\n\n${changelog.entries}`,
  ]);
  console.log(
    `\nReleased ${tag} here. To publish it:\n\n  git push --follow-tags\n  npm publish ${tarball}\n`,
  );
}

try {
  release(readArguments());
} catch (error) {
  if (!(error instanceof ReleaseError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
