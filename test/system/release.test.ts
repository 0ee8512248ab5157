import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../.ci/release.mjs', import.meta.url));
const CHANGELOG =
  '# Changelog\n\n## Unreleased\n\n### Fixed\n\n- A thing.\n\n## 1.2.3 (2026-01-01)\n\n- Old.\n';

let directory: string;

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: directory });

function release(...args: string[]) {
  const script = path.join(directory, '.ci/release.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'modcast-release-test-'));
  mkdirSync(path.join(directory, '.ci'));
  copyFileSync(SCRIPT, path.join(directory, '.ci/release.mjs'));
  writeFileSync(path.join(directory, 'package.json'), '{ "name": "x", "version": "1.2.3" }');
  writeFileSync(path.join(directory, 'CHANGELOG.md'), CHANGELOG);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message', 'First');
});

afterEach(() => rmSync(directory, { recursive: true }));

it.each([
  ['patch', '1.2.4'],
  ['minor', '1.3.0'],
  ['major', '2.0.0'],
  ['1.10.0', '1.10.0'],
])('a dry run of %s shows version %s and its entries, and changes nothing', (bump, version) => {
  const { status, stdout } = release(bump, '--dry-run');
  expect(status).toBe(0);
  expect(stdout).toContain(`Would release v${version} with these entries:\n\n### Fixed\n\n- A thing.\n\n`);
  expect(stdout).not.toContain('Would stop now');
  expect(git('status', '--porcelain').toString()).toBe('');
  expect(git('tag').toString()).toBe('');
});

it.each([[[]], [['pach']], [['1.2']], [['patch', 'minor']], [['patch', '--dryrun']]])(
  'refuses the arguments %j and shows the usage',
  (args) => {
    const { status, stderr } = release(...args);
    expect(status).toBe(1);
    expect(stderr).toContain('npm run release -- <patch|minor|major|x.y.z> [--dry-run] [--skip-checks]');
  },
);

it.each([
  ['uncommitted changes', () => writeFileSync(path.join(directory, 'new.txt'), ''), 'new.txt'],
  ['another branch', () => git('switch', '--quiet', '--create', 'topic'), 'this is topic'],
  ['a version that has a tag', () => git('tag', 'v1.2.4'), 'The tag v1.2.4 exists already.'],
])('stops before any change on %s', (_case, arrange, message) => {
  arrange();
  const { status, stderr } = release('patch', '--skip-checks');
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(message) });
  expect(readFileSync(path.join(directory, 'CHANGELOG.md'), 'utf8')).toBe(CHANGELOG);
});

it('stops if nothing is unreleased', () => {
  writeFileSync(path.join(directory, 'CHANGELOG.md'), CHANGELOG.replace(/### Fixed\n\n- A thing.\n\n/, ''));
  expect(release('patch', '--dry-run').stderr).toBe('CHANGELOG.md has no entries under "Unreleased".\n');
});
