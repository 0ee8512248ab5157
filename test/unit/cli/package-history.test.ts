import { describe, expect, it } from 'vitest';
import { write } from '../registry/site.js';
import { ESM, installed, packagedSite, page } from './packaged-site.js';

/** What stays from version to version. */
const SAME = Array.from({ length: 20 }, (_, i) => `export const value${i} = ${i};\n`).join('');

const version = (v: string, text: string) => {
  const top = `${SAME}export { deep } from 'deep';\nexport const top = '${text}';\n`;
  const deep = `${SAME}export const deep = '${text}';\n`;
  return {
    ...installed('top', { 'index.js': top }, { ...ESM, version: v }),
    ...installed('deep', { 'index.js': deep, 'more.js': text }, { ...ESM, version: `0.${v}` }),
  };
};

/** Two deploys with two versions of a package and of what it imports. */
async function updated() {
  const made = await packagedSite(`import 'top';`, version('1.0.0', 'a'));
  await write(made.directory, version('1.1.0', 'b'));
  await made.run('publish', '--no-fuse');
  return made;
}

describe('an update of packages', () => {
  it('is a line for each package in diff, also of those that are not imported by the site', async () => {
    const { run } = await updated();
    const lines = 'package deep 0.1.0.0 → 0.1.1.0 (1 file)\npackage top 1.0.0 → 1.1.0 (1 file)\n';
    expect((await run('diff', '1', '2')).out).toBe(lines);
    expect((await run('diff', '1', '2', '--name-status')).out).toBe(lines.replaceAll('package ', 'P\t'));
    const [deep, top, cost] = (await run('diff', '1', '2', '--stat')).out.split('\n');
    expect([deep, top]).toEqual([' deep 0.1.0.0 → 0.1.1.0 (1 file)', ' top 1.0.0 → 1.1.0 (1 file)']);
    expect(cost).toMatch(/^ a client that has deploy 1 downloads 2 blobs/);
  });

  it('is shown in full with --packages, and where its files are named', async () => {
    const { run } = await updated();
    const { out } = await run('diff', '1', '2', '--packages');
    for (const file of ['importmap.json', 'packages.json', 'deep@0.1.1.0/index.js'])
      expect(out).toContain(` b/npm/${file}\n`);
    expect((await run('diff', '1', '2', 'npm/importmap.json')).out).toContain(
      '+    "top": "./npm/top@1.1.0/',
    );
  });

  it('is in the JSON as packages and as files', async () => {
    const { run } = await updated();
    const { packages, changes } = JSON.parse((await run('diff', '1', '2', '--json')).out) as {
      packages: unknown[];
      changes: unknown[];
    };
    expect(packages[1]).toEqual({
      name: 'top',
      before: ['1.0.0'],
      after: ['1.1.0'],
      added: 0,
      changed: 1,
      removed: 0,
    });
    expect(changes).toHaveLength(4);
  });

  it('is a line for each package in log and show', async () => {
    const { run } = await updated();
    const lines = ['P  deep 0.1.0.0 → 0.1.1.0 (1 file)', 'P  top 1.0.0 → 1.1.0 (1 file)'];
    const isPackage = (line: string) => /^ *P {2}/.test(line);
    expect((await run('log', '-1')).out.split('\n').slice(1)).toEqual([
      ...lines.map((one) => `  ${one}`),
      '',
    ]);
    expect((await run('show', '2')).out.split('\n').filter(isPackage)).toEqual(lines);
    const patches = (await run('log', '-1', '-p')).out;
    expect(patches).toContain('package top 1.0.0 → 1.1.0 (1 file)\n');
    expect(patches).not.toContain('diff --git');
  });

  it('keeps the history of a file over versions', async () => {
    const { run } = await updated();
    expect((await run('log', 'npm/top@1.1.0/index.js')).out).toMatch(/2 +head +R /);
    expect((await run('blame', 'npm/importmap.json')).out).toMatch(/2 .*"top": "\.\/npm\/top@1\.1\.0/);
  });

  it('other names of the same packages are one line too', async () => {
    const { run, directory } = await updated();
    await write(directory, { 'index.html': page(`import 'top'; import 'deep';`) });
    await run('publish', '--no-fuse');
    const { out } = await run('diff', '2', '3');
    expect(out).toMatch(
      /^package names: npm\/importmap\.json \(--packages shows its lines\)\ndiff --git a\/index\.html/,
    );
    expect(out).not.toContain('npm/importmap.json b/');
    expect((await run('log', '-1')).out).toContain('  M  npm/importmap.json\n');
  });
});
