import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Scenario, Suite } from './suite.js';
import { pageOf, scriptOf, testPage } from './test-page.js';

const PAGES = path.join(import.meta.dirname, 'pages');

/** Scenarios that are served as one site. A page gets the manifest of its whole site: it must not be large. */
export const SITE_SCENARIOS = 75;

/** Path of the page that runs the others, in frames. */
export const RUNNER = 'runner.html';

/** Writes a site with a page for each scenario, the files of their tests, and the fixtures beside them. */
export async function writeSite(
  { directory, fixtures }: Suite,
  scenarios: readonly Scenario[],
  target: string,
): Promise<void> {
  const write = async (file: string, text: string) => {
    await mkdir(path.dirname(path.join(target, file)), { recursive: true });
    await writeFile(path.join(target, file), text);
  };
  const copy = async (file: string) => {
    await mkdir(path.dirname(path.join(target, file)), { recursive: true });
    await copyFile(path.join(directory, file), path.join(target, file));
  };
  const harness = [
    'assert.js',
    'sta.js',
    'doneprintHandle.js',
    ...scenarios.flatMap(({ includes }) => includes),
  ];
  for (const file of new Set(harness)) await copy(`harness/${file}`);
  // Tests import only files of their own directory.
  const directories = new Set(scenarios.map(({ file }) => path.posix.dirname(file)));
  for (const file of fixtures) if (directories.has(path.posix.dirname(file))) await copy(file);
  for (const scenario of scenarios) {
    await copy(scenario.file);
    await write(pageOf(scenario), testPage(scenario));
    if (scenario.mode !== 'strict') continue;
    const source = await readFile(path.join(directory, scenario.file), 'utf8');
    await write(scriptOf(scenario), `"use strict";\n${source}`);
  }
  await mkdir(target, { recursive: true });
  for (const file of ['host.js', RUNNER]) await copyFile(path.join(PAGES, file), path.join(target, file));
}
