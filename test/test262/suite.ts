import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readFrontmatter, type Frontmatter } from './frontmatter.js';

/** Where test262 tests modules. */
export const MODULE_DIRECTORIES = [
  'test/language/module-code',
  'test/language/expressions/dynamic-import',
  'test/language/expressions/import.meta',
  'test/language/import',
  'test/language/export',
];

/** How a test's own file runs: as a module, or as a script without or with "use strict" before it. */
export type Mode = 'module' | 'sloppy' | 'strict';

/** One run of a test. */
export interface Scenario extends Frontmatter {
  /** Path of the test in the suite, `/`-separated. */
  readonly file: string;
  readonly mode: Mode;
}

export interface Suite {
  readonly directory: string;
  readonly scenarios: readonly Scenario[];
  /** Paths of the files that tests import, JSON and others included. */
  readonly fixtures: readonly string[];
}

/**
 * Finds the tests of modules in a checkout of test262.
 *
 * @param filter only tests whose path contains this text
 * @throws Error if the directory is not a checkout, or has no such test
 */
export async function readSuite(directory: string, filter: string): Promise<Suite> {
  checkSuite(directory);
  const files = (await Promise.all(MODULE_DIRECTORIES.map((at) => filesBelow(directory, at)))).flat();
  const isFixture = (file: string) => file.includes('_FIXTURE') || !file.endsWith('.js');
  const tests = files.filter((file) => !isFixture(file) && file.includes(filter));
  if (tests.length === 0)
    throw new Error(`No test in the module directories of ${directory} has “${filter}” in its path.`);
  const scenarios = await Promise.all(tests.map((file) => scenariosOf(directory, file)));
  return { directory, scenarios: scenarios.flat(), fixtures: files.filter(isFixture) };
}

function checkSuite(directory: string): void {
  const needed = ['harness/assert.js', 'harness/sta.js', 'harness/doneprintHandle.js'];
  const missing = needed.find((file) => !existsSync(path.join(directory, file)));
  if (missing === undefined && MODULE_DIRECTORIES.some((at) => existsSync(path.join(directory, at)))) return;
  const what = !existsSync(directory)
    ? 'There is no directory'
    : `There is no ${missing ?? MODULE_DIRECTORIES[0]!} in`;
  throw new Error(
    `${what} ${directory}. Clone https://github.com/tc39/test262 and pass the directory of the clone to --suite.`,
  );
}

async function filesBelow(directory: string, at: string): Promise<string[]> {
  const root = path.join(directory, at);
  // An older or a sparse checkout may lack some of the directories.
  if (!existsSync(root)) return [];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.relative(directory, path.join(parentPath, name)))
    .map((file) => file.split(path.sep).join('/'))
    .toSorted();
}

async function scenariosOf(directory: string, file: string): Promise<Scenario[]> {
  const frontmatter = readFrontmatter(await readFile(path.join(directory, file), 'utf8'), file);
  return modesOf(frontmatter.flags).map((mode) => ({ ...frontmatter, file, mode }));
}

/** INTERPRETING.md, "Strict Mode". */
function modesOf(flags: readonly string[]): Mode[] {
  if (flags.includes('module')) return ['module'];
  if (flags.includes('raw') || flags.includes('noStrict')) return ['sloppy'];
  return flags.includes('onlyStrict') ? ['strict'] : ['sloppy', 'strict'];
}
