import { spawnSync } from 'node:child_process';
import { findChromium } from './browser/chromium.js';

function run(command: string, ...args: string[]): boolean {
  console.log(`No Chromium found: ${command} ${args.join(' ')}`);
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

function isFound(): boolean {
  try {
    findChromium();
    return true;
  } catch {
    return false;
  }
}

/** The browser suites need a Chromium: one is installed where that can be done, by the browser tool or as root by apt. */
export default function setup(): void {
  if (isFound()) return;
  const isRoot = process.getuid?.() === 0;
  if (
    isRoot &&
    run('apt-get', 'update', '-qq') &&
    run('apt-get', 'install', '-y', '-qq', 'chromium') &&
    isFound()
  )
    return;
  if (run('npx', 'playwright-core', 'install', 'chromium') && isFound()) return;
  // Says how to install one.
  findChromium();
}
