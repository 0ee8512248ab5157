import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { EMPTY_MANIFEST, parsePackagePath } from '../../../../schema/index.js';
import { openSqliteStore } from '../../../../registry/index.js';
import { modcast } from '../../../unit/cli/program.js';
import { page } from '../../../unit/registry/packages/resolved-site.js';
import { later, temporary, write } from '../../../unit/registry/site.js';
import { GitRepository } from '../../../unit/registry/git/git-repository.js';

/** Packs a package into the repository, as `vendor/<name>-<version>.tgz`. */
async function pack(repository: GitRepository, name: string, version: string, dependencies = {}) {
  const directory = await temporary();
  const imports = Object.keys(dependencies).map((one) => `import '${one}';\n`);
  const scripts = { install: 'node index.js && exit 1' };
  await write(directory, {
    'package/package.json': JSON.stringify({ name, version, type: 'module', dependencies, scripts }),
    'package/index.js': `${imports.join('')}export const version = '${version}';\n`,
  });
  const archive = execFileSync('tar', ['-czf', '-', 'package'], { cwd: directory });
  repository.write(`vendor/${name}-${version}.tgz`, archive);
}

/** Writes package.json and its lock file. @param versions of packages in `vendor`; `top` depends on `deep` */
function lock(repository: GitRepository, versions: { readonly top: string; readonly deep: string }): void {
  const dependencies = Object.fromEntries(
    Object.entries(versions).map(([name, version]) => [name, `file:vendor/${name}-${version}.tgz`]),
  );
  const installed = Object.entries(versions).map(([name, version]) => [
    `node_modules/${name}`,
    { version, resolved: dependencies[name], ...(name === 'top' ? { dependencies: { deep: '*' } } : {}) },
  ]);
  const packages = { '': { name: 'site', dependencies }, ...Object.fromEntries(installed) };
  repository.write('package.json', JSON.stringify({ name: 'site', dependencies }));
  repository.write(
    'package-lock.json',
    JSON.stringify({ name: 'site', lockfileVersion: 3, requires: true, packages }),
  );
}

async function repositoryOfTwoLocks(): Promise<GitRepository> {
  const repository = new GitRepository();
  later(() => repository.close());
  repository.write('public/index.html', page(`import 'top';`));
  await pack(repository, 'top', '1.0.0', { deep: '*' });
  await pack(repository, 'top', '2.0.0', { deep: '*' });
  await pack(repository, 'deep', '1.0.0');
  await pack(repository, 'deep', '1.5.0');
  lock(repository, { top: '1.0.0', deep: '1.0.0' });
  repository.commit('one');
  repository.write('public/main.js', '1;');
  repository.commit('two');
  lock(repository, { top: '2.0.0', deep: '1.5.0' });
  repository.commit('three');
  return repository;
}

async function importInto(database: string, repository: GitRepository, ...args: string[]) {
  const directory = path.dirname(database);
  const named = ['--git', repository.directory, '--path', 'public', '--channel', 'production'];
  const folder = args.includes('--install') ? ['--install-folder', path.join(directory, 'installs')] : [];
  const result = await modcast(directory, ['import', ...named, '--db', database, ...folder, ...args], {
    // Its own cache: npm has archives by their content, also if the repository has lost them.
    env: { ...process.env, npm_config_offline: 'true', npm_config_cache: path.join(directory, 'npm') },
  });
  const store = await openSqliteStore(database);
  const deploys = await store.deploys({ limit: 100 });
  const packages: Record<string, string[]> = {};
  for (const { number, message } of deploys) {
    const { modules } = (await store.manifest(number)) ?? EMPTY_MANIFEST;
    const found = [...modules.keys()].flatMap((file) => parsePackagePath(file) ?? []);
    packages[message] = found.map(({ name, version }) => `${name}@${version}`).toSorted();
  }
  await store.close();
  return { ...result, packages };
}

const database = async () => path.join(await temporary(), 'r.db');

