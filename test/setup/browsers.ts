import { spawnSync } from 'node:child_process';
import { chromium } from '../browser/engines/chromium.js';
import { selectEngines, whyMissing } from '../browser/engines/selection.js';

function run(command: string, ...args: string[]): boolean {
  console.log(`No Chromium found: ${command} ${args.join(' ')}`);
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

/** As root, where there is apt. */
const aptInstall = (name: string): boolean =>
  process.getuid?.() === 0 &&
  run('apt-get', 'update', '-qq') &&
  run('apt-get', 'install', '-y', '-qq', '--no-install-recommends', name);

/** Every browser suite needs Chromium: it is installed where that can be done. The others run if they are there. */
export default function setup(): void {
  if (whyMissing(chromium) !== null) {
    const isInstalled = aptInstall('chromium') && whyMissing(chromium) === null;
    if (!isInstalled) run('npx', 'playwright-core', 'install', 'chromium');
    // Says how to install one.
    chromium.find();
  }
  const { engines, missing } = selectEngines();
  for (const engine of engines) engine.find();
  if (missing.length > 0) console.warn(`Not tested: ${missing.join(' ')}`);
}