it('each commit has the packages of its lock file', async () => {
  const { code, out, packages } = await importInto(
    await database(),
    await repositoryOfTwoLocks(),
    '--install',
  );
  expect({ code, out }).toEqual({
    code: 0,
    out: '3 commits: 3 deploys on production; the newest is deploy 3.\n',
  });
  expect(packages).toEqual({
    one: ['deep@1.0.0', 'top@1.0.0'],
    two: ['deep@1.0.0', 'top@1.0.0'],
    three: ['deep@1.5.0', 'top@2.0.0'],
  });
});

it('has no packages without --install', async () => {
  const { packages } = await importInto(await database(), await repositoryOfTwoLocks());
  expect(packages).toEqual({ one: [], two: [] });
});

it('says which commits have no packages, and goes on with the others', async () => {
  const repository = await repositoryOfTwoLocks();
  const whole = readFileSync(path.join(repository.directory, 'package-lock.json'), 'utf8');
  repository.write('package-lock.json', whole.slice(0, 100));
  repository.commit('not JSON');
  repository.write('package-lock.json', whole);
  repository.remove('vendor/deep-1.5.0.tgz');
  repository.commit('archive gone');
  repository.write('public/main.js', '2;');
  repository.commit('still gone');
  repository.remove('package-lock.json');
  repository.commit('no lock');
  lock(repository, { top: '1.0.0', deep: '1.0.0' });
  repository.write('public/index.html', page(`import 'top'; import 'other';`));
  repository.commit('whole');
  const { code, out, packages } = await importInto(await database(), repository, '--install', '--json');
  expect(code).toBe(0);
  expect(packages).toMatchObject({
    three: ['deep@1.5.0', 'top@2.0.0'],
    'not JSON': [],
    'still gone': [],
    whole: ['deep@1.0.0', 'top@1.0.0'],
  });
  const { packagesMissing } = JSON.parse(out) as { packagesMissing: { reason: string; commits: number }[] };
  expect(
    packagesMissing.map(({ reason, commits }) => [reason.replace(/(?<=installed:).*/s, ''), commits]),
  ).toEqual([
    ['package-lock.json is not JSON', 1],
    ['package-lock.json cannot be installed:', 2],
    ['there is no package-lock.json', 1],
    ['index.html imports "other", which is not installed', 1],
  ]);
});

it('names the commits for a reader', async () => {
  const repository = await repositoryOfTwoLocks();
  repository.remove('package-lock.json');
  const commit = repository.commit('four');
  repository.write('public/main.js', '2;');
  repository.commit('five');
  const { out } = await importInto(await database(), repository, '--install');
  expect(out.split('\n')[0]).toBe(
    `packages there is no package-lock.json (${commit.slice(0, 10)}, and 1 later commit)`,
  );
});

it('installs a lock file once, also for the next import', async () => {
  const repository = await repositoryOfTwoLocks();
  const file = await database();
  expect((await importInto(file, repository, '--install', '--max', '2')).packages).toEqual({
    two: ['deep@1.0.0', 'top@1.0.0'],
    three: ['deep@1.5.0', 'top@2.0.0'],
  });
  // The archives are not needed any more: what was installed is kept.
  repository.write('public/main.js', '3;');
  repository.commit('four');
  const installs = path.join(path.dirname(file), 'installs');
  execFileSync('chmod', ['-R', 'a-w', installs]);
  later(() => execFileSync('chmod', ['-R', 'u+w', installs]));
  const { out, packages } = await importInto(file, repository, '--install');
  expect(out).toContain('1 deploy on production');
  expect(packages['four']).toEqual(['deep@1.5.0', 'top@2.0.0']);
});

it('refuses a folder from which other packages would be found', async () => {
  const file = await database();
  mkdirSync(path.join(path.dirname(file), 'node_modules'));
  writeFileSync(path.join(path.dirname(file), 'node_modules/x'), '');
  const repository = await repositoryOfTwoLocks();
  const { code, err } = await modcast(path.dirname(file), [
    ...['import', '--git', repository.directory, '--db', file],
    ...['--install', '--install-folder', 'installs'],
  ]);
  expect({ code, err }).toEqual({
    code: 2,
    err: expect.stringContaining('name another folder with --install-folder'),
  });
});
